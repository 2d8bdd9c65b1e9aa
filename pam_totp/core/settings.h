// SPDX-License-Identifier: Apache-2.0
// What an administrator sets for the whole host: `name = value` lines, and rules between them.
#pragma once
#include "bytes.h"
#include "judge.h"
#include "list.h"
#include "rule.h"

namespace totp {

/// How a QR code is drawn during a login, where nobody knows what the terminal can.
enum class Picture : u8 {
    utf8,  ///< half blocks: half as wide, and what most terminals show
    ascii, ///< two columns a module
    none,
};

struct Settings {
    unsigned window = 1; ///< steps on each side of now, 0 to 10
    Bucket bucket;
    Text<64> issuer;     ///< as apps show it; empty: the host's name
    bool self_setup = true;
    Picture qr = Picture::utf8;
    Text<200> key;       ///< path of the host key; empty: the usual one
    u32 given = 0;       ///< one bit for each that was read: the first file that gives one decides
};

/// Where a text does not fit: the line (from 1) and why.
struct Misfit {
    unsigned line = 0;
    string_view reason;
};

constexpr size_t longest_settings = 16384; ///< bytes

/// Reads the settings that no file before has given: `window`, `guesses`, `guess_refill` (seconds, or a number
/// with s, m, h or d), `issuer`, `self-setup` (yes or no), `qr` (utf8, ascii or none), `key` (a path). Blank lines and lines that
/// begin with # are skipped.
/// False, with the misfit said, for an unknown word, a bad value, a setting given twice, or a rule that does not fit.
bool read_settings(string_view text, Settings& settings, Misfit& misfit);

/// The rule that decides about a login.
struct Decision {
    bool is_made = false;  ///< else no rule matched
    Demand demand = Demand::require;
    unsigned line = 0;
    u64 until = 0, defer = 0; ///< see Rule
    bool names_service = false; ///< the rule is for this login's service alone, or for a few
    Text<120> reason;
    u32 remember = 0;      ///< see Rule
};
/// The first rule of a text that read_settings has taken. Match::unknown when a group on the way cannot be looked up.
Match decide(string_view text, const Visit& visit, Decision& decision);

/// Whether a set-up is shown at this service: at those that the rule names, else at sshd and login. Never at su, where
/// it is not the account's owner who sits at the terminal.
bool shows_set_up(const Decision& decision, string_view service);
/// Whether a recovery code is taken at this service: its set-up is shown there, whatever the rules ask for.
bool takes_recovery(const Decision& decision, string_view service);

/// 0 to 10.
bool read_window(string_view text, unsigned& window);

} // namespace totp
