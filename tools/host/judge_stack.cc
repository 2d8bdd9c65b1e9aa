// SPDX-License-Identifier: Apache-2.0
#include "judge_stack.h"
#include "../text.h"
#include "paths.h"
#include <algorithm>
#include <security/pam_appl.h>
#include <set>

namespace totp::host {
namespace {

bool is_refusal(int returned) { return returned != PAM_SUCCESS && returned != PAM_IGNORE; }

/// `text` of a line with other controls, or without an argument, as it should stand.
std::string our_line(const Line& line, const std::string& added = "", const std::string& dropped = "") {
    std::string out = "auth required pam_totp.so";
    for (const std::string& argument : line.arguments) {
        if (argument != dropped) out += " " + argument;
    }
    return added.empty() ? out : out + " " + added;
}

std::string without_ending(const std::string& line) { return text("take this line away: %1", {line}); }

/// One path, with what the findings ask of it.
struct Way {
    bool ends_well, is_proved = false, by_root = false, is_counted = false, is_locked = false;
    std::vector<const Step*> ours;
    std::vector<bool> proved_before; ///< for each of ours
};

class Judge {
  public:
    Judge(const Stack& stack, const Around& around) : stack_(stack), around_(around) {}
    Findings run();

  private:
    const Line& line(const Step& step) const { return stack_.lines[step.line]; }
    Role role(const Step& step) const { return roles_[step.line]; }
    void add(Finding::Level level, const std::string& id, const Line& at, const std::string& what,
             const std::string& why, const std::string& fix);
    Way way_of(const Path& path) const;
    void look_at(const Path& path);
    void look_at_success(const Path& path, const Way& way);
    void look_at_our_lines(const Way& way);
    void find_what_led_past(const Path& path);
    void look_at_faillock(const Path& path, const Way& way);
    void look_at_lines();
    void look_at_all();

