// SPDX-License-Identifier: Apache-2.0
// What undoes a change when its deadline comes, or the machine is started again.
#pragma once
#include "change.h"

namespace totp::host {

/// At the next start of the machine, before anybody can log in. False where nothing here would do that. Throws Stop
/// when it cannot be written down.
bool undo_at_next_start();
void forget_next_start();
/// `pam-totp undo --at-deadline`, where no end of a terminal or of a session reaches it. Throws Stop when it cannot
/// be started.
void start_watcher(const Note& note);
/// One line for the administrator's log: nobody may be at a terminal.
void log_change(const std::string& event, const Note& note, const std::string& more = "");

} // namespace totp::host
