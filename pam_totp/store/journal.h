// SPDX-License-Identifier: Apache-2.0
// The journal: 256-byte entries, append only, and nobody waits for anybody.
//
// The append is the moment that counts: whoever is first in the file is first. Each process reads back what
// stands before its own entry, folds it, and judges its own entry by that; so all agree, without a lock that a
// stopped process could hold.
//
// What must hold (the tests cite the numbers; fold.h and judge.h have theirs):
//  1. One attempt is one write of one entry; any result but 256 refuses. One flush, and no second try: after a
//     failed flush the next one says ok.
//  2. A failed write, flush, read or look gives no verdict.
//  3. After reading back, the own entry is there, identical, and the file has not grown more than `fold_window`
//     past it; else refuse.
//  4. Blocks are freed only below the newest fresh entry that stands at least `fold_window` before the own one,
//     minus `fold_window`, and only after the own flush.
//  5. `spare_room` bytes beyond the end are kept allocated, so that a full disk does not keep people out.
//  6. A journal gets its name only once its first entry is on the disk; so one without a whole entry is damage.
#pragma once
#include "core/account.h"
#include "core/entry.h"
#include "core/error.h"
#include "core/fold.h"
#include "host.h"

namespace totp {

constexpr u64 spare_room = 65536; ///< bytes

/// An account's journal, open to read and append.
struct Journal {
    Fd fd;
    bool is_absent = false; ///< there is no file of that name: what is wrong then is the store
    Folded folded; ///< as it stood when it was opened or last loaded
};

/// Opens and folds it. Error::no_record only when there is none in a store that proves itself healthy.
Error open_journal(const Host& host, const Account& account, Journal& journal);

/// Folds it again as it stands now.
Error load_journal(const Host& host, const Account& account, Journal& journal);

/// Appends `entry` (key, base and seen are filled in from `journal`), and only then says what it came to.
/// `state` is the state right after it. On an error there is no verdict.
Error append(const Host& host, const Account& account, Journal& journal, Entry entry, Verdict& verdict,
             State& state);

/// The first set-up: a journal whose first entry is `entry`, which goes on from entry.seen. Error::stale when there is one already.
Error create_journal(const Host& host, const Account& account, const Entry& entry);
/// The same in place of a journal that is another uid's.
Error replace_journal(const Host& host, const Account& account, const Entry& entry);

/// A name in the store: the account's file name, and `.` and an id behind it, and a suffix.
Text<240> name_in_store(const Account& account, u64 id, string_view suffix);

} // namespace totp
