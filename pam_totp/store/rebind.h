// SPDX-License-Identifier: Apache-2.0
// A record for another account: of another name, another uid, or both. These are part of what seals and signs it, so
// everything is made anew; the state goes on.
#pragma once
#include "record.h"

namespace totp {

/// The account that a record's files were made for: its name, and the uid that owns the journal. Error::no_record when
/// there is none; Error::record_unsafe when something else stands there.
Error find_made_for(const Host& host, string_view name, Account& account);

/// The credential in whose favour an earlier call has closed this record, which is open: `<file>.<id>`, of the account that
/// it is for. Empty when none has, or the directory cannot be read.
Text<240> closed_for(const Host& host, const Record& record);

/// Moves the record of `from` to the account `to`. The new credential is on the disk first; then the old record is
/// closed, by an entry that names it; then the new journal gets its name, beginning with the state in which the old one
/// was closed; the old files go last. So nothing counts twice, and what was ended half-way is completed by the next call.
/// Error::record_exists when `to` has a journal of its own; Error::stale when the record was changed meanwhile.
Error rebind_record(const Host& host, const Account& from, const Account& to, const Change& change);

} // namespace totp
