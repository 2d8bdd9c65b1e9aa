// SPDX-License-Identifier: Apache-2.0
// A set-up that was begun at a login and is not proved yet: `<name>.pending` holds its key for an hour, so that a
// connection that breaks after the phone has scanned it costs nothing. It is the store owner's, root's that is, and not the
// account's: what is there neither comes from the person's programs nor can be had by them.
#pragma once
#include "core/address.h"
#include "record.h"

namespace totp {

constexpr u64 pending_life = 3600; ///< seconds
inline constexpr string_view pending_suffix = ".pending";

/// The key of a set-up that was begun from there less than pending_life before `now` (seconds since 1970), and before
/// nothing else came in force. Error::no_record when there is none; any other is taken away.
Error open_pending(const Host& host, const Record& record, const Address& from, u64 now, Credential& credential);

/// Keeps `credential`, whose `created` is now. Error::stale when another login has just done so.
Error keep_pending(const Host& host, const Record& record, const Address& from, const Credential& credential);

/// Of a file `<name>.pending`, whoever's it is: by which key set it is sealed, and whether its hour is over.
Error look_at_pending(const Host& host, const char* file, u64 now, u64& key, bool& is_over);

void drop_pending(const Host& host, const Account& account);

} // namespace totp
