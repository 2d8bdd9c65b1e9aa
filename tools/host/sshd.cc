// SPDX-License-Identifier: Apache-2.0
#include "sshd.h"
#include "program.h"
#include <algorithm>
#include <cctype>
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
bool proves(const Way& way) {
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
    return !all.empty() && std::all_of(all.begin(), all.end(), proves);
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

namespace {
std::string lower(std::string word) {
    std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return std::tolower(c); });
    return word;
}

/// Names alone; whom a pattern means nobody knows.
void add_names(const std::string& list, std::vector<std::string>& names) {
    std::istringstream words(list);
    for (std::string name; std::getline(words, name, ',');) {
        if (name.find_first_of("*?!\"") == std::string::npos) names.push_back(name);
    }
}

/// True when it is about connections, and not about people alone.
bool read_match(std::istringstream& words, Matched& found) {
    bool by_connection = false;
    for (std::string criterion, value; words >> criterion && words >> value;) {
        criterion = lower(criterion);
        if (criterion == "user") add_names(value, found.users);
        else if (criterion == "group") add_names(value, found.groups);
        else by_connection = true;
    }
    return by_connection;
}
} // namespace

void look_for_matches(const std::string& path, const std::string& text, Matched& found) {
    std::istringstream lines(text);
    bool by_connection = false;
    size_t number = 0;
    for (std::string line; std::getline(lines, line);) {
        ++number;
        std::istringstream words(line);
        std::string keyword, rest;
        words >> keyword;
        keyword = lower(keyword);
        if (keyword == "match") by_connection = read_match(words, found);
        if (!by_connection || keyword != "authenticationmethods") continue;
        Sshd there;
        std::getline(words, there.values[keyword]);
        if (!there.always_asks()) found.by_connection.push_back({path + ":" + std::to_string(number), line});
    }
}

} // namespace totp::host
