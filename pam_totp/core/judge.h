// SPDX-License-Identifier: Apache-2.0
// Every decision about an answer, as pure functions of values:
//
//   gate     before the prompt: is one code enough now?
//   examine  after the prompt: the entry to append, or a verdict that changes nothing
//   judge    once the entry has its place in the journal: the verdict, and the state after it
//
// What must hold (the tests cite the numbers):
//  1. judge uses the state before the entry and the entry; no clock, no settings.
//  2. Counters and used codes of what stays in force never fall, whatever the clock does.
//  3. A right answer is spent by its entry even when it is refused, but for one whose credential is not in
//     force any more: that changes nothing.
//  4. No success gives guesses back.
//  5. With an empty bucket one code is answered alike, right or wrong; two codes in a row and backup codes are
//     always judged.
//  6. Which answers are appended does not depend on right or wrong; but for a recovery code, which changes nothing by
//     itself: it is spent by the set-up that it permits, and cannot be guessed.
//  7. Only an accepted answer makes a place remembered; every change of the credential forgets all of them.
#pragma once
#include "answer.h"
#include "credential.h"
#include "entry.h"
#include "error.h"
#include "state.h"

namespace totp {

/// What the settings and the caller say of judging.
struct Policy {
    unsigned window = 1; ///< steps accepted on each side of now, 0 to 10
    Bucket bucket;
    Caller caller = Caller::root;
};
constexpr unsigned most_window = 10;
constexpr unsigned look_ahead = 10; ///< counters a counter-based token may have moved on unseen

enum class Gate : u8 { one_code, two_codes };

/// Whether one code is enough for the next answer of policy.caller.
Gate gate(const State& state, u64 now, const Policy& policy);

/// No code of any token can be accepted before the clock is set: it is behind the last accepted one of each.
bool clock_is_behind(const Credential& credential, const State& state, u64 now, const Policy& policy);

/// What an answer comes to before it has its place in the journal.
struct Finding {
    bool append = false;              ///< whether `entry` is to be appended and judged
    Verdict verdict = Verdict::none;  ///< when not
    Entry entry;                      ///< but for key, base, seen and from, which the store and the login know
    int slot = -1;                    ///< the token that fits, for the log; -1: none
};

/// Compares the answer with every code of every token that could be accepted, each computed whatever the ones
/// before gave. Error::crypto when libcrypto refuses.
Error examine(const Credential& credential, const State& state, const Answer& answer, u64 now, const Policy& policy,
              Finding& finding);

/// The verdict of an entry whose place in the journal is right behind `state`; changes `state`.
Verdict judge(State& state, const Entry& entry);

} // namespace totp
