// SPDX-License-Identifier: Apache-2.0
// What sshd does with one person, as `sshd -T -C user=…` tells it.
#pragma once
#include <map>
#include <string>
#include <vector>

namespace totp::host {

struct Sshd {
    std::map<std::string, std::string> values; ///< by keyword, in small letters; the last of each

    std::string value(const std::string& keyword) const;
    bool is(const std::string& keyword, const std::string& value) const {
        return this->value(keyword) == value;
    }
    /// AuthenticationMethods: one list for each way in; none when it is `any`.
    std::vector<std::vector<std::string>> ways() const;
    /// No way in leads past the questions of PAM.
    bool always_asks() const;
    /// Whoever comes to PAM's questions has proved a key before, and pam_totp is told: SSH_AUTH_INFO_0 begins with it.
    bool proves_before() const;
    /// Nobody gets in by what PAM asks alone: a key is a part of every way, be it in front or behind.
    bool needs_key() const;
    /// A password is taken by sshd's own method, which knows one answer alone.
    bool takes_password() const;
    bool lets_in_root() const { return !is("permitrootlogin", "no"); }
};

Sshd read_sshd(const std::string& said);

/// Whom sshd is asked about.
struct Login {
    std::string user;
    std::string root;   ///< of an image, or ""
    std::string config; ///< another file than the usual one, or ""
};

/// Runs sshd; false, with what it complained of, when it does not say.
bool ask_sshd(const Login& login, Sshd& sshd, std::string& complaint);

} // namespace totp::host
