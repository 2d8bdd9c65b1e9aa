// SPDX-License-Identifier: Apache-2.0
// pam-totp rebind: the record of an account that was renamed, or got another uid, by root.
#include "json.h"
#include "talk.h"
#include "terminal.h"
#include "text.h"

namespace totp {

int run_rebind(Arguments& a) {
    if (a.user.empty()) throw Stop(exit_usage, text("say whose the record is now: pam-totp rebind -u NAME"));
    a.request.verb = Verb::rebind;
    Done done;
    int status = converse(a, done, [](string_view) { return false; });
    if (status != exit_done) return status;
    std::string user(done.user.view());
    if (a.json) print_line("{\"user\":" + json_string(user) + ",\"rebound\":" + (done.changed ? "true}" : "false}"));
    else say(done.changed ? text("Done: what was set up counts for %1 now.\n", {user})
                          : text("What is set up for %1 counts already: nothing was changed.\n", {user}));
    return status;
}

} // namespace totp
