// SPDX-License-Identifier: Apache-2.0
// The record of an account that has another name or uid now.
#include "store/rebind.h"
#include "lookup.h"
#include "service.h"

namespace totp {
namespace {

/// Nobody's factor is moved who is there, under whatever name. Where the name is the same, the uid of before may be
/// somebody else's by now.
Error check_old_account(const Service& s, const Account& old) {
    const Account& to = s.record.account;
    u32 uid = 0;
    Text<longest_account_name> name;
    demand_every_answer();
    Found by_name = find_by_name(old.name.c_str(), uid), by_uid = Found::gone;
    bool is_others = by_name == Found::here && uid != to.uid;
    if (old.uid != to.uid && old.file != to.file.view()) by_uid = find_by_uid(old.uid, name);
    if (by_name == Found::unknown || by_uid == Found::unknown) return Error::accounts_unknown;
    return is_others || by_uid == Found::here ? Error::account_exists : Error::none;
}
} // namespace

Error rebind(Service& s) {
    const Account to = s.record.account;
    string_view name = s.request.from.empty() ? to.name.view() : s.request.from.view();
    Account old;
    Error error = begin_alone(s);
    if (error == Error::none) error = find_made_for(s.host, name, old);
    if (error == Error::no_record) s.done.user = Text<255>(name);
    if (error != Error::none) return error;
    bool is_bound = old.file == to.file.view() && old.uid == to.uid;
    error = check_old_account(s, old);
    if (error == Error::none) error = rebind_record(s.host, old, to, change_by(s));
    if (error == Error::no_record) s.done.user = Text<255>(name);
    if (error != Error::none) return s.record.account = old, error; // what is wrong is wrong with that
    return is_bound ? error : note_change(s, error);
}

} // namespace totp
