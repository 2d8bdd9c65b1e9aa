// SPDX-License-Identifier: Apache-2.0
// Every way in which a login can go through a stack, by what each of its modules may return.
#pragma once
#include "stack.h"

namespace totp::host {

/// What a line is to a login.
enum class Role {
    ours,
    proof,  ///< knows a password, a key or a finger; also what is not known here
    root,   ///< whoever is root already
    permit, ///< always a success, which proves nothing
    deny,
    condition, ///< says who or when, and proves nothing
    preauth,   ///< pam_faillock: refuses an account that is locked
    authfail,  ///< pam_faillock: counts
    neutral,   ///< sets something up
};
Role role_of(const Line& line);

/// Whether our line serves this service at all: `services=` may name others.
bool serves(const Line& line, const std::string& service);

struct Path {
    int result;
    std::vector<Step> steps;
    bool ends_well() const { return result == 0; }
};

/// Calls `visit` with each of them. `is_known`: who comes was proved before, so that our line never returns
/// IGNORE. False when there are too many.
bool each_path(const Stack& stack, bool is_known, const std::function<void(const Path&)>& visit);

} // namespace totp::host
