// SPDX-License-Identifier: Apache-2.0
// pam-totp unlock: root gives all guesses back.
#include "json.h"
#include "talk.h"
#include "terminal.h"
#include "text.h"

namespace totp {

int run_unlock(Arguments& a) {
    a.request.verb = Verb::unlock;
    Done done;
    int status = converse(a, done, [](string_view) { return false; });
    if (status != exit_done) return status;
    std::string user(done.user.view());
    if (a.json) print_line("{\"user\":" + json_string(user) + ",\"unlocked\":true}");
    else say(text("Done: one code is enough for %1 again.\n", {user}));
    return status;
}

} // namespace totp
