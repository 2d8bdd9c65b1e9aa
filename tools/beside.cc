// SPDX-License-Identifier: Apache-2.0
#include "beside.h"
#include <climits>
#include <unistd.h>

namespace totp {

std::string beside_this_program(const std::string& name) {
    char own[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", own, sizeof own);
    std::string path(own, size > 0 ? size_t(size) : 0);
    path.erase(path.rfind('/') + 1);
    return path + name;
}

} // namespace totp
