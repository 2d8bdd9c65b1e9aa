// SPDX-License-Identifier: Apache-2.0
#include "judge_sshd.h"
#include "../text.h"
#include <algorithm>
#include <cstdlib>

namespace totp::host {
namespace {
constexpr long set_up_takes = 120; // seconds: install nothing, scan, type
constexpr long least_tries = 3;

bool is_key_alone(const Visitor& v) { return !v.sshd.is("pubkeyauthentication", "no"); }

/// Those of whom it is true; "" for nobody.
template <typename True> std::string those(const std::vector<Visitor>& visitors, True is_true) {
    std::string names;
    for (const Visitor& v : visitors) {
        if (is_true(v)) names += (names.empty() ? "" : ", ") + v.name;
    }
    return names;
}

bool is_chosen(const Visitor& v) {
    auto ways = v.sshd.ways();
    return !ways.empty() && std::all_of(ways.begin(), ways.end(), [](const auto& way) {
        return std::all_of(way.begin(), way.end(),
                           [](const std::string& step) { return step == "publickey"; });
    });
}

bool is_either(const Visitor& v) { return !v.sshd.ways().empty() && !v.sshd.always_asks() && !is_chosen(v); }

class Judge {
  public:
    Judge(const std::vector<Visitor>& visitors, const Rules& rules, const std::string& where, u64 now)
        : visitors_(visitors), rules_(rules), where_(where), now_(now) {}
    Findings run() {
        judge_ways();
        judge_root();
        judge_skips();
        judge_rest();
        return found_;
    }

