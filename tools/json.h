// SPDX-License-Identifier: Apache-2.0
// The little of JSON (RFC 8259) that the command prints.
#pragma once
#include "secret_text.h"

namespace totp {

/// A JSON string, quotes included. Bytes that are no UTF-8 come out as U+FFFD.
SecretText json_string(string_view text);

} // namespace totp
