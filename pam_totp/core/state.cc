// SPDX-License-Identifier: Apache-2.0
#include "state.h"
#include <bit>

namespace totp {

string_view word(Verdict verdict) {
    switch (verdict) {
    case Verdict::none: return "none";
    case Verdict::accepted: return "accepted";
    case Verdict::accepted_backup: return "accepted_backup";
    case Verdict::wrong: return "wrong";
    case Verdict::replayed: return "replayed";
    case Verdict::stale: return "stale";
    case Verdict::two_needed: return "two_needed";
    case Verdict::clock_behind: return "clock_behind";
    }
    return "unknown";
}

u32 backup_codes_left(const State& state, size_t made) {
    u32 spent = u32(std::popcount(state.used));
    return spent >= made ? 0 : u32(made) - spent;
}

} // namespace totp
