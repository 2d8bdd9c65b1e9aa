// SPDX-License-Identifier: Apache-2.0
// pam_mark: tells the driver that libpam is here in the stack, and where its frame begins. libpam calls all
// modules of a stack from the same place, so a mark before and one behind a module bound what the module
// itself does.
#include <security/pam_modules.h>

extern "C" void mark(const void* frame); // the driver's

extern "C" [[gnu::visibility("default")]] int pam_sm_authenticate(pam_handle_t*, int, int, const char**) {
    mark(__builtin_frame_address(0));
    return PAM_IGNORE;
}

extern "C" [[gnu::visibility("default")]] int pam_sm_setcred(pam_handle_t*, int, int, const char**) {
    return PAM_IGNORE;
}
