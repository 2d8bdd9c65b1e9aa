// SPDX-License-Identifier: Apache-2.0
// The place of a login, for `remember=`: from which address, or in which session of which terminal. Kept as a keyed
// tag, so that a journal does not say where somebody was.
#pragma once
#include "account.h"
#include "keyring.h"

namespace totp {

/// The tag of `where` for a service and an account, never 0. False when libcrypto refuses, or when they are too long.
bool make_place(const KeySet& set, const Account& account, string_view service, string_view where, u64& place);

/// The time at which a process began, of the text of /proc/PID/stat: in ticks since the boot. False for one without a
/// terminal: that of a daemon, which all that it asks for share, whatever it says of a terminal.
bool read_start_time(string_view stat, u64& ticks);

} // namespace totp
