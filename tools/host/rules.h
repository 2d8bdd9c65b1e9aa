// SPDX-License-Identifier: Apache-2.0
// The settings as an administrator wrote them: every rule with its place, and what is wrong with it.
#pragma once
#include "core/settings.h"
#include "finding.h"
#include <deque>
#include <functional>
#include <string>

namespace totp::host {

struct RuleAt {
    std::string file;
    unsigned line = 0;
    std::string text; ///< as written
    Rule rule;        ///< points into the settings

    std::string place() const { return file + ":" + std::to_string(line); }
    bool is_over(u64 now) const { return rule.until != 0 && now >= rule.until; }
    bool is_for(string_view service) const; ///< it may match there
};

class Rules {
  public:
    Rules() = default;
    Rules(const Rules&) = delete;
    Rules& operator=(const Rules&) = delete;
    /// The files in the order in which they count. What does not fit is a finding.
    void add(const std::string& file, const std::string& content, Findings& findings);
    const std::deque<RuleAt>& all() const { return rules_; }
    const Settings& settings() const { return settings_; }

  private:
    std::deque<std::string> texts_;
    std::deque<RuleAt> rules_;
    Settings settings_;
};

/// What the host knows: Match::unknown when it cannot tell now.
struct Names {
    std::function<Match(const std::string&)> user, group;
    std::function<bool(const std::string&)> service;
};

Findings judge_rules(const Rules& rules, const Names& names, u64 now);

/// The words of a key, without the commas.
std::vector<std::string> words_of(const Pattern& pattern);

} // namespace totp::host
