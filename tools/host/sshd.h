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
    /// Every way to PAM's questions leads through a key, so that PAM needs to prove nobody.
    bool proves_before() const;
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

/// Of whom and of what sshd's files speak in Match: who is to be asked about, and what is true of some connections only.
struct Matched {
    struct At {
        std::string where, line;
    };
    std::vector<std::string> users, groups;
    std::vector<At> by_connection; ///< ways in that ask no question
};
void look_for_matches(const std::string& path, const std::string& text, Matched& found);

} // namespace totp::host
