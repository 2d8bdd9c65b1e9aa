// SPDX-License-Identifier: Apache-2.0
// What people read: why they are asked again, and what to know after a login. Pure functions.
#pragma once
#include "core/judge.h"
#include "core/list.h"
#include "core/state.h"

namespace totp {

using Phrase = Text<640>;

/// What a reason depends on beside the verdict.
struct Situation {
    string_view issuer, account;  ///< as the app names the entry
    unsigned period = 30;         ///< seconds of the token
    u64 now = 0;                  ///< seconds since 1970
    unsigned wrong = 0;           ///< wrong answers since the last success
};

/// Why the answer before was refused, one line or two, ending in a newline; empty when there is nothing to say.
Phrase reason_for(Verdict verdict, const Situation& situation);

/// What to know after a success: wrong answers since the last one, backup codes that run out.
Phrase news(const State& before, Verdict verdict, u32 codes_left, bool has_codes);

} // namespace totp
