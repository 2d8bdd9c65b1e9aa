// SPDX-License-Identifier: Apache-2.0
// A new host key for all records, and older ones dropped. Whatever ends this half-way, the next run goes on: each record
// is sealed by one key of the file or by another, and counts at any time.
#include "store/rekey.h"
#include "service.h"
#include "store/key_file.h"
#include "store/pending.h"
#include <sys/stat.h>

namespace totp {
namespace {

/// The record of a journal's file, as an `account` line says it; the error is what stands in the way.
AccountLine find_record(string_view file, Record& record) {
    AccountLine line;
    line.user = Text<255>(file);
    line.error = find_owner(file, record.account);
    if (line.error != Error::none) return line;
    line.user = record.account.name;
    line.uid = record.account.uid;
    return line;
}

/// Stops at the first that an earlier run did not come to. What can never be moved is no reason to go on with that key.
bool is_moved(Service& s, string_view file) {
    Record record;
    bool older = false;
    AccountLine line = find_record(file, record);
    if (line.error == Error::none) line.error = is_on_older_key(s.host, record, older);
    s.done.replaced = s.done.replaced || (line.error == Error::none && older);
    return !s.done.replaced;
}

/// What is wrong with the system and not with this record would be wrong with the others too: it ends the work.
bool ends_the_work(Service& s, Error error, const Record& record) {
    bool is_systems = error == Error::io || error == Error::no_space || error == Error::crypto ||
                      error == Error::key_missing || error == Error::key_unsafe || error == Error::key_malformed ||
                      error == Error::key_newer;
    if (is_systems) s.done.error = error, s.record.account = record.account;
    return is_systems;
}

bool move(Service& s, string_view file) {
    Record record;
    bool moved = false;
    AccountLine line = find_record(file, record);
    if (line.error == Error::none) line.error = rekey_record(s.host, record, change_by(s), moved);
    if (line.error == Error::no_record) return true; // taken away since it was listed
    if (ends_the_work(s, line.error, record)) return false;
    bool is_news = moved || line.error != Error::none;
    return !is_news || tell<const AccountLine&>(s, write_account_line, line);
}

bool move_away(Service& s, string_view file) {
    Record record;
    bool moved = false;
    AccountLine line = find_record(file, record);
    if (line.error == Error::none) line.error = rekey_record(s.host, record, change_by(s), moved);
    if (line.error == Error::none) line.error = outgrow_older_keys(s.host, record, change_by(s));
    if (line.error == Error::none || line.error == Error::no_record) return true;
    if (ends_the_work(s, line.error, record)) return false;
    s.done.error = Error::keys_needed;
    return tell<const AccountLine&>(s, write_account_line, line);
}

Error visit(Service& s, bool (*each)(Service& s, string_view file)) {
    return visit_journals(s, [&](string_view file) { return each(s, file); });
}

/// Set-ups at a login that are not proved yet keep their key until their hour is over: `any` says that some do.
Error name_pending(Service& s, bool& any) {
    Listing files(s.place.store);
    while (const char* name = files.next()) {
        string_view file(name);
        if (!file.ends_with(pending_suffix)) continue;
        u64 key = 0;
        bool is_over = false;
        Error error = look_at_pending(s.host, name, clock_now(), key, is_over);
        if (error != Error::none) return error;
        if (is_over || key == s.host.keyring.newest().id) continue;
        any = true;
        LeftLine line;
        line.user = Text<255>(slice(file, 0, file.size() - pending_suffix.size()));
        line.why = Why::pending;
        line.file = Text<255>(file);
        if (!tell<const LeftLine&>(s, write_left_line, line)) return Error::stale;
    }
    return files.error();
}

Error make_key(Service& s) {
    Error error = s.host.keyring.sets.size() > 1 ? visit(s, is_moved) : Error::none;
    if (s.done.replaced) return Error::none;
    if (error != Error::none) return error;
    error = add_key_set(s.host);
    if (error == Error::none) note_event(s, "key_added");
    else s.host.opening = s.place.key;
    return error;
}
} // namespace

Error begin_alone(Service& s) {
    Error error = lock_store(s.host);
    if (error == Error::none) error = learn_keys(s.host); // another one may just have ended
    if (error == Error::none) error = check_sentinel(s.host);
    if (error == Error::none) drop_key_draft(s.host);
    return error;
}

Error rekey(Service& s) {
    bool any = false;
    Error error = begin_alone(s);
    if (error == Error::none) error = make_key(s);
    if (error != Error::none) return error;
    KeysLine line{!s.done.replaced, u32(s.host.keyring.sets.size() - 1)};
    if (!tell<const KeysLine&>(s, write_keys_line, line)) return Error::none;
    error = renew_sentinel(s.host);
    if (error == Error::none) error = visit(s, move);
    if (error == Error::stale && s.done.error != Error::none) error = s.done.error;
    if (error == Error::none) error = name_pending(s, any);
    return note_change(s, error);
}

Error drop_keys(Service& s) {
    Error error = begin_alone(s);
    u32 older = u32(s.host.keyring.sets.size() - 1);
    if (error != Error::none || older == 0) return error;
    if (!tell<const KeysLine&>(s, write_keys_line, {false, older})) return Error::none;
    bool any = false;
    error = renew_sentinel(s.host);
    if (error == Error::none) error = visit(s, move_away);
    if (error == Error::stale && s.done.error != Error::none) error = s.done.error;
    if (error == Error::none) error = name_pending(s, any);
    if (error == Error::none && any) error = Error::keys_needed;
    if (error == Error::none) error = s.done.error;
    if (error != Error::none) return note_change(s, error);
    error = retire_key_sets(s.host);
    if (error != Error::none) s.host.opening = s.place.key;
    return note_change(s, error);
}

} // namespace totp
