// SPDX-License-Identifier: Apache-2.0
// pam-totp recover: a code for somebody who has lost phone and backup codes, to pass on.
#include "facts.h"
#include "json.h"
#include "talk.h"
#include "terminal.h"
#include "text.h"

namespace totp {

int run_recover(Arguments& a) {
    a.request.verb = Verb::recover;
    // Never one's own by a slip: what was set up ends at once.
    if (a.user.empty()) throw Stop(exit_usage, text("say whose: pam-totp recover -u NAME"));
    Secret<17> code;
    Facts facts;
    Done done;
    int status = converse(a, done, [&](string_view line) {
        return line.starts_with("code ") ? read_code(line, code) : facts.take(line);
    });
    if (status != exit_done) return status;
    std::string user(done.user.view());
    if (a.json) {
        print_line("{\"user\":" + json_string(user) + ",\"recovery_code\":" + json_string(code.reveal_text()) +
                   ",\"recovery_until\":" + SecretText(json_time(facts.record.recovery_until)) + "}");
        return status;
    }
    if (done.replaced) say(text("What was set up for %1, and its backup codes, count no more.\n", {user}));
    say(text("The recovery code, for one set-up until %1. It is not shown again:\n\n    ",
             {local_time(facts.record.recovery_until)}));
    say(code.reveal_text());
    say(text("\n\nBe sure that it is %1 whom you tell it. To log in by ssh or on the console, %1 types it\n"
             "where the code is asked for, and sets up there; or runs: pam-totp setup\n", {user}));
    return status;
}

} // namespace totp
