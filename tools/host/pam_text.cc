// SPDX-License-Identifier: Apache-2.0
#include "pam_text.h"
#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <set>
#include <sstream>

namespace totp {
namespace {
constexpr unsigned deepest = 16; // an include of itself

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

/// The name of a file in pam.d, whatever folder it is written with.
std::string base(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::optional<AuthLine> parse(const std::string& line) {
    std::vector<std::string> words = words_of(line.substr(0, line.find('#')));
    AuthLine found;
    if (words.size() == 2 && lower(words[0]) == "@include") {
        found.kind = AuthLine::textual;
        found.name = words[1];
        return found;
    }
    if (words.size() < 3) return {};
    std::string type = lower(words[0]);
    if (type != "auth" && type != "-auth") return {};
    found.control = lower(words[1]);
    if (found.control == "include") found.kind = AuthLine::include;
    if (found.control == "substack") found.kind = AuthLine::substack;
    found.name = found.kind == AuthLine::module ? base(words[2]) : words[2];
    found.arguments.assign(words.begin() + 3, words.end());
    return found;
}

void add_run_lines(const std::string& text, const Read& read, unsigned depth, std::vector<AuthLine>& all) {
    for (const AuthLine& line : auth_lines(text)) {
        if (line.kind == AuthLine::module) {
            all.push_back(line);
        } else if (depth < deepest) {
            add_run_lines(read(line.name).value_or(""), read, depth + 1, all);
        }
    }
}

/// What a module answers where the password is wrong.
std::string answer_to_a_wrong_password(const AuthLine& line) {
    if (checks_a_password(line) || line.name == "pam_deny.so") return "auth_err";
    if (line.name != "pam_faillock.so") return line.name == "pam_permit.so" ? "success" : "ignore";
    auto fails = [](const std::string& word) { return word == "authfail"; };
    return std::any_of(line.arguments.begin(), line.arguments.end(), fails) ? "auth_err" : "success";
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

std::string AuthLine::action(const std::string& value) const {
    if (control == "required") return value == "success" ? "ok" : value == "ignore" ? "ignore" : "bad";
    if (control == "requisite") return value == "success" ? "ok" : value == "ignore" ? "ignore" : "die";
    if (control == "sufficient") return value == "success" ? "done" : "ignore";
    if (control == "optional") return value == "success" ? "ok" : "ignore";
    std::string otherwise = "bad";
    for (const std::string& pair : words_of(control.substr(1, control.find(']') - 1))) {
        size_t equals = pair.find('=');
        if (equals == std::string::npos) continue;
        if (pair.substr(0, equals) == value) return pair.substr(equals + 1);
        if (pair.substr(0, equals) == "default") otherwise = pair.substr(equals + 1);
    }
    return otherwise;
}

std::vector<AuthLine> auth_lines(const std::string& text) {
    std::vector<AuthLine> found;
    std::vector<std::string> lines = lines_of(text);
    for (size_t i = 0; i < lines.size(); ++i) {
        size_t first = i;
        std::string whole = lines[i];
        while (!whole.empty() && whole.back() == '\\' && i + 1 < lines.size()) {
            whole.back() = ' ';
            whole += lines[++i];
        }
        std::optional<AuthLine> line = parse(whole);
        if (!line) continue;
        line->first = first;
        line->last = i;
        found.push_back(*line);
    }
    return found;
}

std::vector<AuthLine> run_lines(const std::string& text, const Read& read) {
    std::vector<AuthLine> all;
    add_run_lines(text, read, 0, all);
    return all;
}

bool checks_a_password(const AuthLine& line) {
    static const std::set<std::string> known{
        "pam_unix.so", "pam_sss.so",    "pam_ldap.so",         "pam_krb5.so", "pam_winbind.so",
        "pam_pwdfile.so", "pam_radius_auth.so", "pam_systemd_home.so", "pam_tcb.so",  "pam_himmelblau.so"};
    return line.kind == AuthLine::module && known.contains(line.name);
}

bool can_end_well(const AuthLine& line) {
    std::string action = line.kind == AuthLine::module ? line.action("success") : "ok";
    return action == "done" || action == "end";
}

bool end_on_a_wrong_password(const std::vector<AuthLine>& lines) {
    for (size_t i = 0; i < lines.size(); ++i) {
        std::string answer = answer_to_a_wrong_password(lines[i]), action = lines[i].action(answer);
        if (action == "die") return true;
        if (action == "done" || action == "end") return false;
        i += size_t(std::strtoul(action.c_str(), nullptr, 10)); // a jump; 0 for a word
    }
    return false;
}

} // namespace totp
