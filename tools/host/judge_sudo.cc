// SPDX-License-Identifier: Apache-2.0
#include "judge_sudo.h"
#include "../text.h"
#include "lines.h"
#include <cctype>

namespace totp::host {
namespace {

/// A line goes on behind a backslash at its end; the number is that of its first.
template <typename Visit> void each_line(const std::string& content, Visit visit) {
    std::string whole;
    size_t number = 0, first = 1;
    for (const std::string& line : lines_of(content)) {
        ++number;
        bool goes_on = line.ends_with('\\');
        whole += goes_on ? line.substr(0, line.size() - 1) : line;
        if (goes_on) continue;
        visit(first, whole);
        whole.clear();
        first = number + 1;
    }
}

std::string without_comment(const std::string& line) {
    // `#0` is an account by its number, and a mark behind a backslash is one of a name.
    size_t at = line.find('#');
    while (at != std::string::npos &&
           ((at > 0 && line[at - 1] == '\\') || (at + 1 < line.size() && std::isdigit(static_cast<unsigned char>(line[at + 1])))))
        at = line.find('#', at + 1);
    return line.substr(0, at);
}

bool is_default(const std::string& line) {
    size_t first = line.find_first_not_of(" \t");
    return first != std::string::npos && line.compare(first, 8, "Defaults") == 0;
}

/// The line that asks again, or "" when this one does.
std::string asking(std::string line) {
    if (is_default(line)) {
        return line.find("!authenticate") == std::string::npos ? "" : text("take this line away: %1", {line});
    }
    std::string tag = "NOPASSWD";
    bool is_found = false;
    for (size_t at; (at = line.find(tag)) != std::string::npos; is_found = true) line.erase(at, 2);
    return is_found ? line : "";
}
} // namespace

Findings judge_sudoers(const std::string& path, const std::string& content) {
    Findings found;
    each_line(content, [&](size_t number, const std::string& whole) {
        std::string line = without_comment(whole), fix = asking(line);
        if (fix.empty()) return;
        found.push_back({Finding::warning, "sudo_unasked", path + ":" + std::to_string(number),
                         text("sudo asks for nothing here: %1", {line}),
                         text("With NOPASSWD or !authenticate sudo does not come to PAM's auth lines, so no code is asked for."),
                         fix});
    });
    return found;
}

bool is_sudoers(const std::string& name) { return name.find('.') == std::string::npos && !name.ends_with('~'); }

} // namespace totp::host