  private:
    void add(Finding::Level level, const char* id, const std::string& what, const std::string& why,
             const std::string& fix) {
        found_.push_back({level, id, where_, what, why, fix});
    }
    void judge_ways();
    void judge_root();
    void judge_skips();
    void judge_rest();
    template <typename True> bool has_rule(True is_true) const {
        return std::any_of(rules_.all().begin(), rules_.all().end(), [&](const RuleAt& at) {
            return !at.is_over(now_) && at.is_for("sshd") && is_true(at.rule);
        });
    }
    const std::vector<Visitor>& visitors_;
    const Rules& rules_;
    const std::string& where_;
    u64 now_;
    Findings found_;
};

void Judge::judge_ways() {
    std::string who = those(visitors_, [](const Visitor& v) { return v.sshd.is("usepam", "no"); });
    if (!who.empty()) {
        return add(Finding::danger, "sshd_no_pam", text("sshd asks nothing of PAM, for: %1", {who}),
                   text("Nobody is asked for a code."), "UsePAM yes");
    }
    who = those(visitors_, [](const Visitor& v) {
        return v.sshd.is("kbdinteractiveauthentication", "no") && !is_chosen(v);
    });
    if (!who.empty()) {
        add(Finding::danger, "sshd_kbd_off", text("sshd asks no questions, for: %1", {who}),
            text("A code cannot be asked for: who must give one is kept out, and who has another way in "
                 "gives none."),
            "KbdInteractiveAuthentication yes");
    }
    who = those(visitors_, [](const Visitor& v) { return v.sshd.ways().empty() && is_key_alone(v); });
    if (!who.empty()) {
        add(Finding::danger, "sshd_key_alone", text("a key alone lets in: %1", {who}),
            text("After a right key sshd does not come to PAM's auth lines, unless AuthenticationMethods "
                 "says so."),
            "AuthenticationMethods publickey,keyboard-interactive:pam");
    }
    who = those(visitors_, is_either);
    if (!who.empty()) {
        add(Finding::danger, "sshd_either", text("one of the ways in asks for no code: %1", {who}),
            text("A blank in AuthenticationMethods is an or; a comma is an and."),
            "AuthenticationMethods publickey,keyboard-interactive:pam");
    }
    who = those(visitors_, [](const Visitor& v) { return v.sshd.needs_key() && !v.sshd.proves_before(); });
    if (!who.empty()) {
        add(Finding::warning, "sshd_order", text("sshd asks for the code before a key, for: %1", {who}),
            text("pam_totp does not know then who comes: nobody sets up during the login, and whoever knows a "
                 "name can use up its wrong codes."),
            "AuthenticationMethods publickey,keyboard-interactive:pam");
    }
    who = those(visitors_, [](const Visitor& v) { return is_chosen(v) && v.is_set_up; });
    if (!who.empty()) {
        add(Finding::warning, "sshd_key_chosen",
            text("sshd lets in by a key alone, although codes are set up: %1", {who}),
            text("AuthenticationMethods says publickey for them, and no rule of pam_totp is reached."),
            "AuthenticationMethods publickey,keyboard-interactive:pam");
    }
    who = those(visitors_, [](const Visitor& v) { return v.sshd.takes_password(); });
    if (!who.empty()) {
        add(Finding::warning, "sshd_password", text("sshd's own password method is on, for: %1", {who}),
            text("It gives PAM one answer to every question: the password goes as a code, and counts as a "
                 "wrong one; where a "
                 "code is all that is asked, it is one without a key."),
            "PasswordAuthentication no");
    }
}

void Judge::judge_root() {
    for (const Visitor& v : visitors_) {
        bool needs_questions = v.sshd.always_asks() && v.sshd.lets_in_root();
        if (v.name != "root" || !needs_questions || v.sshd.is("permitrootlogin", "yes")) continue;
        add(Finding::warning, "sshd_root",
            text("root gives a right code, and is refused: PermitRootLogin is %1",
                 {v.sshd.value("permitrootlogin")}),
            text("With anything but yes sshd refuses root whatever PAM says. Keep another way to become "
                 "root."),
            "PermitRootLogin yes");
    }
}

/// A script has nobody who answers, and with BatchMode it never asks.
void Judge::judge_skips() {
    for (const Visitor& v : visitors_) {
        if (v.skipped_by.empty() || !v.sshd.always_asks()) continue;
        found_.push_back(
            {Finding::warning, "skip_unreached", v.skipped_by,
             text("%1 need give no code, and sshd asks all the same", {v.name}),
             text("It is sshd that wants keyboard-interactive; scripts with BatchMode never come as far as "
                  "the rule."),
             text("in %1: Match User %2, and in it AuthenticationMethods publickey", {where_, v.name})});
    }
}

void Judge::judge_rest() {
    const Sshd& any = visitors_.front().sshd;
    std::string service = any.value("pamservicename"); // since OpenSSH 10
    if (!service.empty() && service != "sshd") {
        add(Finding::danger, "sshd_service", text("sshd comes to PAM by another name: %1", {service}),
            text("What stands in /etc/pam.d/sshd, pam_totp's line too, is not asked."), "PAMServiceName sshd");
    }
    long grace = std::strtol(any.value("logingracetime").c_str(), nullptr, 10);
    bool enrolls = has_rule([](const Rule& rule) { return rule.demand == Demand::enroll; });
    if (enrolls && grace > 0 && grace < set_up_takes) {
        add(Finding::warning, "sshd_grace", text("sshd gives people %1 s to log in", {std::to_string(grace)}),
            text("A set-up during the login takes longer, and begins again with the next one."),
            "LoginGraceTime 300");
    }
    bool has_from = has_rule([](const Rule& rule) { return !rule.from.words.empty(); });
    if (has_from && any.is("usedns", "yes")) {
        add(Finding::warning, "sshd_usedns", text("sshd tells PAM names, and rules have from="),
            text("A host that comes with a name is in no network: a rule for its address does not match."),
            "UseDNS no");
    }
    long tries = std::strtol(any.value("maxauthtries").c_str(), nullptr, 10);
    if (tries > 0 && tries < least_tries) {
        add(Finding::warning, "sshd_tries", text("sshd ends a login after %1 tries", {std::to_string(tries)}),
            text("Each key of an agent is one: some never come to the question for a code."),
            "MaxAuthTries 6");
    }
}
} // namespace

Findings judge_sshd(const std::vector<Visitor>& visitors, const Rules& rules, const std::string& where,
                    u64 now) {
    return visitors.empty() ? Findings() : Judge(visitors, rules, where, now).run();
}

} // namespace totp::host
