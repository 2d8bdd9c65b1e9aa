// SPDX-License-Identifier: Apache-2.0
// What a service's being switched on or off comes to on this host: which files, before and after.
#pragma once
#include "change.h"
#include "dropin.h"

namespace totp::host {

struct Wish {
    std::string service;
    Mode mode = Mode::off;
    Scope scope;
};

struct Plan {
    Mode now = Mode::off;          ///< how the service asks already
    bool by_profile = false;       ///< pam-auth-update's profile asks: no line of its own is added
    std::vector<FileChange> files; ///< those that change
    Obstacles obstacles;           ///< sshd's

    std::string diff() const;
};

/// The services that can be switched.
const std::vector<std::string>& services();

/// Throws Stop, with what to do, where a file is not ours to change or leaves no place for the line.
Plan plan_on(const Wish& wish);
Plan plan_off(const std::string& service);

/// Reads the file as it will be.
Read read_as_planned(const Plan& plan);
/// The files of a folder, as paths in their order, as they will be.
std::vector<std::string> files_as_planned(const Plan& plan, const std::string& folder);

constexpr const char* sshd_config = "/etc/ssh/sshd_config";
constexpr const char* sshd_folder = "/etc/ssh/sshd_config.d";

} // namespace totp::host
