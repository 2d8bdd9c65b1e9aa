// SPDX-License-Identifier: Apache-2.0
// What is wrong with a service's auth stack, told from every way in which a login can go through it.
#pragma once
#include "finding.h"
#include "stack.h"

namespace totp::host {

/// What is known of a service beside its stack.
struct Around {
    bool is_known = false;  ///< nobody comes to the stack without a proof, such as sshd's of a key
    bool needs_key = false; ///< a key is asked for, too, if only behind the stack
    bool one_field = false; ///< every question is answered with the one text that was typed
};

bool has_our_line(const Stack& stack);
/// Screen lockers, display managers and servers with a name and one password.
bool has_one_field(const std::string& service);

Findings judge_stack(const Stack& stack, const Around& around);

/// What is not covered, of services that people come in by: one stack each.
Findings judge_coverage(const std::vector<Stack>& stacks);

} // namespace totp::host
