// SPDX-License-Identifier: Apache-2.0
// The text of a log line: `name=value` words whose values are escaped and cut, so that whoever chooses one brings
// neither a second word nor a second line into it. Who sends it is the module's and the helper's business.
#pragma once
#include "words.h"

namespace totp {

constexpr size_t longest_log_text = 2048, longest_logged_value = 128; // bytes; of a value before it is escaped

/// Nothing for an empty value.
void add_word(Writer& out, string_view name, string_view value);
void add_word(Writer& out, string_view name, u64 number);

} // namespace totp
