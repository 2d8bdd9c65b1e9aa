// SPDX-License-Identifier: Apache-2.0
// The state of a person's record: what all entries of the journal so far come to. Values only.
#pragma once
#include "bytes.h"
#include "throttle.h"
#include "token.h"

namespace totp {

/// Who appended an entry: a login of root's or root itself, or the helper for a caller without privilege. A
/// person's own programs must not use up the guesses of the logins, so each has a bucket of its own.
enum class Caller : u8 { root, helper };

enum class Verdict : u8 {
    none, ///< nothing was answered yet
    accepted,
    accepted_backup,
    wrong,
    replayed,     ///< right, but used before
    stale,        ///< made for a credential that is not in force any more; changes nothing
    two_needed,   ///< the bucket is empty: only two codes in a row, or a backup code
    clock_behind, ///< this computer's clock is behind the last accepted code: none can be accepted
    recovery,     ///< the recovery code: it lets in nobody, but permits a set-up
    recovery_over, ///< the recovery code, and its time is over; or this computer's clock was set back
};
constexpr Verdict last_verdict = Verdict::recovery_over;
string_view word(Verdict verdict);

/// A place at which nobody is asked again: as core/place.h makes it, and until when.
struct Remembered {
    u64 place = 0; ///< 0: none
    u32 until = 0;

    bool operator==(const Remembered&) const = default;
};
constexpr u32 longest_remembered = 30 * 86400; ///< seconds

struct State {
    u64 credential = 0;                ///< id in force; see in_force()
    std::array<FullAt, 2> full_at{};   ///< by Caller
    std::array<u32, most_tokens> last{}; ///< highest spent counter + 1 of each token; 0: none
    u32 used = 0;                      ///< spent backup codes, one bit each
    u32 last_success = 0;              ///< seconds since 1970, as all times here
    u32 last_answer = 0;
    Verdict last_verdict = Verdict::none;
    u16 wrong = 0;                     ///< wrong answers since the last success
    std::array<u8, 16> wrong_from{};   ///< address of the newest of them; v4-mapped; zero: none
    u32 changed = 0;                   ///< when the credential was last changed
    u32 changed_by = 0;                ///< uid
    std::array<Remembered, 2> remembered{};
    u8 changes = 0;                    ///< of the credential, not told at any login yet; the owner's own beginning is none

    bool operator==(const State&) const = default;
};

/// Backup codes of a set of `made` that are not spent.
u32 backup_codes_left(const State& state, size_t made);

/// Not over, and no longer from `now` than `longest`: with a clock that was set back, or for a rule that remembers
/// shorter now, it is not in force.
bool is_in_force(const Remembered& remembered, u64 now, u32 longest);
bool is_remembered(const State& state, u64 place, u64 now, u32 longest);

} // namespace totp
