// SPDX-License-Identifier: Apache-2.0
#include "place_line.h"
#include "../text.h"
#include <algorithm>

namespace totp::host {
namespace {
const std::string mark = "#pam-totp# "; // before a line that ours stands in place of

bool is_kept(const std::string& line) { return line.starts_with(mark); }

bool asks_for_a_password(const AuthLine& line, const Read& read) {
    std::vector<Line> lines = run_by(line, read);
    return std::any_of(lines.begin(), lines.end(), checks_a_password);
}

/// An empty list of services is all of them.
bool serves(const Line& line, const std::string& service) {
    std::optional<std::string> services = line.value("services");
    return !services || ("," + *services + ",").find("," + service + ",") != std::string::npos;
}

bool holds_ours(const AuthLine& line, const std::string& service, const Read& read) {
    std::vector<Line> lines = run_by(line, read);
    return std::any_of(lines.begin(), lines.end(), [&](const Line& l) { return l.name() == "pam_totp" && serves(l, service); });
}

/// Jumps count lines: one more would change where they lead to.
const AuthLine* find_jump(const std::vector<AuthLine>& lines, const AuthLine* before) {
    auto end = lines.begin() + (before - lines.data());
    auto found = std::find_if(lines.begin(), end, [](const AuthLine& line) { return line.jumps; });
    return found == end ? nullptr : &*found;
}

std::string number(size_t line) { return std::to_string(line + 1); }

/// The one line of the file that asks for the password, or why there is none to go by.
const AuthLine* find_password(const std::vector<AuthLine>& lines, const Read& read, std::string& why) {
    const AuthLine* found = nullptr;
    for (const AuthLine& line : lines) {
        if (!asks_for_a_password(line, read)) continue;
        if (found) why = text("its lines %1 and %2 both ask for a password", {number(found->first), number(line.first)});
        found = &line;
    }
    if (!found) why = text("no line of it asks for a password");
    return found;
}

std::string our_line(Mode mode, bool ends) {
    return mode == Mode::password_and_code && ends ? "auth required pam_totp.so after=password" : "auth required pam_totp.so";
}
} // namespace

Mode mode_of(const std::string& text, const std::string& service, const Read& read) {
    bool password = false;
    for (const AuthLine& line : auth_lines(text)) {
        if (holds_ours(line, service, read)) return password || line.kind != AuthLine::module ? Mode::password_and_code : Mode::code;
        password = password || asks_for_a_password(line, read);
    }
    return Mode::off;
}

bool is_included(const std::string& text, const std::string& service, const Read& read) {
    std::vector<AuthLine> lines = auth_lines(text);
    return std::any_of(lines.begin(), lines.end(), [&](const AuthLine& line) {
        return line.kind != AuthLine::module && holds_ours(line, service, read);
    });
}

Edited with_line(const std::string& given, Mode mode, const Read& read) {
    Edited before = without_line(given, read);
    if (!before.why.empty()) return before;
    std::vector<AuthLine> found = auth_lines(before.text);
    std::string why;
    const AuthLine* password = find_password(found, read, why);
    if (!why.empty()) return {"", why};
    const AuthLine* jump = find_jump(found, password);
    if (jump) return {"", text("its line %1 jumps over a number of lines", {number(jump->first)})};
    std::vector<std::string> lines = lines_of(before.text), ours;
    std::vector<Line> stack = run_by(*password, read);
    bool is_left_early = password->kind != AuthLine::substack && can_end_well(stack);
    bool can_be_substack = password->kind == AuthLine::include;
    if (is_left_early && !can_be_substack && mode == Mode::password_and_code) {
        return {"", text("%1 ends the whole stack once the password is right: a line behind it is never reached", {password->name})};
    }
    bool replaces = mode == Mode::code || is_left_early;
    if (mode == Mode::password_and_code && is_left_early) ours.push_back("auth substack " + password->name);
    bool ends = password->kind != AuthLine::substack && !is_left_early && end_on_a_wrong_password(stack);
    ours.push_back(our_line(mode, ends));
    if (replaces) {
        for (size_t i = password->first; i <= password->last; ++i) lines[i].insert(0, mark);
    }
    lines.insert(lines.begin() + long(password->last) + 1, ours.begin(), ours.end());
    return {text_of_lines(lines), ""};
}

Edited without_line(const std::string& given, const Read& read) {
    std::vector<std::string> lines = lines_of(given), left;
    std::vector<AuthLine> found = auth_lines(given);
    size_t replaced = 0; // lines of ours that stand in place of the kept one
    auto line_at = [&](size_t i) {
        auto at = std::find_if(found.begin(), found.end(), [i](const AuthLine& l) { return l.first <= i && i <= l.last; });
        return at == found.end() ? nullptr : &*at;
    };
    for (size_t i = 0; i < lines.size(); ++i) {
        const AuthLine* line = line_at(i);
        if (is_kept(lines[i])) {
            left.push_back(lines[i].substr(mark.size()));
            replaced = 1;
        } else if (line && line->is_ours()) {
            replaced = 0;
        } else if (replaced && line && line->kind == AuthLine::substack) {
            continue; // ours as well: see with_line
        } else {
            left.push_back(lines[i]);
        }
    }
    if (left.size() == lines.size() && left == lines) return {given, ""};
    std::string out = text_of_lines(left), why;
    std::vector<AuthLine> rest = auth_lines(out);
    bool asks = std::any_of(rest.begin(), rest.end(), [&](const AuthLine& l) { return asks_for_a_password(l, read); });
    if (!asks) return {"", text("without the line nothing in it would ask for a password; put back what stood in its place")};
    return {out, ""};
}

} // namespace totp::host
