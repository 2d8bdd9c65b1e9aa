// SPDX-License-Identifier: Apache-2.0
#include "rekey.h"
#include "core/judge.h"
#include <unistd.h>

namespace totp {
namespace {
constexpr int most_tries = 16;                             // as often as somebody else may change a record meanwhile
constexpr u64 looked_at = fold_window + 2 * entry_size;    // bytes; no fold begins further back
constexpr u64 most_appended = 2 * looked_at / entry_size;

/// By which key sets the end of a journal is signed.
struct Signatures {
    bool newest_entry = false; ///< by the newest set
    bool alone = false;        ///< the newest set is enough to fold it
};

Error look_at_signatures(const Host& host, const Record& record, Signatures& found) {
    int fd = record.journal.fd.get();
    off_t end = lseek(fd, 0, SEEK_END);
    if (end < 0) return Error::io;
    std::array<u8, looked_at> room;
    size_t size = size_t(std::min<u64>(u64(end), room.size()));
    u64 low = u64(end) - size;
    if (pread(fd, room.data(), size, off_t(low)) != ssize_t(size)) return Error::io;
    found = {};
    bool any = false, older = false;
    for (size_t at = size; at >= entry_size; --at) {
        Entry entry;
        auto bytes = std::span(room).subspan(at - entry_size).first<entry_size>();
        Mark mark = read_entry(bytes, host.keyring, record.account, entry);
        if (mark == Mark::broken) return Error::crypto;
        if (mark != Mark::entry) continue;
        bool is_newest = entry.key == host.keyring.newest().id;
        if (!any) found.newest_entry = is_newest;
        any = true;
        older = older || !is_newest;
    }
    // Where the fold begins says the newest fresh entry alone: behind void bytes it may have been made long before.
    Folded folded;
    found.alone = !older && fold({Bytes(room).first(size), low}, host.keyring, record.account, folded) == Fold::done;
    return Error::none;
}

/// The state once more, signed by the newest set; on its own it changes nothing.
Error append_state(const Host& host, Record& record, const Change& change) {
    Entry entry;
    entry.kind = Kind::reseal;
    entry.caller = change.caller;
    entry.credential = entry.next = record.state().credential;
    entry.time = change.time;
    entry.actor = change.actor;
    entry.bucket = change.bucket;
    Verdict verdict = Verdict::none;
    State after;
    return append(host, record.account, record.journal, entry, verdict, after);
}

/// What is not in force any more has a journal all the same, so that no code comes back.
Error open_any(const Host& host, Record& record) {
    Error error = open_record(host, record);
    return error == Error::no_record && record.journal.fd.is_open() ? Error::none : error;
}

} // namespace

Error is_on_older_key(const Host& host, Record& record, bool& older) {
    Error error = open_any(host, record);
    if (error != Error::none) return error;
    if (in_force(record.state().credential)) {
        older = record.head.key != host.keyring.newest().id;
        return error;
    }
    Signatures found;
    error = look_at_signatures(host, record, found);
    older = !found.newest_entry;
    return error;
}

Error rekey_record(const Host& host, Record& record, Change change, bool& moved) {
    change.reseals = true;
    moved = false;
    for (int tries = 0; tries < most_tries; ++tries) {
        bool older = false;
        Error error = is_on_older_key(host, record, older);
        if (error != Error::none || !older) return error;
        bool any = in_force(record.state().credential);
        error = any ? rotate(host, record, &record.credential, change) : append_state(host, record, change);
        moved = error == Error::none;
        if (error != Error::stale) return error;
    }
    return Error::stale;
}

Error outgrow_older_keys(const Host& host, Record& record, const Change& change) {
    Error error = open_any(host, record);
    for (u64 appended = 0; error == Error::none; ++appended) {
        Signatures found;
        error = look_at_signatures(host, record, found);
        if (error != Error::none || found.alone) return error;
        error = appended < most_appended ? append_state(host, record, change) : Error::stale;
    }
    return error;
}

} // namespace totp
