// SPDX-License-Identifier: Apache-2.0
// The terminal session that this process is in.
#pragma once
#include "core/words.h"

namespace totp {

/// Writes what no other session of this or another boot has: its number, when its first process began, and the boot.
/// False when that cannot be told, also when the first process has ended or is this one: nobody comes back to it then.
bool describe_session(Writer& out);

} // namespace totp
