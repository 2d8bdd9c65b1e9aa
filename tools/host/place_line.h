// SPDX-License-Identifier: Apache-2.0
// The module's line in a file of pam.d: whether it stands there, the text with it, and the text without it again.
#pragma once
#include "pam_text.h"

namespace totp::host {

enum class Mode {
    off,
    code,              ///< sshd has seen a key: the code in place of the password
    password_and_code,
};

/// A text, or why there is none.
struct Edited {
    std::string text, why;
};

/// How people are asked by this file of the service. A line that others include for many services counts where it
/// serves this one.
Mode mode_of(const std::string& text, const std::string& service, const Read& read);
/// The line comes with a file that this one includes (pam-auth-update's profile): nothing is to be added.
bool is_included(const std::string& text, const std::string& service, const Read& read);

/// The text with the line at its place. What it stands in place of is kept as a comment, for without_line.
Edited with_line(const std::string& given, Mode mode, const Read& read);
/// The same backwards.
Edited without_line(const std::string& given, const Read& read);

} // namespace totp::host
