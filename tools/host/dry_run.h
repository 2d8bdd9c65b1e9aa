// SPDX-License-Identifier: Apache-2.0
// A stack tried through libpam before it counts, with the person at the terminal.
#pragma once
#include <string>

namespace totp::host {

enum class Trial {
    asked,     ///< a code was asked for, and let in
    not_asked, ///< let in without one
    refused,
    given_up,  ///< nobody answered
};

struct TriedBy {
    std::string service, user;
    bool has_key = false; ///< as if sshd had proved one
};

/// Looks for the service and all that it includes in `folder`. What is typed is spent.
Trial try_stack(const std::string& folder, const TriedBy& visitor);

} // namespace totp::host
