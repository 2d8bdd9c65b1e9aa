// SPDX-License-Identifier: Apache-2.0
#include "sshd.h"
#include "program.h"
#include <algorithm>
#include <sstream>
#include <unistd.h>

namespace totp::host {
namespace {
using Way = std::vector<std::string>;

bool has(const Way& way, const std::string& method) {
    return std::any_of(way.begin(), way.end(), [&](const std::string& step) {
        return step == method || step.starts_with(method + ":");
    });
}
bool has_key(const Way& way) {
    return has(way, "publickey") || has(way, "hostbased") || has(way, "gssapi-with-mic");
}
} // namespace

std::string Sshd::value(const std::string& keyword) const {
    auto found = values.find(keyword);
    return found == values.end() ? "" : found->second;
}

std::vector<Way> Sshd::ways() const {
    std::vector<Way> ways;
    std::istringstream lists(value("authenticationmethods"));
    for (std::string list; lists >> list;) {
        if (list == "any") return {};
        ways.emplace_back();
        std::istringstream steps(list);
        for (std::string step; std::getline(steps, step, ',');) ways.back().push_back(step);
    }
    return ways;
}

bool Sshd::always_asks() const {
    std::vector<Way> all = ways();
    return !all.empty() && std::all_of(all.begin(), all.end(),
                                       [](const Way& way) { return has(way, "keyboard-interactive"); });
}

bool Sshd::proves_before() const {
    std::vector<Way> all = ways();
    return !all.empty() && std::all_of(all.begin(), all.end(), [](const Way& way) {
        return !has(way, "keyboard-interactive") || way.front() == "publickey";
    });
}

bool Sshd::needs_key() const {
    std::vector<Way> all = ways();
    return !all.empty() && std::all_of(all.begin(), all.end(), has_key);
}

bool Sshd::takes_password() const {
    std::vector<Way> all = ways();
    bool is_way = all.empty() ||
                  std::any_of(all.begin(), all.end(), [](const Way& way) { return has(way, "password"); });
    return is_way && is("passwordauthentication", "yes");
}

Sshd read_sshd(const std::string& said) {
    Sshd sshd;
    std::istringstream lines(said);
    for (std::string line; std::getline(lines, line);) {
        size_t blank = line.find(' ');
        if (blank != std::string::npos) sshd.values[line.substr(0, blank)] = line.substr(blank + 1);
    }
    return sshd;
}

bool ask_sshd(const Login& login, Sshd& sshd, std::string& complaint) {
    std::string program = "/usr/sbin/sshd", printed;
    // A connection as from a host that no Match knows: what is asked about is the person.
    std::vector<std::string> words{program, "-T", "-C",
                                   "user=" + login.user + ",host=192.0.2.1,addr=192.0.2.1"};
    if (!login.config.empty()) words.insert(words.end(), {"-f", login.config});
    if (access((login.root + program).c_str(), X_OK) != 0) return false;
    if (run_program(login.root, words, printed, complaint) != 0) return false;
    sshd = read_sshd(printed);
    return !sshd.values.empty();
}

} // namespace totp::host
