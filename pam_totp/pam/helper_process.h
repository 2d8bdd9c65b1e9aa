// SPDX-License-Identifier: Apache-2.0
// The helper as a process beside the application, which must not notice it.
#pragma once
#include "options.h"

namespace totp {

/// Starts the helper, as nobody's child: a child of the application's would run its handler for SIGCHLD, and be
/// found by its waits (exec sets the signal again, whatever the fork said). It ends when its socket is closed.
/// It serves the places that the module's arguments name, where they do.
bool start_helper(const Options& options, Fd& ours);

} // namespace totp
