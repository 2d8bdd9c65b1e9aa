// SPDX-License-Identifier: Apache-2.0
#include "standing.h"
#include "facts.h"
#include "json.h"
#include <ctime>

namespace totp {

const char* word(Standing standing) {
    switch (standing) {
    case Standing::covered: return "covered";
    case Standing::enrolling: return "enrolling";
    case Standing::exempt: return "exempt";
    case Standing::open: return "open";
    case Standing::refused: break;
    }
    return "refused";
}

Standing standing(const RuleLine& rule, Error record) {
    if (record == Error::group_unknown) return Standing::refused; // it was not told which rule decides
    if (rule.demand == Demand::skip) return Standing::exempt;
    if (record == Error::none) return Standing::covered;
    if (record == Error::recovering) return Standing::enrolling;
    if (record != Error::no_record) return Standing::refused;
    if (rule.demand == Demand::if_enrolled) return Standing::open;
    bool may_wait = rule.shows_set_up || rule.defer > u64(std::time(nullptr));
    return rule.demand == Demand::enroll && may_wait ? Standing::enrolling : Standing::refused;
}

std::string place(const RuleLine& rule) { return std::string(rule.file.view()) + ":" + std::to_string(rule.line); }

namespace {
SecretText json_day(u64 end) { return end ? json_string(utc_day(end - 1)) : SecretText("null"); }
} // namespace

SecretText json_rule(const RuleLine& rule) {
    if (rule.line == 0) return "null";
    SecretText out = "{\"file\":" + json_string(rule.file.view()) + ",\"line\":";
    out += std::to_string(rule.line);
    out += ",\"demand\":" + json_string(word(rule.demand)) + ",\"reason\":" + json_string(rule.reason.view());
    out += ",\"remember\":" + (rule.remember ? std::to_string(rule.remember) : "null");
    return out + ",\"until\":" + json_day(rule.until) + ",\"defer\":" + json_day(rule.defer) + "}";
}

} // namespace totp
