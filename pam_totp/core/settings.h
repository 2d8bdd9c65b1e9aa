// SPDX-License-Identifier: Apache-2.0
// What an administrator sets for the whole host: `name = value` lines.
#pragma once
#include "bytes.h"
#include "judge.h"
#include "list.h"

namespace totp {

struct Settings {
    unsigned window = 1; ///< steps on each side of now, 0 to 10
    Bucket bucket;
    Text<64> issuer;     ///< as apps show it; empty: the host's name
    bool self_setup = true;
};

/// Where a text does not fit: the line (from 1) and why.
struct Misfit {
    unsigned line = 0;
    string_view reason;
};

constexpr size_t longest_settings = 16384; ///< bytes

/// Reads settings over those already in `settings`: `window`, `guesses`, `guess_refill` (seconds, or a number
/// with s, m, h or d), `issuer`, `self-setup` (yes or no). Blank lines and lines that begin with # are skipped.
/// False, with the misfit said, for an unknown word, a bad value or a setting given twice.
bool read_settings(string_view text, Settings& settings, Misfit& misfit);

/// 0 to 10.
bool read_window(string_view text, unsigned& window);

} // namespace totp
