// SPDX-License-Identifier: Apache-2.0
// What the person reads and types. With --json on standard output, the talk goes to standard error.
#pragma once
#include "core/bytes.h"
#include "core/secret.h"
#include <string>

namespace totp {

/// From now on the talk goes to standard error, and standard output holds nothing but JSON.
void talk_on_stderr();
void say(const std::string& text);
void say(string_view text, bool secret); ///< straight to the descriptor, with no copy in a buffer
/// A question and one line of standard input, without its newline; false at its end.
bool read_typed(const char* question, Secret<128>& typed);

bool talks_to_terminal();
bool has_colour(); ///< a terminal, and neither NO_COLOR nor TERM=dumb
bool has_utf8();   ///< the locale's character set is UTF-8
/// Columns and rows; 80 and 24 when nobody knows.
void terminal_size(unsigned& columns, unsigned& rows);

} // namespace totp
