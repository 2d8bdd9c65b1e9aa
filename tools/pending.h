// SPDX-License-Identifier: Apache-2.0
// A change that waits to be kept or undone, as enable, keep and undo speak of it.
#pragma once
#include "command.h"
#include "host/change.h"

namespace totp {

/// The newest login by the service with a code since the change; false when there was none.
bool find_proof(const Arguments& arguments, const host::Note& note, LoginLine& login);

/// Everything that waits for a decision is gone with it.
void keep_change(host::Pending& pending, const std::string& proved_by);
/// Puts the files back and has sshd read them. The exit status; what was edited since was told.
int undo_change(host::Pending& pending, const std::string& why);

/// `"service":…,"state":…`.
std::string json_state(const host::Note& note, const std::string& state);

} // namespace totp
