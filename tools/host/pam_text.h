// SPDX-License-Identifier: Apache-2.0
// A file of pam.d as a text that is to be changed: its `auth` lines, and where they stand. What libpam makes of them
// says stack.h.
#pragma once
#include "stack.h"

namespace totp::host {

std::vector<std::string> lines_of(const std::string& text); ///< without their newlines
std::string text_of_lines(const std::vector<std::string>& lines);

struct AuthLine {
    enum Kind { module, include, substack, textual } kind = module; ///< textual: `@include`
    size_t first = 0, last = 0; ///< of the text's lines: more than one where they go on behind a backslash
    bool jumps = false;         ///< over a number of lines
    std::string name;           ///< the module's file, without its folder; or what is included
    std::string whole;          ///< in one line

    bool is_ours() const { return kind == module && name == "pam_totp.so"; }
};

/// The `auth` lines of one file, and what it includes; `account` lines and the like are left out.
std::vector<AuthLine> auth_lines(const std::string& text);

/// What libpam runs for this line of a file.
std::vector<Line> run_by(const AuthLine& line, const Read& read);

/// A module that looks at a password.
bool checks_a_password(const Line& line);
/// Some line ends the stack with a success, so that what stands behind it is not reached.
bool can_end_well(const std::vector<Line>& lines);
/// Whether the stack ends in these lines when the password is wrong, whatever stands behind them.
bool end_on_a_wrong_password(const std::vector<Line>& lines);

} // namespace totp::host
