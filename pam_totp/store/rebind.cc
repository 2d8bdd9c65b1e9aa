// SPDX-License-Identifier: Apache-2.0
#include "rebind.h"
#include "core/judge.h"
#include "core/words.h"
#include "random.h"
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

namespace totp {
namespace {

/// What is there, whatever it is.
Error look_up(const Host& host, const char* name, bool& is_there, struct stat& found) {
    is_there = fstatat(host.directory.get(), name, &found, AT_SYMLINK_NOFOLLOW) == 0;
    return is_there || errno == ENOENT ? Error::none : Error::io;
}

Entry entry_of(const Change& change, u64 credential, u64 next) {
    Entry entry;
    entry.kind = Kind::reseal;
    entry.caller = change.caller;
    entry.credential = credential;
    entry.next = next;
    entry.time = change.time;
    entry.actor = change.actor;
    entry.bucket = change.bucket;
    return entry;
}

/// Closes the old record in favour of the credential `id`, which is written first.
Error close_for(const Host& host, Record& old, const Account& to, u64& id, const Change& change) {
    Head head{host.keyring.newest().id, 0, 0};
    if (!random_id(head.id)) return Error::crypto;
    head.replaces = head.id | nothing_in_force;
    Error error = write_sealed(host, to, head, old.credential);
    if (error != Error::none) return error;
    Verdict verdict = Verdict::none;
    State after;
    error = append(host, old.account, old.journal, entry_of(change, old.state().credential, head.replaces), verdict, after);
    if (error == Error::none && verdict != Verdict::accepted) error = Error::stale;
    id = head.id;
    if (error != Error::stale) return error; // after any other the entry may count all the same
    (void)unlinkat(host.directory.get(), name_in_store(to, id, "").c_str(), 0);
    return error;
}

/// The credential that the record was closed for by an earlier call, if it was.
Error find_closed_for(const Host& host, const Record& old, const Account& to, u64& id) {
    bool is_there = false;
    struct stat found = {};
    id = old.state().credential & ~nothing_in_force;
    Error error = look_up(host, name_in_store(to, id, "").c_str(), is_there, found);
    return error == Error::none && !is_there ? Error::no_record : error;
}

Error begin_journal(const Host& host, const Record& old, const Account& to, u64 id, const Change& change) {
    Entry entry = entry_of(change, old.state().credential, id);
    entry.seen = old.state();
    (void)unlinkat(host.directory.get(), name_in_store(to, id, ".first").c_str(), 0); // of a call that was killed
    bool is_same_name = old.account.file == to.file.view();
    Error error = is_same_name ? replace_journal(host, to, entry) : create_journal(host, to, entry);
    return error == Error::stale ? Error::record_exists : error;
}

/// Files of the same name that are the uid's before.
Error drop_files_of_others(const Host& host, const Account& account) {
    Listing list(host.place.store);
    while (const char* name = list.next()) {
        u64 id = 0;
        bool draft = false, is_there = false;
        struct stat found = {};
        if (!is_of(name, account, id, draft)) continue;
        Error error = look_up(host, name, is_there, found);
        if (error != Error::none) return error;
        bool is_ours = !is_there || found.st_uid == account.uid || found.st_uid == host.place.owner;
        if (!is_ours && unlinkat(host.directory.get(), name, 0) != 0 && errno != ENOENT) return error_of_errno();
    }
    return list.error();
}

/// The old files go, and what killed calls left of the new ones.
Error clean_up(const Host& host, const Account& from, const Account& to) {
    Record made;
    made.account = to;
    Error error = open_record(host, made);
    if (error != Error::none) return error;
    remove_left_over(host, made);
    return from.file == to.file.view() ? drop_files_of_others(host, to) : discard_record(host, from);
}

/// Whether the new journal is there from an earlier call, which only had the old files left to remove.
bool is_begun(const Host& host, const Account& to, u64 id) {
    Record made;
    made.account = to;
    return open_record(host, made) == Error::none && made.state().credential == id;
}
} // namespace

Error find_made_for(const Host& host, string_view name, Account& account) {
    bool is_there = false;
    struct stat found = {};
    Error error = make_account(name, 0, account);
    if (error == Error::none) error = look_up(host, account.file.c_str(), is_there, found);
    if (error != Error::none) return error;
    if (!is_there) return Error::no_record;
    account.uid = found.st_uid;
    return S_ISREG(found.st_mode) ? Error::none : Error::record_unsafe;
}

Text<240> closed_for(const Host& host, const Record& record) {
    u64 closed = record.state().credential;
    std::array<char, 16> digits;
    string_view id = Writer(digits).id(closed & ~nothing_in_force).view();
    Listing list(host.place.store);
    while (const char* name = !in_force(closed) && closed != 0 ? list.next() : nullptr) {
        string_view all(name), file = slice(all, 0, all.find('.'));
        if (is_account_file(file) && slice(all, file.size() + 1) == id) return Text<240>(all);
    }
    return {};
}

Error rebind_record(const Host& host, const Account& from, const Account& to, const Change& change) {
    bool is_same_name = from.file == to.file.view(), is_there = false;
    if (is_same_name && from.uid == to.uid) return clean_up(host, from, to);
    struct stat found = {};
    Error error = is_same_name ? Error::none : look_up(host, to.file.c_str(), is_there, found);
    if (error != Error::none) return error;
    u64 id = 0;
    Record old;
    old.account = from;
    error = open_record(host, old);
    if (error == Error::none) error = is_there ? Error::record_exists : close_for(host, old, to, id, change);
    else if (error == Error::no_record && old.journal.fd.is_open()) error = find_closed_for(host, old, to, id);
    if (error != Error::none) return error;
    if (is_there && !is_begun(host, to, id)) return Error::record_exists;
    if (!is_there) error = begin_journal(host, old, to, id, change);
    return error == Error::none ? clean_up(host, from, to) : error;
}

} // namespace totp
