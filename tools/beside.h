// SPDX-License-Identifier: Apache-2.0
// What stands in the folder of this program: in a build everything does, and after an install something else may.
#pragma once
#include <string>

namespace totp {

std::string beside_this_program(const std::string& name);

} // namespace totp
