// SPDX-License-Identifier: Apache-2.0
// The host, or an image of one below a directory: its files, accounts and services. Reads alone.
#pragma once
#include "judge_files.h"
#include "rules.h"
#include "stack.h"

namespace totp::host {

class Image {
  public:
    explicit Image(std::string root) : root_(std::move(root)) {}
    bool is_live() const { return root_.empty(); }
    const std::string& root() const { return root_; }

    std::optional<std::string> text(const std::string& path) const;
    Read read() const;
    Look look() const;
    /// The names in a directory, in their order.
    std::vector<std::string> names_in(const std::string& directory) const;
    /// Every file in pam.d, wherever that is.
    std::vector<std::string> services() const;
    /// Every pam_totp.so beside other modules.
    std::vector<std::string> modules() const;
    Names names() const;
    gid_t group(const std::string& name) const; ///< -1: there is none
    /// Somebody in the group; "" for nobody.
    std::string member_of(const std::string& name) const;
    Disk disk(const std::string& path) const;

  private:
    std::string root_;
};

bool clock_is_synchronised();

} // namespace totp::host
