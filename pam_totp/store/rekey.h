// SPDX-License-Identifier: Apache-2.0
// A record and the host key: moved to the newest key set, and away from the older ones.
#pragma once
#include "record.h"

namespace totp {

/// Opens the record. Whether what is in force is sealed by another set than the newest; where nothing is, whether the
/// newest entry is signed by another.
Error is_on_older_key(const Host& host, Record& record, bool& older);

/// Seals what is in force anew and signs it with the newest key set, unless it is; everything else goes on, also
/// beside logins. `moved` says whether there was something to do. `change` says by whom.
Error rekey_record(const Host& host, Record& record, Change change, bool& moved);

/// Appends until the journal can be read by the newest key set alone. What a login that began before `rekey_record` may
/// still append has a snapshot from before that, which does not count any more once this is done; and its entry is stale.
Error outgrow_older_keys(const Host& host, Record& record, const Change& change);

} // namespace totp
