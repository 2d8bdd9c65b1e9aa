// SPDX-License-Identifier: Apache-2.0
// The accounts that the host knows, and where each of them stands.
#pragma once
#include "command.h"
#include "standing.h"
#include <functional>

namespace totp {

struct Somebody {
    AccountLine account; ///< its error: no_record, nothing is set up; any other but none, what is wrong with the record
    RuleLine rule;
    Standing standing = Standing::refused;
};

/// Asks the helper about everybody at `arguments.request`'s service, as far as its group goes; for root. They come one
/// by one, those without a login shell too. The exit status; on a refusal the reason was told.
int look_at_people(Arguments& arguments, const std::function<void(const Somebody&)>& take);

} // namespace totp
