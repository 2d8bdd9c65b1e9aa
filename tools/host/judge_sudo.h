// SPDX-License-Identifier: Apache-2.0
// Whom sudo itself lets do things without asking PAM: see sudoers(5).
#pragma once
#include "finding.h"

namespace totp::host {

/// Of one file of sudoers; `path` says where.
Findings judge_sudoers(const std::string& path, const std::string& content);

/// sudo reads no file with a dot or at the end a tilde in its name.
bool is_sudoers(const std::string& name);

} // namespace totp::host
