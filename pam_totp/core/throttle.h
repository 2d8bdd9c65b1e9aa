// SPDX-License-Identifier: Apache-2.0
// The throttle: a bucket of wrong codes that refills with time, kept as one time (generic cell rate algorithm).
#pragma once
#include "bytes.h"
#include <algorithm>

namespace totp {

/// How many wrong codes a bucket holds (1 to 1000) and after how many seconds one comes back (1 to 31 days).
struct Bucket {
    u32 guesses = 10;
    u32 refill = 86400; ///< seconds
};

/// When a bucket is full again, in seconds since 1970; anything up to now: it is full.
using FullAt = u64;

/// Whole guesses left at `now`, 0 to bucket.guesses.
constexpr u32 guesses_left(FullAt full_at, Bucket bucket, u64 now) {
    u64 missing = full_at > now ? full_at - now : 0;
    u64 used = (missing + bucket.refill - 1) / bucket.refill;
    return used >= bucket.guesses ? 0 : u32(bucket.guesses - used);
}

/// After a clock that jumped back, or with a smaller bucket: never further away than an empty bucket is.
constexpr FullAt bounded(FullAt full_at, Bucket bucket, u64 now) {
    return std::min(full_at, now + u64(bucket.guesses) * bucket.refill);
}

/// One wrong code at `now`.
constexpr FullAt take_guess(FullAt full_at, Bucket bucket, u64 now) {
    return bounded(std::max(full_at, now) + bucket.refill, bucket, now);
}

} // namespace totp
