// SPDX-License-Identifier: Apache-2.0
// A token: one key on one phone or device, and how its codes are made.
#pragma once
#include "bytes.h"
#include "list.h"
#include "otp.h"
#include "secret.h"

namespace totp {

enum class Type : u8 { totp, hotp };

constexpr size_t most_tokens = 8;
constexpr size_t least_key = 10, most_key = 64; ///< bytes
constexpr i64 most_offset = 240;                ///< steps that a clock of its own may be off

struct Token {
    Text<32> name; ///< [A-Za-z0-9._-], as the log shows it
    Type type = Type::totp;
    Hash hash = Hash::sha1;
    unsigned digits = 6;
    unsigned period = 30; ///< seconds, time-based only
    i64 offset = 0;       ///< steps by which the device's clock is ahead, time-based only
    Secret<most_key> key;

    Token() = default;
    void copy_from(const Token& other);
};

string_view word(Type type); ///< "totp", "hotp"
bool read_type(string_view text, Type& type);
/// 1 to 32 of [A-Za-z0-9._-].
bool fits_as_token_name(string_view name);

/// The step of a time-based token at `now` (seconds since 1970), its own offset included; 0 before its first.
u64 step_of(const Token& token, u64 now);
/// The codes of its counters or steps; false when libcrypto refuses.
bool start_codes(const Token& token, Hotp& codes);

} // namespace totp
