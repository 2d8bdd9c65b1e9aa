// SPDX-License-Identifier: Apache-2.0
#include "stack.h"
#include <algorithm>
#include <cctype>
#include <security/pam_appl.h>
#include <strings.h>

namespace totp::host {
namespace {
constexpr unsigned deepest_include = 16; // libpam's own bound
constexpr int undefined = -6;

// In the order of their numbers. libpam takes the first that a word begins with.
constexpr const char* names_of_returns[return_values] = {"success",
                                                         "open_err",
                                                         "symbol_err",
                                                         "service_err",
                                                         "system_err",
                                                         "buf_err",
                                                         "perm_denied",
                                                         "auth_err",
                                                         "cred_insufficient",
                                                         "authinfo_unavail",
                                                         "user_unknown",
                                                         "maxtries",
                                                         "new_authtok_reqd",
                                                         "acct_expired",
                                                         "session_err",
                                                         "cred_unavail",
                                                         "cred_expired",
                                                         "cred_err",
                                                         "no_module_data",
                                                         "conv_err",
                                                         "authtok_err",
                                                         "authtok_recover_err",
                                                         "authtok_lock_busy",
                                                         "authtok_disable_aging",
                                                         "try_again",
                                                         "ignore",
                                                         "abort",
                                                         "authtok_expired",
                                                         "module_unknown",
                                                         "bad_item",
                                                         "conv_again",
                                                         "incomplete"};
constexpr const char* names_of_actions[] = {"ignore", "ok", "done", "bad", "die", "reset"};

using Actions = std::array<int, return_values>;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n'; }
bool is(const std::string& word, const char* name) { return strcasecmp(word.c_str(), name) == 0; }

void fill_in(Actions& actions, int action) {
    std::replace(actions.begin(), actions.end(), undefined, action);
}

/// Takes `name` from the head of `rest`.
bool take(std::string& rest, const std::string& name) {
    if (!rest.starts_with(name)) return false;
    rest.erase(0, name.size());
    return true;
}

void drop_blanks(std::string& rest) {
    size_t end = 0;
    while (end < rest.size() && std::isspace(static_cast<unsigned char>(rest[end]))) ++end;
    rest.erase(0, end);
}

/// `value=action` once. False when libpam would call it a mistake.
bool take_pair(std::string& rest, Actions& actions) {
    size_t value = 0;
    while (value < return_values && !take(rest, names_of_returns[value])) ++value;
    if (value == return_values && !take(rest, "default")) return false;
    drop_blanks(rest);
    if (!take(rest, "=")) return false;
    drop_blanks(rest);
    int action = 1;
    for (int i = 0; i < 6 && action > 0; ++i) {
        if (take(rest, names_of_actions[i])) action = -i;
    }
    if (action > 0) {
        size_t digits = rest.find_first_not_of("0123456789");
        std::string number = rest.substr(0, digits);
        if (number.empty() || number.size() > 6) return false;
        action = std::stoi(number);
        if (action == 0) return false;
        rest.erase(0, number.size());
    }
    if (value < return_values)
        actions[value] = action;
    else
        fill_in(actions, action);
    return true;
}

/// What stands in brackets. A mistake makes everything bad, a success too.
void read_control(std::string rest, Actions& actions) {
    for (drop_blanks(rest); !rest.empty(); drop_blanks(rest)) {
        if (!take_pair(rest, actions)) return actions.fill(bad);
    }
}

void set(Actions& actions, int success, int others) {
    actions.fill(others);
    actions[PAM_SUCCESS] = actions[PAM_NEW_AUTHTOK_REQD] = success;
}

void set_actions(const std::string& control, Actions& actions) {
    actions.fill(undefined);
    if (is(control, "required"))
        set(actions, ok, bad), actions[PAM_IGNORE] = ignore;
    else if (is(control, "requisite"))
        set(actions, ok, die), actions[PAM_IGNORE] = ignore;
    else if (is(control, "optional"))
        set(actions, ok, ignore);
    else if (is(control, "sufficient"))
        set(actions, done, ignore);
    else
        read_control(control, actions);
    fill_in(actions, bad);
}

/// A line, and what stands in brackets as one word without them; `\]` is a bracket.
std::vector<std::string> words_of(const std::string& text) {
    std::vector<std::string> words;
    for (size_t i = 0;;) {
        while (i < text.size() && is_blank(text[i])) ++i;
        if (i == text.size()) return words;
        std::string word;
        bool bracketed = text[i] == '[';
        for (i += bracketed; i < text.size() && (bracketed ? text[i] != ']' : !is_blank(text[i])); ++i) {
            if (bracketed && text.compare(i, 2, "\\]") == 0) ++i;
            word += text[i];
        }
        if (i < text.size()) ++i;
        words.push_back(word);
    }
}

struct Text {
    unsigned number;
    std::string text;
};

std::string trimmed(const std::string& text) {
    size_t begin = 0, end = text.size();
    while (begin < end && is_blank(text[begin])) ++begin;
    while (end > begin && is_blank(text[end - 1])) --end;
    return text.substr(begin, end - begin);
}

/// The lines that say something; one that ends in a backslash goes on in the next.
std::vector<Text> lines_of(const std::string& content) {
    std::vector<Text> lines;
    bool goes_on = false;
    unsigned number = 0;
    for (size_t at = 0; at < content.size();) {
        size_t end = std::min(content.find('\n', at), content.size());
        std::string line = content.substr(at, end - at);
        at = end + 1;
        ++number;
        size_t comment = line.find('#');
        line = trimmed(line.substr(0, comment));
        if (line.empty()) continue;
        bool more = comment == std::string::npos && line.back() == '\\';
        if (more) line.back() = ' ';
        if (goes_on)
            lines.back().text += line;
        else
            lines.push_back({number, line});
        goes_on = more;
    }
    for (Text& line : lines) line.text = trimmed(line.text);
    return lines;
}

class Reader {
  public:
    Reader(const Read& read, std::string facility) : read_(read), facility_(std::move(facility)) {}
    /// False when there is no such file, when it is too deep, or when an `@include` of every facility in it
    /// comes to nothing: libpam reads no further then.
    bool add(const std::string& name, bool any_facility, unsigned depth, unsigned level, std::string& file);
    std::vector<Line> lines;

