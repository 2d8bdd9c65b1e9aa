// SPDX-License-Identifier: Apache-2.0
#include "people.h"
#include "talk.h"

namespace totp {
int look_at_people(Arguments& a, const std::function<void(const Somebody&)>& take) {
    a.request.verb = Verb::report;
    Somebody somebody;
    Done done;
    return converse(a, done, [&](string_view line) {
        AccountLine account;
        if (read_account_line(line, account)) return somebody.account = account, true;
        if (!read_rule_line(line, somebody.rule)) return false;
        somebody.standing = standing(somebody.rule, somebody.account.error);
        take(somebody);
        return true;
    });
}

} // namespace totp
