// SPDX-License-Identifier: Apache-2.0
// pam_reference FILE: asks, and puts 256 bytes at the end of FILE and on the disk: the least that a module
// which remembers a login must do.
#include "prompt.h"
#include <fcntl.h>
#include <unistd.h>

namespace {
bool remember(const char* path) {
    char entry[256] = "a login";
    int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return false;
    bool done = write(fd, entry, sizeof entry) == ssize_t(sizeof entry) && fdatasync(fd) == 0;
    return close(fd) == 0 && done;
}
} // namespace

extern "C" [[gnu::visibility("default")]] int pam_sm_authenticate(pam_handle_t* pam, int, int argc,
                                                                  const char** argv) {
    int result = prompt(pam);
    if (result != PAM_SUCCESS) return result;
    return argc == 1 && remember(argv[0]) ? PAM_SUCCESS : PAM_AUTHINFO_UNAVAIL;
}

extern "C" [[gnu::visibility("default")]] int pam_sm_setcred(pam_handle_t*, int, int, const char**) {
    return PAM_SUCCESS;
}
