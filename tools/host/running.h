// SPDX-License-Identifier: Apache-2.0
// Other programs of this host, and what goes on when this one has ended.
#pragma once
#include <string>
#include <vector>

namespace totp::host {

/// Where a program of administrators' is; "" for nowhere.
std::string find_program(const std::string& name);

struct Ran {
    int status = 127;   ///< as a shell has it
    std::string output; ///< both of its outputs
};
/// Runs it to its end, with nothing on its input. `words[0]` is a path.
Ran run_program(const std::vector<std::string>& words);

/// Leaves it running in a session of its own, with no hold on anything of ours. False when it could not be begun.
bool leave_running(const std::vector<std::string>& words);

bool has_systemd(); ///< it runs this host
std::string own_path();

} // namespace totp::host
