// SPDX-License-Identifier: Apache-2.0
// pam-totp remove --all: takes the second factor away.
#include "json.h"
#include "talk.h"
#include "terminal.h"

namespace totp {

int run_remove(Arguments& a) {
    a.request.verb = Verb::remove_all;
    if (!a.all) throw Stop(exit_usage, "say what to remove: pam-totp remove --all");
    if (a.json) talk_beside_json();
    Done done;
    int status = converse(a, done, [](string_view) { return false; });
    if (status != exit_done) return status;
    std::string user(done.user.view());
    if (a.json)
        print_line("{\"user\":" + json_string(user) + ",\"enrolled\":false}");
    else
        say("Done: " + user + " has no second factor any more. The entry in the app can go, too.\n");
    return status;
}

} // namespace totp