    const Stack& stack_;
    const Around& around_;
    std::vector<Role> roles_;
    size_t first_ = 0; ///< of our lines
    bool lets_in_ = false, lets_in_ignored_ = false, may_ignore_ = false, has_proof_ = false;
    bool always_proved_ = true, was_called_ = false;
    std::set<std::string> said_;
    Findings found_;
};

void Judge::add(Finding::Level level, const std::string& id, const Line& at, const std::string& what,
                const std::string& why, const std::string& fix) {
    if (said_.insert(id + at.place()).second) found_.push_back({level, id, at.place(), what, why, fix});
}

Way Judge::way_of(const Path& path) const {
    Way way{path.ends_well(), false, false, false, false, {}, {}};
    for (const Step& step : path.steps) {
        Role role = this->role(step);
        if (role == Role::ours)
            way.ours.push_back(&step), way.proved_before.push_back(way.is_proved || way.by_root);
        if (role == Role::proof && step.returned == PAM_SUCCESS) way.is_proved = true;
        if (role == Role::root && step.returned == PAM_SUCCESS) way.by_root = true;
        if (role == Role::authfail) way.is_counted = true;
        if (role == Role::preauth && is_refusal(step.returned)) way.is_locked = true;
    }
    return way;
}

/// The line behind which ours was not come to: it jumps, or ends the stack.
void Judge::find_what_led_past(const Path& path) {
    for (size_t i = 0; i < path.steps.size(); ++i) {
        const Step& step = path.steps[i];
        size_t next = i + 1 < path.steps.size() ? path.steps[i + 1].line : stack_.lines.size();
        if (step.line > first_ || next <= first_) continue;
        const Line& at = line(step);
        std::string move = text("move %1 in front of %2, or behind what it jumps to",
                                {stack_.lines[first_].text, at.place()});
        if (role(step) == Role::condition || role(step) == Role::preauth) {
            return add(
                Finding::warning, "stack_exempts", at, text("%1 leads past the line of pam_totp", {at.text}),
                text("Whoever it is true of gives no code in %1, whatever the rules say, and no log tells.",
                     {stack_.service}),
                text("take it away, and write a rule: skip service=%1 group=… reason=\"…\"",
                     {stack_.service}));
        }
        if (step.action > 0) {
            return add(
                Finding::danger, "stack_jump", at, text("%1 jumps over the line of pam_totp", {at.text}),
                text("With a right password nobody is asked for a code in %1.", {stack_.service}), move);
        }
        return add(Finding::danger, "stack_sufficient", at,
                   text("%1 ends the stack above the line of pam_totp", {at.text}),
                   text("With a right password nobody is asked for a code in %1.", {stack_.service}),
                   text("move %1 in front of %2", {stack_.lines[first_].text, at.place()}));
    }
}

void Judge::look_at_success(const Path& path, const Way& way) {
    if (way.by_root) return;
    bool known = way.is_proved || around_.is_known;
    if (way.ours.empty()) return find_what_led_past(path);
    const Line& ours = line(*way.ours.front());
    bool refused =
        std::any_of(way.ours.begin(), way.ours.end(), [](const Step* s) { return is_refusal(s->returned); });
    bool accepted = std::any_of(way.ours.begin(), way.ours.end(),
                                [](const Step* s) { return s->returned == PAM_SUCCESS; });
    if (refused) {
        return add(Finding::danger, "stack_refusal_passes", ours,
                   text("%1 lets in whom it refuses", {ours.text}),
                   text("A wrong code, an aborted prompt or a missing key still comes to a success in %1.",
                        {stack_.service}),
                   our_line(ours));
    }
    (accepted ? lets_in_ : lets_in_ignored_) = true;
    if (known) return;
    if (accepted && around_.needs_key) return;
    if (accepted) {
        return add(Finding::danger, "stack_code_alone", ours,
                   text("a code alone lets in by %1", {stack_.service}),
                   text("Nothing asks for a password or a key, or it need not be right."),
                   text("put it behind what checks the password, as: %1",
                        {our_line(ours, ours.has("after=password") ? "" : "after=password")}));
    }
    for (const Step& step : path.steps) {
        bool gives = step.returned == PAM_SUCCESS && step.action < 0 && step.action >= done;
        if (!gives || role(step) == Role::ours) continue;
        return add(
            Finding::danger, "stack_ignore_permit", line(step),
            text("%1 makes a success where no code is asked", {line(step).text}),
            text("Whoever a rule exempts (skip, if-enrolled) gets in by %1 with neither password nor code.",
                 {stack_.service}),
            without_ending(line(step).text));
    }
}

void Judge::look_at_our_lines(const Way& way) {
    size_t asks = 0;
    for (size_t i = 0; i < way.ours.size(); ++i) {
        const Line& ours = line(*way.ours[i]);
        was_called_ = true;
        bool is_quiet = way.ours[i]->returned == PAM_IGNORE;
        may_ignore_ = may_ignore_ || is_quiet;
        if (!way.proved_before[i]) always_proved_ = false;
        if (!way.proved_before[i] && ours.has("after=password") && serves(ours, stack_.service)) {
            add(Finding::danger, "after_unproved", ours,
                text("%1 is reached although no password was right", {ours.text}),
                text("after=password says that the stack ends above it. As it is, whoever knows a name "
                     "learns whether a code is right, "
                     "is shown a set-up, and comes to a success where a rule asks for no code."),
                our_line(ours, "", "after=password"));
        }
        asks += !is_quiet;
        if (asks == 2) {
            add(Finding::warning, "stack_twice", ours, text("%1 asks for a second code", {ours.text}),
                text("A code is accepted once: people wait for the next one, and one-field programs never "
                     "get in."),
                without_ending(ours.text));
        }
    }
}

void Judge::look_at_faillock(const Path& path, const Way& way) {
    if (way.ours.empty()) return;
    const Line& ours = line(*way.ours.front());
    bool refused = is_refusal(way.ours.front()->returned);
    if (refused && way.is_proved && way.is_counted && !way.is_locked) {
        add(Finding::warning, "faillock_counts_codes", ours,
            text("pam_faillock counts a wrong code as a wrong password"),
            text("A few wrong codes lock the account, with the right password too."),
            text("move it behind what checks the password, as: %1", {our_line(ours)}));
    }
    bool missed = refused && way.ours.front()->action == die && !way.is_counted;
    for (const Step& step : path.steps) {
        bool is_before = way.ours.front()->line < step.line;
        if (role(step) == Role::preauth && is_before) {
            add(Finding::warning, "faillock_after", ours,
                text("%1 stands in front of pam_faillock preauth", {ours.text}),
                text("Whoever guesses is told of a code although the account is locked."),
                text("move it behind %1", {line(step).place()}));
        }
        bool wrong = role(step) == Role::proof && step.returned == PAM_AUTH_ERR && !is_before;
        bool has_count = std::find(roles_.begin() + long(way.ours.front()->line), roles_.end(),
                                   Role::authfail) != roles_.end();
        if (missed && wrong && !way.is_proved && has_count) {
            add(Finding::warning, "faillock_missed", ours,
                text("%1 refuses before pam_faillock counts", {ours.text}),
                text("With a wrong code the wrong passwords in front of it are not counted: they can be "
                     "guessed without end."),
                text("move it behind pam_faillock authfail, as: %1", {our_line(ours)}));
        }
    }
}

void Judge::look_at(const Path& path) {
    Way way = way_of(path);
    if (way.ends_well) look_at_success(path, way);
    look_at_our_lines(way);
    look_at_faillock(path, way);
}

void Judge::look_at_lines() {
    static const std::vector<std::string> flags{
        "nullok", "echo", "debug", "try_first_pass", "use_first_pass", "forward_pass", "after=password"};
    static const std::vector<std::string> settings{"store", "key",    "conf",  "services",
                                                   "tries", "window", "prompt"};
    for (size_t i = 0; i < stack_.lines.size(); ++i) {
        const Line& at = stack_.lines[i];
        has_proof_ = has_proof_ || (at.kind == Line::module && roles_[i] == Role::proof);
        if (at.kind == Line::broken) {
            add(Finding::danger, "stack_broken", at, text("libpam cannot read: %1", {at.text}),
                text("It refuses in its place: %1 lets nobody in.", {stack_.service}),
                without_ending(at.text));
        }
        if (roles_[i] != Role::ours) continue;
        for (const std::string& argument : at.arguments) {
            bool is_flag = std::find(flags.begin(), flags.end(), argument) != flags.end();
            std::string name = argument.substr(0, argument.find('='));
            bool is_setting =
                name != argument && std::find(settings.begin(), settings.end(), name) != settings.end();
            if (is_flag || is_setting) continue;
            add(Finding::danger, "bad_argument", at, text("'%1' is no argument of pam_totp", {argument}),
                text("It refuses everybody."), our_line(at, "", argument));
        }
        bool takes_field = at.has("forward_pass") || at.has("use_first_pass") || at.has("try_first_pass");
        if (around_.one_field && !takes_field && serves(at, stack_.service)) {
            add(Finding::danger, "one_field", at,
                text("%1 has one field, and %2 asks a question of its own", {stack_.service, at.text}),
                text("The program answers it with the password: nobody gets in, and each try counts as a "
                     "wrong code."),
                text("leave it out for this service: %1",
                     {our_line(at, "services=sudo,sudo-i,su,su-l,login")}));
        }
    }
}

/// What only all the paths together say.
void Judge::look_at_all() {
    const Line& ours = stack_.lines[first_];
    bool excluded = !serves(ours, stack_.service);
    if (!excluded && !lets_in_ && was_called_ && said_.empty()) {
        add(Finding::danger, "stack_shut", ours,
            text("no way through %1 ends well, with a right code neither", {stack_.service}),
            text("Nobody gets in."), "");
    }
    if (may_ignore_ && !lets_in_ignored_ && !has_proof_) {
        add(Finding::danger, "stack_ignore_only", ours,
            text("%1 is all that %2 asks", {ours.text, stack_.service}),
            text("Where a rule asks for no code, or services= names others, it returns PAM_IGNORE, and "
                 "libpam lets nobody in."),
            "@include common-auth");
    }
    bool asks_in_field = ours.has("forward_pass") || ours.has("use_first_pass") || ours.has("try_first_pass");
    if (was_called_ && always_proved_ && !excluded && !asks_in_field && !ours.has("after=password")) {
        add(Finding::warning, "after_missing", ours,
            text("%1 stands behind a password that was right, and is not told so", {ours.text}),
            text("People are not told why a code was refused, and nobody is shown a set-up (enroll)."),
            our_line(ours, "after=password"));
    }
}

Findings Judge::run() {
    for (const Line& at : stack_.lines)
        roles_.push_back(at.kind == Line::module ? role_of(at) : Role::neutral);
    first_ = size_t(std::find(roles_.begin(), roles_.end(), Role::ours) - roles_.begin());
    look_at_lines();
    bool is_broken = std::any_of(stack_.lines.begin(), stack_.lines.end(),
                                 [](const Line& at) { return at.kind == Line::broken; });
    if (first_ == roles_.size() || is_broken) return found_;
    if (!each_path(stack_, around_.is_known, [this](const Path& path) { look_at(path); })) {
        add(Finding::warning, "stack_too_long", stack_.lines[first_],
            text("%1 has too many ways to look at each", {stack_.service}),
            text("Not all of them were looked at."), "");
    }
    look_at_all();
    return found_;
}

bool lets_anybody_in(const Stack& stack) {
    bool found = false;
    (void)each_path(stack, false, [&](const Path& path) { found = found || path.ends_well(); });
    return found;
}

const Stack* find(const std::vector<Stack>& stacks, const std::string& service) {
    for (const Stack& stack : stacks) {
        if (stack.service == service) return &stack;
    }
    return nullptr;
}
} // namespace

bool has_our_line(const Stack& stack) {
    return std::any_of(stack.lines.begin(), stack.lines.end(), [&](const Line& line) {
        return line.kind == Line::module && role_of(line) == Role::ours && serves(line, stack.service);
    });
}

bool has_one_field(const std::string& service) {
    static const std::set<std::string> services{"i3lock",
                                                "swaylock",
                                                "hyprlock",
                                                "waylock",
                                                "gtklock",
                                                "slock",
                                                "physlock",
                                                "xsecurelock",
                                                "kde",
                                                "kscreenlocker",
                                                "sddm",
                                                "vsftpd",
                                                "proftpd",
                                                "dovecot",
                                                "radiusd",
                                                "cups",
                                                "xlock",
                                                "xtrlock",
                                                "mate-screensaver",
                                                "cinnamon-screensaver"};
    return services.count(service) != 0;
}

Findings judge_stack(const Stack& stack, const Around& around) { return Judge(stack, around).run(); }

Findings judge_coverage(const std::vector<Stack>& stacks) {
    // The same program under another name: who covers one and not the other has covered neither.
    static const std::vector<std::pair<std::string, std::string>> siblings{{"sudo", "sudo-i"},
                                                                           {"su", "su-l"}};
    Findings found;
    for (const char* service : {"sshd", "sudo", "su", "login"}) {
        const Stack* stack = find(stacks, service);
        if (!stack || has_our_line(*stack)) continue;
        found.push_back(
            {Finding::note, "not_covered", stack->file, text("%1 asks nobody for a code", {service}),
             text("No line of pam_totp is in its stack."), text("pam-totp enable %1", {service})});
    }
    for (const auto& [one, other] : siblings) {
        const Stack *covered = find(stacks, one), *open = find(stacks, other);
        if (!covered || !open || !has_our_line(*covered) || has_our_line(*open)) continue;
        // Without a file of its own it is `other` that decides: with Debian's, a password does.
        if (open->is_other && !lets_anybody_in(*open)) continue;
        found.push_back({Finding::danger, "sibling_open", open->is_other ? "/etc/pam.d/" + other : open->file,
                         text("%1 asks for a code, and %2 does not", {one, other}),
                         text("It is the same program: whoever has the password comes in by the other name."),
                         open->is_other ? "@include " + one : "auth required pam_totp.so after=password"});
    }
    return found;
}

} // namespace totp::host
