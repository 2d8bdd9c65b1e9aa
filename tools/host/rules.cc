// SPDX-License-Identifier: Apache-2.0
#include "rules.h"
#include "../text.h"
#include "core/date.h"
#include "core/words.h"
#include <sstream>

namespace totp::host {
namespace {

string_view trimmed(string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
        text.remove_suffix(1);
    return text;
}

/// Whoever fits the second fits the first.
bool covers(const Pattern& first, const Pattern& second) {
    return first.words.empty() || (first.words == second.words && first.is_negated == second.is_negated);
}

bool shadows(const RuleAt& first, const RuleAt& second, u64 now) {
    if (first.is_over(now)) return false;
    bool lasts = first.rule.until == 0 || (second.rule.until != 0 && first.rule.until >= second.rule.until);
    return lasts && covers(first.rule.user, second.rule.user) &&
           covers(first.rule.group, second.rule.group) && covers(first.rule.service, second.rule.service) &&
           covers(first.rule.from, second.rule.from);
}

std::string day(u64 end) { return std::string(date_of(end - 1).view()); }

void judge_dates(const RuleAt& at, u64 now, Findings& found) {
    if (at.is_over(now)) {
        found.push_back({Finding::warning, "rule_over", at.place(),
                         text("the last day of this rule was %1: %2", {day(at.rule.until), at.text}),
                         text("It matches nobody any more."),
                         text("take it away, or give it another until=")});
    }
    if (at.rule.defer != 0 && now >= at.rule.defer) {
        found.push_back(
            {Finding::note, "defer_over", at.place(),
             text("since %1 nobody puts a set-up off any more: %2", {day(at.rule.defer), at.text}),
             text("Whoever has nothing set up sets up at the next login, or is refused where none is shown."),
             ""});
    }
}

void judge_names(const RuleAt& at, const Names& names, Findings& found) {
    for (const std::string& user : words_of(at.rule.user)) {
        if (names.user(user) != Match::no) continue;
        found.push_back({Finding::warning, "rule_user", at.place(),
                         text("there is no account '%1': %2", {user, at.text}),
                         text("The word matches nobody."), text("correct the name, or take it away")});
    }
    for (const std::string& group : words_of(at.rule.group)) {
        if (names.group(group) == Match::yes) continue;
        found.push_back({Finding::danger, "rule_group", at.place(),
                         text("there is no group '%1': %2", {group, at.text}),
                         text("Whoever comes to this rule is refused: nobody can tell who is in it."),
                         text("correct the name, or run: groupadd %1", {group})});
    }
    for (const std::string& service : words_of(at.rule.service)) {
        if (names.service(service)) continue;
        found.push_back({Finding::warning, "rule_service", at.place(),
                         text("there is no service '%1': %2", {service, at.text}),
                         text("The word matches no login."), text("a name of a file in /etc/pam.d")});
    }
}
} // namespace

std::vector<std::string> words_of(const Pattern& pattern) {
    std::vector<std::string> words;
    std::istringstream list{std::string(pattern.words)};
    for (std::string word; std::getline(list, word, ',');) words.push_back(word);
    return words;
}

bool RuleAt::is_for(string_view service) const {
    bool inside = false;
    for (const std::string& word : words_of(rule.service)) inside = inside || word == service;
    return rule.service.words.empty() || inside != rule.service.is_negated;
}

void Rules::add(const std::string& file, const std::string& content, Findings& findings) {
    Misfit misfit;
    if (content.size() > longest_settings) misfit = {1, "the file is too long"};
    if (content.size() > longest_settings || !read_settings(content, settings_, misfit)) {
        findings.push_back({Finding::danger, "settings_mistake", file + ":" + std::to_string(misfit.line),
                            std::string(misfit.reason),
                            text("A mistake in the settings keeps everybody out."),
                            text("run: pam-totp edit")});
    }
    texts_.push_back(content);
    string_view rest = texts_.back();
    for (unsigned number = 1; !rest.empty(); ++number) {
        string_view line = trimmed(next_line(rest));
        RuleAt at{file, number, std::string(line), {}};
        if (is_rule(line) && read_rule(line, at.rule).empty()) rules_.push_back(at);
    }
}

Findings judge_rules(const Rules& rules, const Names& names, u64 now) {
    Findings found;
    for (size_t i = 0; i < rules.all().size(); ++i) {
        const RuleAt& at = rules.all()[i];
        judge_dates(at, now, found);
        judge_names(at, names, found);
        for (size_t j = 0; j < i && !at.is_over(now); ++j) {
            if (!shadows(rules.all()[j], at, now)) continue;
            found.push_back({Finding::warning, "rule_shadowed", at.place(),
                             text("no login comes as far as this rule: %1", {at.text}),
                             text("Whomever it matches, %1 matches before.", {rules.all()[j].place()}),
                             text("move it in front of %1, or take it away", {rules.all()[j].place()})});
            break;
        }
    }
    return found;
}

} // namespace totp::host
