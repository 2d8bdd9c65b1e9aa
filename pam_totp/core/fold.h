// SPDX-License-Identifier: Apache-2.0
// The fold: from the end of a journal to the state that all of it comes to, by reading an entry or two.
//
// What must hold (the tests cite the numbers):
//  1. Bytes that are no entry are stepped over one at a time: a writer with a file size limit leaves a short one,
//     and with a fixed stride nothing behind it would be read.
//  2. The snapshot in an entry counts only while the entry stands within `fold_window` behind its base.
//  3. The base of a fold never passes a place where a half-visible entry may begin.
//  4. A beginning that is missing without a fresh snapshot is damage. Never start empty.
//  5. A whole entry of an unknown version or key refuses; it is never stepped over. One of a retired key is void: no
//     journal needed that key when it was dropped, and whoever appends such an entry learns that it is void.
#pragma once
#include "bytes.h"
#include "entry.h"
#include "error.h"
#include "judge.h"

namespace totp {

constexpr u64 fold_window = 16384; ///< bytes; a writer that is overtaken by more does not know what happened

/// The bytes [low, high) of a journal.
struct Tail {
    Bytes bytes;
    u64 low = 0;
    u64 high() const { return low + bytes.size(); }
};

struct Folded {
    State state;
    u64 base = 0; ///< `state` is the fold of every entry that ends at or before this offset
};

enum class Fold : u8 {
    done,
    read_more, ///< the tail does not reach back far enough
    damaged,
    newer,
    foreign,
    broken, ///< libcrypto refused
};

/// Folds all entries in [0, tail.high()), of which the tail holds the last bytes.
Fold fold(const Tail& tail, const Keyring& keyring, const Account& account, Folded& folded);

/// The newest accepted answer at this door that the tail tells of, not older than `since`; or false.
bool newest_accepted(const Tail& tail, const Keyring& keyring, const Account& account, Door door, u64 since, Entry& found);

/// The newest fresh entry that begins in the tail, or false: where nothing older is needed any more.
bool newest_fresh(const Tail& tail, const Keyring& keyring, const Account& account, u64& at);

} // namespace totp
