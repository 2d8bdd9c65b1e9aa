// SPDX-License-Identifier: Apache-2.0
// One code of a token, as a test wants it; the product makes several with each key.
#pragma once
#include "core/token.h"

namespace totp {

inline bool code_of(const Token& token, u64 counter, u32& code) {
    Hotp codes;
    return start_codes(token, codes) && codes.at(counter, code);
}

} // namespace totp
