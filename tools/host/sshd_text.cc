// SPDX-License-Identifier: Apache-2.0
#include "sshd_text.h"
#include "lines.h"
#include "sshd.h"
#include <sstream>

namespace totp::host {

Setting setting_of(const std::string& line) {
    size_t begin = line.find_first_not_of(" \t"), end = line.find_first_of(" \t=", begin);
    if (begin == std::string::npos || line[begin] == '#') return {};
    Setting found{lower(line.substr(begin, end == std::string::npos ? end : end - begin)), ""};
    size_t value = line.find_first_not_of(" \t=", end), last = line.find_last_not_of(" \t\r");
    if (end != std::string::npos && value != std::string::npos) found.value = line.substr(value, last + 1 - value);
    bool is_older = found.name == "challengeresponseauthentication" || found.name == "skeyauthentication";
    if (is_older) found.name = "kbdinteractiveauthentication";
    return found;
}

bool includes_sshd_folder(const Setting& s) {
    if (s.name != "include") return false;
    for (const char* form : {"/etc/ssh/sshd_config.d/*.conf", "sshd_config.d/*.conf", "/etc/ssh/sshd_config.d/*"}) {
        if (s.value == form || s.value == std::string("\"") + form + "\"") return true;
    }
    return false;
}

namespace {
/// Names alone; whom a pattern means nobody knows.
void add_names(const std::string& list, std::vector<std::string>& names) {
    std::istringstream words(list);
    for (std::string name; std::getline(words, name, ',');) {
        if (name.find_first_of("*?!\"") == std::string::npos) names.push_back(name);
    }
}

/// `user bob address 192.0.2.0/24`. True when it is about connections, and not about people alone.
bool read_match(const std::string& criteria, Matched& found) {
    std::istringstream words(criteria);
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
    bool by_connection = false;
    size_t number = 0;
    for (const std::string& line : lines_of(text)) {
        ++number;
        Setting s = setting_of(line);
        if (s.name == "match") by_connection = read_match(s.value, found);
        if (!by_connection || s.name != "authenticationmethods") continue;
        if (!Sshd{{{s.name, s.value}}}.always_asks()) found.by_connection.push_back({path + ":" + std::to_string(number), line});
    }
}

} // namespace totp::host
