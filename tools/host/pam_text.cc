// SPDX-License-Identifier: Apache-2.0
#include "pam_text.h"
#include <algorithm>
#include <cctype>
#include <security/pam_appl.h>
#include <set>
#include <sstream>

namespace totp::host {
namespace {

std::string lower(std::string word) {
    std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return char(std::tolower(c)); });
    return word;
}

/// Words; one in brackets may hold blanks.
std::vector<std::string> words_of(const std::string& line) {
    std::vector<std::string> words;
    for (size_t at = 0; (at = line.find_first_not_of(" \t", at)) != std::string::npos;) {
        size_t end = line[at] == '[' ? line.find(']', at) : line.find_first_of(" \t", at);
        if (end != std::string::npos && line[at] == '[') ++end;
        words.push_back(line.substr(at, end == std::string::npos ? end : end - at));
        at = end == std::string::npos ? line.size() : end;
    }
    return words;
}

std::string base(const std::string& path) { return path.substr(path.rfind('/') + 1); }

bool is_jump(const std::string& control) {
    for (size_t i = 0; i + 1 < control.size(); ++i) {
        if (control[i] == '=' && std::isdigit(static_cast<unsigned char>(control[i + 1]))) return true;
    }
    return false;
}

bool parse(const std::string& whole, AuthLine& line) {
    std::vector<std::string> words = words_of(whole.substr(0, whole.find('#')));
    if (words.size() == 2 && lower(words[0]) == "@include") {
        line.kind = AuthLine::textual;
        line.name = words[1];
        return true;
    }
    if (words.size() < 3 || (lower(words[0]) != "auth" && lower(words[0]) != "-auth")) return false;
    std::string control = lower(words[1]);
    line.kind = control == "include" ? AuthLine::include : control == "substack" ? AuthLine::substack : AuthLine::module;
    line.jumps = is_jump(control);
    line.name = line.kind == AuthLine::module ? base(words[2]) : words[2];
    line.whole = whole;
    return true;
}

/// What a module answers where the password is wrong.
int answer_to_a_wrong_password(const Line& line) {
    if (checks_a_password(line) || line.name() == "pam_deny") return PAM_AUTH_ERR;
    if (line.name() == "pam_permit") return PAM_SUCCESS;
    if (line.name() == "pam_faillock") return line.has("authfail") ? PAM_AUTH_ERR : PAM_SUCCESS;
    return PAM_IGNORE;
}
} // namespace

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

std::string text_of_lines(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return text;
}

std::vector<AuthLine> auth_lines(const std::string& text) {
    std::vector<AuthLine> found;
    std::vector<std::string> lines = lines_of(text);
    for (size_t i = 0; i < lines.size(); ++i) {
        AuthLine line;
        line.first = i;
        std::string whole = lines[i];
        while (!whole.empty() && whole.back() == '\\' && i + 1 < lines.size()) {
            whole.back() = ' ';
            whole += lines[++i];
        }
        line.last = i;
        if (parse(whole, line)) found.push_back(line);
    }
    return found;
}

std::vector<Line> run_by(const AuthLine& line, const Read& read) {
    const std::string alone = "/alone"; // as if it were a file of its own
    bool is_module = line.kind == AuthLine::module;
    auto itself = [&](const std::string& path) { return path == alone ? std::optional(line.whole + "\n") : std::nullopt; };
    Stack stack = is_module ? read_stack(itself, alone) : read_stack(read, line.name);
    return stack.is_other ? std::vector<Line>() : stack.lines;
}

bool checks_a_password(const Line& line) {
    static const std::set<std::string> known{"pam_unix",    "pam_sss",     "pam_ldap",        "pam_krb5",
                                             "pam_winbind", "pam_pwdfile", "pam_radius_auth", "pam_systemd_home",
                                             "pam_tcb",     "pam_unix2",   "pam_himmelblau"};
    return line.kind == Line::module && known.contains(line.name());
}

bool can_end_well(const std::vector<Line>& lines) {
    return std::any_of(lines.begin(), lines.end(), [](const Line& line) {
        return line.kind == Line::module && line.level == 0 && line.actions[PAM_SUCCESS] == done;
    });
}

bool end_on_a_wrong_password(const std::vector<Line>& lines) {
    std::vector<Line> all = lines;
    all.emplace_back(); // the one that would stand behind them
    Run outcome = run(all, [&](size_t line) { return line < lines.size() ? answer_to_a_wrong_password(lines[line]) : PAM_SUCCESS; });
    bool ended = outcome.steps.empty() || outcome.steps.back().line < lines.size();
    return ended && outcome.result != PAM_SUCCESS;
}

} // namespace totp::host
