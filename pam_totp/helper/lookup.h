// SPDX-License-Identifier: Apache-2.0
// Which accounts there are, for who removes or moves records: "not found" must be proven, and not a directory service
// that does not answer.
#pragma once
#include "core/account.h"

namespace totp {

enum class Found { here, gone, unknown };

/// From now on a service of nsswitch.conf that does not answer ends the look-up, and the next one is not asked: by
/// default those behind it would be believed to know everybody.
void demand_every_answer();

Found find_by_name(const char* name, u32& uid);
/// `name` is the uid's own.
Found find_by_uid(u32 uid, Text<longest_account_name>& name);
/// The account whose record has this file name; `name` is its name, or what it was.
Found find_by_file(string_view file, Text<longest_account_name>& name, u32& uid);

} // namespace totp
