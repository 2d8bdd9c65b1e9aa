// SPDX-License-Identifier: Apache-2.0
// A change as people read it: a unified diff of two texts, of one hunk.
#pragma once
#include <optional>
#include <string>

namespace totp::host {

/// "" where they are the same; a text that is not there is a file that is not there.
std::string unified_diff(const std::string& path, const std::optional<std::string>& before,
                         const std::optional<std::string>& after);

} // namespace totp::host
