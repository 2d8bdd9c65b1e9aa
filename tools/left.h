// SPDX-License-Identifier: Apache-2.0
// A file in the store that rekey and prune name.
#pragma once
#include "core/protocol.h"
#include "secret_text.h"

namespace totp {

SecretText json_left(const LeftLine& left);
std::string describe_left(const LeftLine& left); ///< whose it is and why it is named, for people

} // namespace totp
