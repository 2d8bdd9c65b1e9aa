// SPDX-License-Identifier: Apache-2.0
// What people read: why they are asked again, and what to know after a login. Pure functions of values and of
// the language that the application has chosen.
#pragma once
#include "core/judge.h"
#include "core/list.h"
#include "core/state.h"
#include "core/words.h"
#include "options.h"

namespace totp {

using Phrase = Text<640>;

/// What a reason depends on beside the verdict.
struct Situation {
    string_view issuer, account;  ///< as the app names the entry
    unsigned period = 30;         ///< seconds of the token; 0: it counts
    u64 now = 0;                  ///< seconds since 1970
    unsigned wrong = 0;           ///< wrong answers since the last success
    bool takes_two = false;       ///< one code is not enough now
};

/// Why the answer before was refused, one line or two, ending in a newline; empty when there is nothing to say.
Phrase reason_for(Verdict verdict, const Situation& situation);

/// What to know after a success.
struct Since {
    unsigned wrong = 0;               ///< wrong answers since the last one
    std::array<u8, 16> wrong_from{};  ///< the newest of them; zero: nobody knows
    u32 codes_left = 0;
    bool has_codes = false;           ///< backup codes were made
    unsigned changes = 0;             ///< of the codes
    u32 changed = 0;                  ///< the newest of them, seconds since 1970
    string_view changed_by = {};
};
/// That the second factor is another one now; ending in a newline, empty when it is not.
Phrase changes(const Since& since);
/// Changes, wrong answers, backup codes that run out, lines ending in newlines; empty when there is no news.
Phrase news(const Since& since, Verdict verdict);

Phrase prompt_text(const Options& options);
/// Where nothing counts any more but a recovery code: what to do. `here`: it is to be typed at this prompt.
const char* recovery(bool is_over, bool here);
/// For whoever has nothing set up, and may learn that.
Phrase nothing_set_up(string_view account);
const char* out_of_order();

// During a set-up.
/// What stands above the key; `has_picture`: there is a QR code to scan.
Phrase caption(bool has_picture);
/// The key in groups of four, and as a line to copy to a phone that cannot scan its own screen.
void add_key(string_view secret, string_view uri, Writer& out);
/// `put_off_until`: the first second at which it cannot be put off; 0: it cannot.
Phrase proof_prompt(u64 put_off_until);
/// `skew`: seconds by which the phone is ahead, when that is why the proof was refused.
Phrase why_unproven(Verdict verdict, i64 skew, u64 now);
/// What to do next, once it is set up.
const char* set_up();

} // namespace totp
