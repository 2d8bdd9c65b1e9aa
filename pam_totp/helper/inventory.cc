// SPDX-License-Identifier: Apache-2.0
// What root alone may see: everybody's records, and the keys of one.
#include "core/words.h"
#include "service.h"
#include "store/file.h"
#include <pwd.h>

namespace totp {
namespace {

/// The account that a journal's file name was made for; false when no account has it (any more).
bool find_owner(string_view file, Account& account) {
    std::array<char, longest_account_name + 1> name{};
    size_t size = 0;
    if (!unescape(file, std::span(name).first(longest_account_name), size)) return false;
    const passwd* found = getpwnam(name.data());
    return found && make_account(found->pw_name, found->pw_uid, account) == Error::none && account.file == file;
}

/// One record: who, and what status says of it.
bool send_record(Service& s, string_view file) {
    Record record;
    AccountLine line;
    line.user = Text<255>(file);
    line.error = Error::bad_account;
    if (find_owner(file, record.account)) {
        line.user = record.account.name;
        line.uid = record.account.uid;
        line.error = open_record(s.host, record);
    }
    if (line.error == Error::no_record) return true; // taken away: its journal stays, so that no code comes back
    if (!s.channel.send<const AccountLine&>(write_account_line, line)) return false;
    if (line.error == Error::none) send_status(s, record);
    return true;
}
} // namespace

Error list_records(Service& s) {
    Listing files(s.place.store);
    while (const char* name = files.next()) {
        bool is_journal = string_view(name).find('.') == string_view::npos;
        if (is_journal && !send_record(s, name)) return Error::none; // nobody reads any more
    }
    return files.error();
}

Error give_keys(Service& s) {
    Error error = open_record(s.host, s.record);
    if (error != Error::none) return error;
    for (size_t i = 0; i < s.record.credential.tokens.size(); ++i) {
        if (!send_key(s, s.record.credential.tokens[i], s.record.state().last[i])) break;
    }
    return Error::none;
}

} // namespace totp
