// SPDX-License-Identifier: Apache-2.0
// What sshd's own settings make of a code: whether it comes to PAM, for whom, and with how much time.
#pragma once
#include "finding.h"
#include "rules.h"
#include "sshd.h"

namespace totp::host {

/// Somebody sshd was asked about.
struct Visitor {
    std::string name;
    Sshd sshd;
    bool is_set_up = false;
    std::string skipped_by; ///< the place of a `skip` rule that names the person or a group of theirs, or ""
};

/// `where`: the file to write a line into, which sshd reads first.
Findings judge_sshd(const std::vector<Visitor>& visitors, const Rules& rules, const std::string& where,
                    u64 now);

} // namespace totp::host
