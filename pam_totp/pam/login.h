// SPDX-License-Identifier: Apache-2.0
// A login: who, what is known, one question, one verdict.
#pragma once
#include <security/pam_modules.h>

namespace totp {

/// What a login comes to; the entry point translates it.
enum class Outcome : unsigned char {
    accepted,
    refused,     ///< the answer
    unavailable, ///< store, key, settings or arguments
    unheard,     ///< the conversation failed
    not_asked,   ///< a rule or argument of the administrator's says that no code is needed here
};

Outcome login(pam_handle_t* pam, int flags, int argc, const char** argv);

} // namespace totp
