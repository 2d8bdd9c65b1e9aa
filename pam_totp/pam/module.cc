// SPDX-License-Identifier: Apache-2.0
// The entry points: they translate, and decide nothing.
#include "login.h"
#include <security/pam_ext.h>
#include <security/pam_modules.h>

namespace {
constexpr unsigned refusal_delay = 2000000; // microseconds; the application waits, not the module
}

extern "C" [[gnu::visibility("default")]] int pam_sm_authenticate(pam_handle_t* pam, int flags, int argc,
                                                                  const char** argv) {
    using totp::Outcome;
    Outcome outcome = totp::login(pam, flags, argc, argv);
    if (outcome == Outcome::accepted) return PAM_SUCCESS;
    if (outcome == Outcome::not_asked) return PAM_IGNORE;
    (void)pam_fail_delay(pam, refusal_delay);
    if (outcome == Outcome::unavailable) return PAM_AUTHINFO_UNAVAIL;
    return outcome == Outcome::unheard ? PAM_CONV_ERR : PAM_AUTH_ERR;
}

extern "C" [[gnu::visibility("default")]] int pam_sm_setcred(pam_handle_t*, int, int, const char**) {
    return PAM_SUCCESS;
}
