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
    case Verdict::recovery: return "recovery";
    case Verdict::recovery_over: return "recovery_over";
    }
    return "unknown";
}

u32 backup_codes_left(const State& state, size_t made) {
    u32 spent = u32(std::popcount(state.used));
    return spent >= made ? 0 : u32(made) - spent;
}

bool is_in_force(const Remembered& remembered, u64 now, u32 longest) {
    return remembered.place != 0 && now < remembered.until && remembered.until - now <= longest;
}

bool is_remembered(const State& state, u64 place, u64 now, u32 longest) {
    bool found = false;
    for (const Remembered& r : state.remembered) found = found || (r.place == place && is_in_force(r, now, longest));
    return found;
}

} // namespace totp
