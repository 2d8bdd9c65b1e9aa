// SPDX-License-Identifier: Apache-2.0
// What the helper says of one record, as status and list show it.
#pragma once
#include "core/date.h"
#include "core/protocol.h"
#include "secret_text.h"

namespace totp {

struct Facts {
    List<Token, most_tokens> tokens; ///< without their keys
    RecordLine record;

    /// Takes a `token` or `record` line; false when it is neither.
    bool take(string_view line);
    /// `"enrolled":…` to `"recovery_until":…`, as both commands print them.
    SecretText json(bool enrolled) const;
};

inline std::string utc_day(u64 seconds) { return std::string(date_of(seconds).view()); } ///< YYYY-MM-DD
std::string json_time(u64 seconds); ///< RFC 3339 in UTC, or null
std::string local_time(u32 seconds); ///< for people; "never" for 0

} // namespace totp
