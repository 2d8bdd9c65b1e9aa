// SPDX-License-Identifier: Apache-2.0
// Whether an account is in a group, as the host's name services say now.
#pragma once
#include "core/rule.h"
#include <sys/types.h>

namespace totp {

struct Person {
    const char* name = "";
    gid_t group = gid_t(-1); ///< the account's own
};

/// `of` is a Person, `name` the group's. Match::unknown when the group cannot be looked up: with a directory service
/// down a list of somebody's groups succeeds, with fewer of them.
Match is_member(const void* of, string_view name);

} // namespace totp
