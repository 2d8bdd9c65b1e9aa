// SPDX-License-Identifier: Apache-2.0
// One line a decision, to authpriv: `key=value` words, nothing secret, nothing that was typed.
#pragma once
#include "core/bytes.h"
#include "core/error.h"
#include "core/list.h"
#include "core/state.h"
#include <security/pam_modules.h>

namespace totp {

/// What a decision's line says beside the verdict; what is empty or -1 is left out.
struct LogLine {
    string_view user, rhost, service; ///< escaped and cut at 128 bytes by the log
    string_view token = {};
    Text<280> rule = {};    ///< file:line of the one that decided
    int guesses_left = -1, codes_left = -1;
};

void log_verdict(pam_handle_t* pam, const LogLine& line, string_view verdict);
/// A refusal for the administrator: why, what to do, where (`path`), and the system's own reason where it has one.
void log_error(pam_handle_t* pam, const LogLine& line, Error error, string_view path, int number);
/// A module argument or a setting that does not fit.
void log_misfit(pam_handle_t* pam, const LogLine& line, string_view where, unsigned number, string_view reason);

} // namespace totp
