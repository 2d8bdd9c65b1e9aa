// SPDX-License-Identifier: Apache-2.0
// What the person reads and types. With --json, standard output holds JSON alone and the talk goes elsewhere.
#pragma once
#include "core/bytes.h"
#include "core/secret.h"
#include <string>

namespace totp {

/// Descriptors 0 to 2 are open from now on, and an interrupt comes as Stop, out of the wait that it ends: so
/// everything on the way is closed, wiped and removed.
void prepare_terminal();
/// Until the descriptor has something to read. Throws Stop on an interrupt.
void wait_for(int fd);
/// As long, unless an interrupt comes: then false.
bool pause_for(unsigned milliseconds);
/// From now on nobody is kept at a question that has no meaning any more: wait_for throws Stop when the other end of
/// this socket is closed. -1: no such socket.
void watch(int socket);

/// From now on the talk goes to standard error, or to the terminal when only standard input is one.
void talk_beside_json();
/// Straight to the descriptor: no copy stays in a buffer.
void say(string_view words);
bool all_was_said(); ///< backup codes that went nowhere must not look like success
/// On standard output; the line with a newline. Throw Stop when it cannot be written.
void print_text(string_view facts);
void print_line(string_view facts);
/// `pam-totp: WHAT` on standard error.
void complain(const std::string& what);

/// One line, without its newline; false at the end, or when there is more than fits (`line` is empty then).
bool read_line(int fd, Secret<256>& line);
/// A question, and its answer from standard input; false when there is none.
bool ask(string_view question, Secret<256>& answer);
/// As rpmatch(3), which not every C library has: yes in the person's language.
bool is_yes(const std::string& answer);
/// Enter, or a yes.
bool agrees(string_view question);

bool talks_to_terminal();
bool has_colour(); ///< a terminal, and neither NO_COLOR nor TERM=dumb
bool has_utf8();   ///< the locale's character set is UTF-8; after choose_language()
/// Columns and rows; 80 and 24 when nobody knows.
void terminal_size(unsigned& columns, unsigned& rows);

} // namespace totp
