// SPDX-License-Identifier: Apache-2.0
// Base32 (RFC 4648 section 6), as keys are written in otpauth URIs and typed by people.
#pragma once
#include "bytes.h"
#include "secret.h"
#include "words.h"

namespace totp {

/// Writes `bytes` in upper case without padding.
void write_base32(Bytes bytes, Writer& out);

/// Reads a key as people paste it: any case, blanks and dashes skipped, padding allowed at the end.
/// False, and `key` empty, for any other character, a length that no bytes have, bits left over that are not
/// zero, nothing at all, or more than 64 bytes.
bool read_base32(string_view text, Secret<64>& key);

} // namespace totp
