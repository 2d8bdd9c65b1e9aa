// SPDX-License-Identifier: Apache-2.0
// What root alone may see: everybody's records, and the keys of one.
#include "core/words.h"
#include "lookup.h"
#include "service.h"
#include "store/rebind.h"
#include <errno.h>
#include <pwd.h>

namespace totp {
namespace {

bool is_owner(const passwd& entry, string_view file, Account& account) {
    return make_account(entry.pw_name, entry.pw_uid, account) == Error::none && account.file == file;
}

/// A very long name is kept as a hash, which says nothing of it: every account is asked.
Error find_by_hash(string_view file, Account& account) {
    setpwent();
    errno = 0;
    const passwd* found = getpwent();
    while (found && !is_owner(*found, file, account)) found = getpwent();
    int number = errno;
    endpwent();
    return found ? Error::none : number == 0 || number == ENOENT ? Error::bad_account : Error::io;
}

} // namespace

Error find_owner(string_view file, Account& account) {
    if (file.starts_with("%h")) return find_by_hash(file, account);
    std::array<char, longest_account_name + 1> name{};
    size_t size = 0;
    if (!unescape(file, std::span(name).first(longest_account_name), size)) return Error::bad_account;
    errno = 0;
    const passwd* found = getpwnam(name.data());
    if (!found && errno != 0 && errno != ENOENT && errno != ESRCH) return Error::io;
    return found && is_owner(*found, file, account) ? Error::none : Error::bad_account;
}

namespace {
/// The account that has nothing set up and whose record this was, made for its name or uid of before; empty when that
/// cannot be told. `record` holds the account as the file has it.
Text<255> find_heir(const Service& s, Record& record, u32 uid) {
    Text<255> name;
    Account heir, own;
    Error opened = open_record(s.host, record);
    Text<240> next = opened == Error::no_record ? closed_for(s.host, record) : Text<240>();
    string_view file = slice(next.view(), 0, next.view().find('.'));
    Found found = Found::gone;
    if (opened == Error::none) found = find_by_uid(uid, name);
    else if (!file.empty()) found = find_by_file(file, name, uid);
    bool is_free = found == Found::here && make_account(name.view(), uid, heir) == Error::none &&
                   find_made_for(s.host, name.view(), own) == Error::no_record;
    return is_free ? name : Text<255>();
}

/// Of what was made for another account than there is now.
void describe_misfit(const Service& s, AccountLine& line, string_view file) {
    Record made;
    std::array<char, longest_account_name> room;
    size_t size = 0;
    if (!unescape(file, room, size) || find_made_for(s.host, {room.data(), size}, made.account) != Error::none) return;
    if (line.error == Error::record_unsafe && made.account.uid != line.uid) line.now = line.user;
    if (line.error == Error::bad_account) line.uid = made.account.uid, line.now = find_heir(s, made, line.uid);
}

/// One record: who, and what status says of it.
bool send_record(Service& s, string_view file) {
    Record record;
    AccountLine line;
    line.user = Text<255>(file);
    line.error = find_owner(file, record.account);
    if (line.error == Error::none) {
        line.user = record.account.name;
        line.uid = record.account.uid;
        line.error = open_record(s.host, record);
        line.older_key = line.error == Error::none && record.head.key != s.host.keyring.newest().id;
    }
    if (line.error != Error::none) describe_misfit(s, line, file);
    if (line.error == Error::no_record) return true; // taken away: its journal stays, so that no code comes back
    if (!s.channel.send<const AccountLine&>(write_account_line, line)) return false;
    if (line.error == Error::none) send_status(s, record);
    return true;
}
} // namespace

Error visit_journals(const Service& s, const Each& each) {
    Listing files(s.place.store);
    while (const char* name = files.next()) {
        if (is_account_file(name) && !each(name)) return Error::stale;
    }
    return files.error();
}

Error list_records(Service& s) {
    Error error = visit_journals(s, [&s](string_view file) { return send_record(s, file); });
    return error == Error::stale ? Error::none : error; // nobody reads any more
}

Error give_keys(Service& s) {
    Error error = open_record(s.host, s.record);
    if (error != Error::none) return error;
    bool sent = true;
    for (size_t i = 0; sent && error == Error::none && i < s.record.credential.tokens.size(); ++i) {
        error = send_key(s, s.record.credential.tokens[i], s.record.state().last[i], sent);
    }
    return error;
}

} // namespace totp
