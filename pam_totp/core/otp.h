// SPDX-License-Identifier: Apache-2.0
// One-time passwords: HOTP (RFC 4226) and the time step of TOTP (RFC 6238).
#pragma once
#include "bytes.h"
#include "mac.h"

namespace totp {

enum class Hash : u8 { sha1, sha256, sha512 };

constexpr unsigned least_digits = 6, most_digits = 8;
constexpr unsigned least_period = 15, most_period = 120; ///< seconds

/// The codes of one key (RFC 4226 section 5.3; RFC 6238 section 1.2 for the hashes).
class Hotp {
  public:
    /// Codes of `digits` decimal digits, 6 to 8. False when libcrypto refuses the key or the hash.
    bool start(Hash hash, Bytes key, unsigned digits);
    /// The code of one counter, as a number; false when libcrypto refuses, or after a start that failed.
    bool at(u64 counter, u32& code);

  private:
    Mac mac_;
    unsigned digits_ = 0;
};

/// The time step at `now` (seconds since 1970) for a period in seconds: T of RFC 6238 with T0 = 0.
constexpr u64 time_step(u64 now, unsigned period) { return now / period; }

string_view word(Hash hash); ///< "sha1", "sha256", "sha512"
bool read_hash(string_view text, Hash& hash);

} // namespace totp
