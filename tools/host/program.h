// SPDX-License-Identifier: Apache-2.0
// Runs a program to its end, for what it prints.
#pragma once
#include <string>
#include <vector>

namespace totp::host {

/// Its exit status, and what it printed; 127 when it could not be run. `root`: in that image, or "".
int run_program(const std::string& root, const std::vector<std::string>& words, std::string& printed,
                std::string& complained);

} // namespace totp::host
