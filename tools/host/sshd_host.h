// SPDX-License-Identifier: Apache-2.0
// The sshd of this host: what it would make of a change, and telling it to read its settings again.
#pragma once
#include "plan.h"
#include <map>

namespace totp::host {

/// A copy of PAM's and sshd's settings as they will be, in a folder of root's own that goes with this value.
class Stage {
  public:
    explicit Stage(const Plan& plan);
    ~Stage();
    Stage(const Stage&) = delete;
    Stage& operator=(const Stage&) = delete;
    std::string pam_folder() const { return folder_ + "/pam.d"; }
    std::string sshd_config() const { return folder_ + "/sshd_config"; }

  private:
    void fill(const Plan& plan);
    std::string folder_;
};

/// `sshd -t`: "" or what it says against it.
std::string test_sshd(const std::string& config);
/// `sshd -T`: what counts for somebody, by keyword in lower case.
std::map<std::string, std::string> sshd_for(const std::string& config, const std::string& user);

enum class Told { yes, not_running, failed };
Told reload_sshd();

/// For apply and undo: sshd reads its settings as soon as a file of them is another one. Its stack may ask for a code
/// alone; then nothing but these settings asks for the key.
class Reloading {
  public:
    void operator()(const std::string& path);
    bool has_failed() const { return has_failed_; }

  private:
    bool has_failed_ = false;
};

} // namespace totp::host
