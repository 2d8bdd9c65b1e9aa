// SPDX-License-Identifier: Apache-2.0
// Journals in memory, as writers leave them: whole, torn, stale, of another key or version.
#pragma once
#include "core/fold.h"
#include "given.h"
#include <openssl/evp.h>
#include <string.h>
#include <vector>

namespace totp::given {

inline EntryBytes bytes_of_entry(const Entry& entry, const Keyring& keyring = host(),
                                 const Account& whose = account()) {
    EntryBytes bytes{};
    if (write_entry(entry, keyring, whose, bytes) != Error::none) bytes.fill(0xee);
    return bytes;
}

/// Signs whatever stands in the first 248 bytes, as the comment in entry.h says and not as entry.cc does it.
inline void sign(EntryBytes& bytes, const KeySet& set, const Account& whose) {
    std::string message(reinterpret_cast<const char*>(bytes.data()), 248);
    for (int i = 0; i < 4; ++i) message += char(whose.uid >> (8 * i));
    message += whose.file.view();
    u8 mac[16] = {};
    EVP_Q_mac(nullptr, "CMAC", nullptr, "AES-256-CBC", nullptr, set.signing.reveal().data(), 32,
              reinterpret_cast<const u8*>(message.data()), message.size(), mac, sizeof mac, nullptr);
    memcpy(bytes.data() + 248, mac, 8);
}

/// A journal of alice's and beside it the state that all of it comes to, judged entry by entry.
struct Journal {
    std::vector<u8> bytes;
    State state;
    struct Point {
        u64 end;
        State state;
    };
    std::vector<Point> past{{0, State{}}}; ///< where each entry ended, and the state then

    /// A rotate from nothing, so that 77 is in force.
    Journal() {
        Entry first;
        first.kind = Kind::rotate;
        first.next = 77;
        first.time = noon;
        append(first);
    }

    u64 size() const { return bytes.size(); }
    Tail tail(u64 low = 0) const { return {Bytes(bytes).subspan(low), low}; }

    void put(Bytes more) { bytes.insert(bytes.end(), more.begin(), more.end()); }
    void put_void(size_t count, u8 byte = 0) { bytes.insert(bytes.end(), count, byte); }

    /// An entry whose writer had folded all but the last `behind` entries.
    Verdict append(Entry entry, size_t behind = 0) {
        const Point& known = past[past.size() - 1 - std::min(behind, past.size() - 1)];
        entry.key = key_id;
        entry.base = known.end;
        entry.seen = known.state;
        put(bytes_of_entry(entry));
        Verdict verdict = judge(state, entry);
        past.push_back({size(), state});
        return verdict;
    }
    /// A wrong answer, of two codes, so that no throttle comes between; or a right one of the next counter.
    Entry wrong() const {
        Entry entry;
        entry.form = Form::two_codes;
        entry.credential = 77;
        entry.time = noon + size();
        return entry;
    }
    Entry right() const {
        Entry entry = wrong();
        entry.kind = Kind::right;
        entry.form = Form::one_code;
        entry.spent[0] = state.last[0] + 1;
        return entry;
    }
};

struct Folding {
    Fold result;
    Folded folded;
};
inline Folding fold_of(const Tail& tail, const Keyring& keyring = host()) {
    Folding folding{};
    folding.result = fold(tail, keyring, account(), folding.folded);
    return folding;
}
/// Whether the fold of `tail` is done and comes to what the journal comes to.
inline bool folds_right(const Journal& journal, const Tail& tail) {
    Folding folding = fold_of(tail);
    return folding.result == Fold::done && folding.folded.state == journal.state;
}

} // namespace totp::given
