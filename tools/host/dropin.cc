// SPDX-License-Identifier: Apache-2.0
#include "dropin.h"
#include "../text.h"
#include <algorithm>
#include <cctype>
#include <map>

namespace totp::host {
namespace {
constexpr const char* key_and_code = "publickey,keyboard-interactive:pam";
constexpr const char* config_path = "/etc/ssh/sshd_config";
constexpr const char* folder = "/etc/ssh/sshd_config.d/";

std::string joined(const std::vector<std::string>& words) {
    std::string all;
    for (const std::string& word : words) all += (all.empty() ? "" : ",") + word;
    return all;
}

std::string block(const std::vector<std::string>& groups, const std::string& methods) {
    return groups.empty() ? "" : "Match Group " + joined(groups) + "\n  AuthenticationMethods " + methods + "\n";
}

std::string lower(std::string word) {
    std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return char(std::tolower(c)); });
    return word;
}

/// A line of sshd's: its keyword in lower case, by the name it has today, and the rest.
struct Setting {
    std::string name, value;
};

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

bool includes_folder(const Setting& s) {
    if (s.name != "include") return false;
    for (const char* form : {"/etc/ssh/sshd_config.d/*.conf", "sshd_config.d/*.conf", "/etc/ssh/sshd_config.d/*"}) {
        if (s.value == form || s.value == std::string("\"") + form + "\"") return true;
    }
    return false;
}

/// One file, line by line, and what of it matters to the settings that are wanted.
class Look {
  public:
    Look(const std::string& wanted, Obstacles& found) : found_(found) {
        bool matches = false;
        for (const std::string& line : lines_of(wanted)) {
            Setting s = setting_of(line);
            matches = matches || s.name == "match";
            if (!s.name.empty() && !matches) wanted_[s.name] = lower(s.value);
        }
    }
    /// True when the folder is included before any Match.
    bool file(const std::string& path, const std::string& text, bool is_first) {
        bool matches = false, includes = false;
        size_t number = 0;
        for (const std::string& line : lines_of(text)) {
            ++number;
            Setting s = setting_of(line);
            if (s.name == "match") matches = lower(s.value) != "all";
            if (includes_folder(s) && !matches) includes = true;
            bool is_first_value = is_first && !matches && !includes;
            std::string where = path + ":" + std::to_string(number);
            if (matches ? decides(s.name) : is_first_value && differs(s)) (matches ? found_.soft : found_.hard).push_back({where, line, ""});
        }
        return includes;
    }

  private:
    static bool decides(const std::string& name) {
        return name == "authenticationmethods" || name == "passwordauthentication" || name == "kbdinteractiveauthentication" ||
               name == "pubkeyauthentication";
    }
    bool differs(const Setting& s) const {
        auto found = wanted_.find(s.name);
        return found != wanted_.end() && found->second != lower(s.value);
    }
    std::map<std::string, std::string> wanted_;
    Obstacles& found_;
};
} // namespace

bool includes_sshd_folder(const std::string& line) { return includes_folder(setting_of(line)); }

std::string sshd_text(Mode mode, const Scope& scope) {
    std::string out = "# Written by `pam-totp enable sshd`; `pam-totp disable sshd` takes it away.\n"
                      "UsePAM yes\n"
                      "UseDNS no\n"
                      "KbdInteractiveAuthentication yes\n"
                      "PasswordAuthentication no\n";
    if (mode == Mode::password_and_code) return out + "AuthenticationMethods keyboard-interactive:pam\n";
    if (scope.is_everybody()) return out + "AuthenticationMethods " + key_and_code + "\n";
    out += block(scope.except, "publickey") + block(scope.groups, key_and_code);
    return out + "Match all\n  AuthenticationMethods " + (scope.groups.empty() ? key_and_code : "publickey") + "\n";
}

std::string rules_text(const std::string& service, Mode mode, const Scope& scope) {
    bool sshd_tells = service == "sshd" && mode == Mode::code;
    if (scope.is_everybody() || sshd_tells) return "";
    std::string services = service == "sudo" ? "sudo,sudo-i" : service == "su" ? "su,su-l" : service;
    std::string out = "# Written by `pam-totp enable " + service + "`; `pam-totp disable " + service + "` takes it away.\n";
    if (!scope.except.empty()) out += "skip service=" + services + " group=" + joined(scope.except) + "\n";
    if (!scope.groups.empty()) out += "skip service=" + services + " group!=" + joined(scope.groups) + "\n";
    return out;
}

Obstacles look_for_obstacles(const std::string& config, const std::vector<std::string>& names, const Read& read,
                             const std::string& wanted) {
    Obstacles found;
    Look look(wanted, found);
    if (!look.file(config_path, config, true)) {
        found.hard.push_back({config_path, "Include /etc/ssh/sshd_config.d/*.conf",
                              text("this line is missing at its beginning, so nothing of %1 counts", {folder})});
    }
    const std::string own = std::string(folder) + sshd_dropin;
    for (const std::string& path : names) {
        if (path != own) (void)look.file(path, read(path).value_or(""), path < own);
    }
    return found;
}

} // namespace totp::host
