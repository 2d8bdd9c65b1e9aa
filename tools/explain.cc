// SPDX-License-Identifier: Apache-2.0
// pam-totp explain: what the rules say of a login, before anybody has to find out.
#include "facts.h"
#include "json.h"
#include "standing.h"
#include "talk.h"
#include "terminal.h"
#include "text.h"

namespace totp {
namespace {

/// As a rule says it: in the largest unit that fits.
std::string duration(u32 seconds) {
    u32 unit = seconds % 86400 == 0 ? 86400 : seconds % 3600 == 0 ? 3600 : 60;
    return std::to_string(seconds / unit) + (unit == 86400 ? " d" : unit == 3600 ? " h" : " min");
}

std::string what_it_demands(Demand demand) {
    switch (demand) {
    case Demand::skip: return text("no code is asked for");
    case Demand::enroll: return text("a code is required; whoever has none sets up during the login");
    case Demand::if_enrolled: return text("a code is asked of whoever has codes set up");
    case Demand::require: break;
    }
    return text("a code is required");
}

std::string what_happens(const RuleLine& rule, Error record, const std::string& user) {
    switch (standing(rule, record)) {
    case Standing::exempt: return text("%1 gets in without a code.", {user});
    case Standing::covered: return text("%1 has codes set up, and gets in with one.", {user});
    case Standing::enrolling:
        if (record == Error::recovering) return text("%1 must set up anew, with the recovery code.", {user});
        if (rule.shows_set_up) return text("%1 has no codes set up, and does that during the login.", {user});
        [[fallthrough]]; // not at this service: while it may be put off
    case Standing::open: return text("%1 has no codes set up, and gets in without one.", {user});
    case Standing::refused: break;
    }
    return text("%1 has no codes set up, and is refused. Run: pam-totp setup -u %1", {user});
}

void say_rule(const RuleLine& rule) {
    std::string demands = what_it_demands(rule.demand);
    if (rule.line == 0) return say(text("No rule matches: %1.\n", {demands}));
    say(text("%1 decides: %2.\n", {place(rule), demands}));
    if (!rule.reason.empty()) say(text("Its reason: %1\n", {std::string(rule.reason.view())}));
    if (rule.defer != 0) say(text("The set-up may be put off until: %1\n", {utc_day(rule.defer - 1)}));
    if (rule.remember != 0)
        say(text("Not asked again: for %1, at the same address or in the same terminal session.\n", {duration(rule.remember)}));
    if (rule.until != 0) say(text("Its last day: %1\n", {utc_day(rule.until - 1)}));
}

void print_json(const Arguments& a, const Done& done, const RuleLine& rule) {
    Standing stands = standing(rule, done.error);
    bool enrolled = done.error == Error::none;
    bool sets_up = stands == Standing::enrolling && (rule.shows_set_up || done.error == Error::recovering);
    bool asked = stands == Standing::covered || stands == Standing::refused || sets_up;
    const char* in = sets_up ? "\"with_set_up\"}" : "\"never\"}";
    SecretText out = "{\"user\":" + json_string(done.user.view());
    out += ",\"service\":" + json_string(a.request.service.view()) + ",\"from\":" + json_string(a.request.rhost.view());
    out += ",\"rule\":" + json_rule(rule) + ",\"enrolled\":" + (enrolled ? "true" : "false");
    out += ",\"asked\":" + SecretText(asked ? "true" : "false");
    print_line(out + ",\"gets_in\":" + (!asked ? "\"without_code\"}" : enrolled ? "\"with_code\"}" : in));
}
} // namespace

int run_explain(Arguments& a) {
    a.request.verb = Verb::explain;
    if (!a.has("--service")) a.request.service = Text<64>(string_view("sshd"));
    RuleLine rule;
    Done done;
    int status = converse(a, done, [&rule](string_view line) { return read_rule_line(line, rule); });
    bool is_told = status == exit_done || done.error == Error::no_record || done.error == Error::recovering;
    if (!is_told) return status;
    if (a.json) {
        print_json(a, done, rule);
    } else {
        say_rule(rule);
        say(what_happens(rule, done.error, std::string(done.user.view())) + "\n");
    }
    return exit_done;
}

} // namespace totp
