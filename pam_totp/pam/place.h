// SPDX-License-Identifier: Apache-2.0
// Where a login is made, as far as `remember=` can tell one place from another.
#pragma once
#include "core/account.h"
#include "core/keyring.h"
#include "log.h"

namespace totp {

/// The place (see core/place.h) of a login of this service: its numeric address; or, when it comes from nowhere, its
/// terminal, the uid that runs it, and the session. 0 for every other: there the code is asked for.
u64 place_of(pam_handle_t* pam, const LogLine& login, const Account& account, const KeySet& set);

} // namespace totp
