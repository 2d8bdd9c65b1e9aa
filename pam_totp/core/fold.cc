// SPDX-License-Identifier: Apache-2.0
#include "fold.h"

namespace totp {
namespace {

/// A tail and what is needed to read it.
struct Reader {
    const Tail& tail;
    const Keyring& keyring;
    const Account& account;

    Mark read(u64 at, Entry& entry) const {
        if (at < tail.low || at + entry_size > tail.high()) return Mark::nothing;
        return read_entry(tail.bytes.subspan(at - tail.low).first<entry_size>(), keyring, account, entry);
    }
};

bool is_fresh(const Entry& entry, u64 at) { return entry.base <= at && at - entry.base <= fold_window; }

Fold refusal(Mark mark) {
    if (mark == Mark::newer) return Fold::newer;
    return mark == Mark::foreign ? Fold::foreign : Fold::broken;
}

bool refuses(Mark mark) { return mark == Mark::newer || mark == Mark::foreign || mark == Mark::broken; }

/// From the end back to the newest entry whose snapshot counts.
Fold find_start(const Reader& reader, u64& at, Entry& entry, bool& found) {
    const Tail& tail = reader.tail;
    for (u64 p = tail.high(); !(found = false) && p >= tail.low + entry_size; --p) {
        Mark mark = reader.read(p - entry_size, entry);
        if (refuses(mark)) return refusal(mark);
        if (mark == Mark::entry && is_fresh(entry, p - entry_size)) return at = p - entry_size, found = true, Fold::done;
    }
    return Fold::done;
}

/// Judges every entry from `folded.base` on. `known` at `known_at` was read already.
Fold go_on(const Reader& reader, u64 known_at, const Entry& known, Folded& folded) {
    u64 end = reader.tail.high();
    Entry entry;
    for (u64 at = folded.base; at + entry_size <= end;) {
        bool is_known = at == known_at;
        Mark mark = is_known ? Mark::entry : reader.read(at, entry);
        if (refuses(mark)) return refusal(mark);
        if (mark == Mark::entry) {
            (void)judge(folded.state, is_known ? known : entry);
            folded.base = at += entry_size;
        } else {
            ++at;
        }
    }
    // An entry that is half visible now can only begin in the last entry_size - 1 bytes.
    if (end >= entry_size) folded.base = std::max(folded.base, end - entry_size + 1);
    return Fold::done;
}
} // namespace

Fold fold(const Tail& tail, const Keyring& keyring, const Account& account, Folded& folded) {
    Reader reader{tail, keyring, account};
    Entry start;
    u64 start_at = UINT64_MAX;
    bool found = false;
    folded = {};
    Fold result = find_start(reader, start_at, start, found);
    if (result != Fold::done) return result;
    if (!found && tail.low > 0) return Fold::read_more;
    if (!found && tail.high() > 0) return Fold::damaged;
    if (found) folded = {start.seen, start.base};
    if (folded.base < tail.low) return Fold::read_more;
    return go_on(reader, start_at, start, folded);
}

bool newest_accepted(const Tail& tail, const Keyring& keyring, const Account& account, Door door, u64 since, Entry& found) {
    Reader reader{tail, keyring, account};
    for (u64 end = tail.high(); end >= tail.low + entry_size; --end) {
        bool fits = reader.read(end - entry_size, found) == Mark::entry && found.door == door && found.time >= since;
        if (!fits) continue;
        Folded folded; // whether it was accepted, the entries before it say
        Tail before{tail.bytes.first(size_t(end - tail.low)), tail.low};
        bool judged = fold(before, keyring, account, folded) == Fold::done;
        Verdict verdict = folded.state.last_verdict;
        if (judged && (verdict == Verdict::accepted || verdict == Verdict::accepted_backup)) return true;
    }
    return false;
}

bool newest_fresh(const Tail& tail, const Keyring& keyring, const Account& account, u64& at) {
    Entry entry;
    bool found = false;
    return find_start(Reader{tail, keyring, account}, at, entry, found) == Fold::done && found;
}

} // namespace totp
