// SPDX-License-Identifier: Apache-2.0
// The otpauth URI that an authenticator app reads from a QR code (Key URI Format).
#pragma once
#include "token.h"
#include "words.h"

namespace totp {

constexpr size_t longest_uri = 1024;

/// `otpauth://totp/ISSUER:ACCOUNT?secret=…&issuer=ISSUER`: blanks as %20, the key without padding, and what is
/// the default left out, for a smaller code and fewer parsers to trip. `counter` is for counter-based tokens.
void write_uri(const Token& token, string_view issuer, string_view account, u64 counter, Writer& out);

} // namespace totp
