// SPDX-License-Identifier: Apache-2.0
#include "people.h"
#include "talk.h"

namespace totp {
namespace {

Standing stands(const Somebody& somebody) {
    Error error = somebody.account.error;
    bool is_known = error == Error::none || error == Error::no_record;
    // A rule that asks for no code looks at no record; one whose group nobody knows decides nothing.
    if (is_known || (error != Error::group_unknown && somebody.rule.demand == Demand::skip)) {
        return standing(somebody.rule, error == Error::none);
    }
    return Standing::refused;
}
} // namespace

int look_at_people(Arguments& a, const std::function<void(const Somebody&)>& take) {
    a.request.verb = Verb::report;
    Somebody somebody;
    Done done;
    return converse(a, done, [&](string_view line) {
        AccountLine account;
        if (read_account_line(line, account)) return somebody.account = account, true;
        if (!read_rule_line(line, somebody.rule)) return false;
        somebody.standing = stands(somebody);
        take(somebody);
        return true;
    });
}

} // namespace totp
