// SPDX-License-Identifier: Apache-2.0
// The files that a login needs: whether they are there, whose they are, what they lie on, and the clock.
#pragma once
#include "finding.h"
#include <functional>
#include <optional>
#include <sys/stat.h>

namespace totp::host {

/// lstat(2); nothing when there is no such file, and all zero when the caller may not look.
using Look = std::function<std::optional<struct stat>(const std::string& path)>;

struct Places {
    std::string store;
    std::string key; ///< empty: it comes when the machine starts
    std::string conf, helper;
    std::vector<std::string> modules; ///< every pam_totp.so beside the other modules
    std::string group_name;
    gid_t group = gid_t(-1); ///< -1: there is no such group
};

Findings judge_files(const Look& look, const Places& places);

struct Disk {
    unsigned long type = 0; ///< statfs(2)
    bool copies = true;     ///< no +C
};
Findings judge_disk(const std::string& store, const Disk& disk);

Findings judge_clock(bool is_synchronised);

} // namespace totp::host
