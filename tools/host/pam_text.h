// SPDX-License-Identifier: Apache-2.0
// The `auth` lines of a PAM service, as far as placing one more needs to know them. Texts only.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace totp {

/// The text of a file; nothing when it is not there.
using Read = std::function<std::optional<std::string>(const std::string& path)>;

std::vector<std::string> lines_of(const std::string& text); ///< without their newlines
std::string text_of_lines(const std::vector<std::string>& lines);

struct AuthLine {
    enum Kind { module, include, substack, textual } kind = module; ///< textual: `@include`
    size_t first = 0, last = 0;      ///< of the file's lines: more than one where they go on behind a backslash
    std::string control;             ///< in lower case; of a bracket, with both
    std::string name;                ///< the module's file name without its folder, or what is included
    std::vector<std::string> arguments;

    bool is_ours() const { return kind == module && name == "pam_totp.so"; }
    /// `required` and its like in brackets; "" for a value that is not there.
    std::string action(const std::string& value) const;
};

/// The `auth` lines of one file, and what it includes; `account` lines and the like are left out.
std::vector<AuthLine> auth_lines(const std::string& text);

/// All that libpam runs for this file, in their order; of a substack as of an include.
std::vector<AuthLine> run_lines(const std::string& text, const Read& read);

/// A module that looks at a password.
bool checks_a_password(const AuthLine& line);
/// A line that ends a stack with a success, so that what stands behind it is not reached.
bool can_end_well(const AuthLine& line);
/// Whether these lines end the stack when the password is wrong, whatever stands behind them.
bool end_on_a_wrong_password(const std::vector<AuthLine>& lines);

} // namespace totp