  private:
    bool add_line(const Text& text, const std::string& file, bool any_facility, unsigned depth,
                  unsigned level);
    void include(Line line, const std::string& name, bool any_facility, unsigned depth, bool is_substack);
    const Read& read_;
    std::string facility_;
};

// Deeper than deepest_include it does not go.
// NOLINTBEGIN(misc-no-recursion)
void Reader::include(Line line, const std::string& name, bool any_facility, unsigned depth,
                     bool is_substack) {
    std::string file;
    line.path = name;
    if (is_substack) {
        line.kind = Line::substack;
        lines.push_back(line);
    }
    if (!name.empty() && add(name, any_facility, depth + 1, line.level + is_substack, file)) return;
    line.kind = Line::broken;
    line.actions.fill(bad);
    lines.push_back(line);
}

bool Reader::add_line(const Text& text, const std::string& file, bool any_facility, unsigned depth,
                      unsigned level) {
    std::vector<std::string> words = words_of(text.text);
    Line line{Line::module, file, text.number, text.text, level, false, {}, {}, {}};
    auto word = [&words](size_t i) { return i < words.size() ? words[i] : std::string(); };
    std::string type = word(0);
    // Debian's own: every facility of that file, or the one that is asked for.
    if (is(type, "@include")) {
        std::string included;
        if (!word(1).empty() && add(word(1), any_facility, depth + 1, level, included)) return true;
        line.kind = Line::broken;
        line.path = word(1);
        line.actions.fill(bad);
        lines.push_back(line);
        return !any_facility;
    }
    line.is_quiet = type.starts_with('-');
    if (line.is_quiet) type.erase(0, 1);
    bool is_known = is(type, "auth") || is(type, "account") || is(type, "password") || is(type, "session");
    // What libpam does not know stands in the facility that was asked for, else in the most sensitive one.
    if (!is_known) type = any_facility ? "auth" : facility_;
    if (!is(type, facility_.c_str())) return true;
    std::string control = word(1);
    if (is(control, "include") || is(control, "substack")) {
        include(line, word(2), false, depth, is(control, "substack"));
        return true;
    }
    if (!is_known || words.size() < 3) line.kind = Line::broken;
    set_actions(control, line.actions);
    line.path = word(2);
    if (words.size() > 3) line.arguments.assign(words.begin() + 3, words.end());
    lines.push_back(line);
    return true;
}

bool Reader::add(const std::string& name, bool any_facility, unsigned depth, unsigned level,
                 std::string& file) {
    if (depth >= deepest_include) return false;
    for (const std::string& place : places_of(name)) {
        std::optional<std::string> content = read_(place);
        if (!content) continue;
        file = place;
        for (const Text& text : lines_of(*content)) {
            if (!add_line(text, file, any_facility, depth, level)) return false;
        }
        return true;
    }
    return false;
}

// NOLINTEND(misc-no-recursion)

/// The state of a run; each substack remembers what it was entered with.
struct State {
    enum Impression { none, positive, negative } impression = none;
    int status = PAM_PERM_DENIED;
};

void take_as_success(State& state, int returned) {
    bool counts = state.impression == State::none ||
                  (state.impression == State::positive && state.status == PAM_SUCCESS);
    if (counts) state = {State::positive, returned};
}

void take_as_failure(State& state, int returned) {
    if (state.impression == State::negative) return;
    state = {State::negative, returned == PAM_IGNORE ? PAM_PERM_DENIED : returned};
}

/// The last line that is jumped over; a substack counts as one. False when there are not so many.
bool jump(const std::vector<Line>& lines, int count, size_t& at) {
    unsigned level = lines[at].level;
    auto next_is = [&](unsigned least) { return at + 1 < lines.size() && lines[at + 1].level >= least; };
    for (; count > 0; --count) {
        if (!next_is(level)) return false;
        do ++at;
        while (next_is(level + 1));
    }
    return true;
}
} // namespace

std::string Line::name() const {
    size_t slash = path.rfind('/');
    std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
    return name.ends_with(".so") ? name.substr(0, name.size() - 3) : name;
}

bool Line::has(const std::string& argument) const {
    return std::find(arguments.begin(), arguments.end(), argument) != arguments.end();
}

std::optional<std::string> Line::value(const std::string& name) const {
    for (const std::string& argument : arguments) {
        if (argument.starts_with(name + "=")) return argument.substr(name.size() + 1);
    }
    return std::nullopt;
}

std::vector<std::string> places_of(const std::string& service) {
    if (service.starts_with('/')) return {service};
    return {"/etc/pam.d/" + service, "/usr/lib/pam.d/" + service, "/usr/etc/pam.d/" + service};
}

Stack read_stack(const Read& read, const std::string& service, const std::string& facility) {
    Stack stack{service, "", false, {}};
    Reader own(read, facility);
    bool was_read = own.add(service, true, 0, 0, stack.file);
    if (!was_read &&
        !stack.file.empty()) { // an `@include` of nothing: pam_start(3) fails, whatever stands above it
        stack.lines = {own.lines.back()};
        return stack;
    }
    if (!own.lines.empty()) {
        stack.lines = own.lines;
        return stack;
    }
    Reader other(read, facility);
    stack.is_other = true;
    (void)other.add("other", true, 0, 0, stack.file);
    stack.lines = other.lines;
    return stack;
}

Run run(const std::vector<Line>& lines, const Answer& answer) {
    Run made{PAM_PERM_DENIED, {}};
    State state;
    std::array<State, deepest_include + 1> entered{};
    unsigned level_before = 0;
    for (size_t i = 0; i < lines.size(); ++i) {
        const Line& line = lines[i];
        if (line.level > level_before) entered[line.level] = state;
        level_before = line.level;
        if (line.kind == Line::substack) continue;
        int returned = line.kind == Line::broken ? PAM_PERM_DENIED : answer(i);
        bool is_valid = returned >= 0 && size_t(returned) < return_values;
        int action = is_valid ? line.actions[size_t(returned)] : bad;
        if (!is_valid) returned = PAM_PERM_DENIED;
        made.steps.push_back({i, returned, action});
        if (action == reset) state = entered[line.level];
        if (action == ok || action == done) take_as_success(state, returned);
        if (action == bad || action == die) take_as_failure(state, returned);
        if (action > 0 && !jump(lines, action, i)) state = {State::negative, PAM_PERM_DENIED};
        if (action == die || (action == done && state.impression == State::positive)) {
            while (i + 1 < lines.size() && lines[i + 1].level >= line.level) ++i;
        }
    }
    bool is_sure = state.status != PAM_SUCCESS || state.impression == State::positive;
    made.result = is_sure ? state.status : PAM_PERM_DENIED;
    return made;
}

} // namespace totp::host
