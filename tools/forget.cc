// SPDX-License-Identifier: Apache-2.0
// pam-totp forget: a code is asked for everywhere again, whatever remember= says. It needs none: it only takes away.
#include "json.h"
#include "talk.h"
#include "terminal.h"
#include "text.h"

namespace totp {

int run_forget(Arguments& a) {
    a.request.verb = Verb::forget;
    Done done;
    int status = converse(a, done, [](string_view) { return false; });
    if (status != exit_done) return status;
    std::string user(done.user.view());
    if (a.json) {
        print_line("{\"user\":" + json_string(user) + ",\"forgotten\":" + (done.changed ? "true}" : "false}"));
    } else {
        say(done.changed ? text("Done: %1 is asked for a code everywhere again.\n", {user})
                         : text("Nothing was remembered: %1 is asked for a code everywhere.\n", {user}));
    }
    return status;
}

} // namespace totp
