// SPDX-License-Identifier: Apache-2.0
// What is written beside sshd's own settings and beside the rules, and what stands in the way of it. Texts only.
#pragma once
#include "place_line.h"

namespace totp::host {

constexpr const char* sshd_dropin = "10-pam-totp.conf"; ///< before those of cloud images, since the first value counts

/// Who is asked; empty lists are everybody, and nobody less.
struct Scope {
    std::vector<std::string> groups, except;
    bool is_everybody() const { return groups.empty() && except.empty(); }
};

/// sshd's. A stack of PAM alone cannot tell groups apart there: sshd does for a key and a code, rules for the rest.
std::string sshd_text(Mode mode, const Scope& scope);
/// Rules that ask only whom `scope` names; "" where everybody is asked.
std::string rules_text(const std::string& service, Mode mode, const Scope& scope);

/// Whether sshd reads the files of /etc/ssh/sshd_config.d by this line.
bool includes_sshd_folder(const std::string& line);

/// Something that sshd reads before the drop-in, or that counts more: `where` is FILE:LINE.
struct Obstacle {
    std::string where, line, what;
};
/// Looks through sshd_config and what it includes; `names` are the files of sshd_config.d in their order, as paths.
/// In `hard` what would make the drop-in void, in `soft` what counts for some people instead of it.
struct Obstacles {
    std::vector<Obstacle> hard, soft;
};
Obstacles look_for_obstacles(const std::string& config, const std::vector<std::string>& names, const Read& read,
                             const std::string& wanted);

} // namespace totp::host
