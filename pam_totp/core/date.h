// SPDX-License-Identifier: Apache-2.0
// Dates of the Gregorian calendar as YYYY-MM-DD, in UTC: the days of rules, and what people read of them.
#pragma once
#include "bytes.h"
#include "list.h"

namespace totp {

constexpr u64 last_second = 253402300799; ///< of the year 9999; later times are shown as that day

/// The first second behind the day, since 1970. False for what is no date from 1970 to 9999.
bool read_date(string_view text, u64& end);

/// The day of a time in seconds since 1970.
Text<10> date_of(u64 time);

} // namespace totp
