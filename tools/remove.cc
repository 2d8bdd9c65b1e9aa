// SPDX-License-Identifier: Apache-2.0
// pam-totp remove: takes one token away, or with --all the second factor.
#include "json.h"
#include "talk.h"
#include "terminal.h"
#include "text.h"

namespace totp {

int run_remove(Arguments& a) {
    if (a.all != a.operand.empty()) {
        throw Stop(exit_usage, text("say what to remove: pam-totp remove NAME, or pam-totp remove --all"));
    }
    a.request.verb = a.all ? Verb::remove_all : Verb::remove;
    if (a.json) talk_beside_json();
    Done done;
    int status = converse(a, done, [](string_view) { return false; });
    if (status != exit_done) return status;
    std::string user(done.user.view());
    if (a.json) {
        SecretText token = a.all ? SecretText("null") : json_string(a.operand);
        print_line("{\"user\":" + json_string(user) + ",\"removed\":" + token + ",\"enrolled\":" +
                   (a.all ? "false}" : "true}"));
    } else if (a.all) {
        say(text("Done: %1 has no second factor any more. The entry in the app can go, too.\n", {user}));
    } else {
        say(text("Done: the codes of '%1' count no more. The rest stays as it was.\n", {a.operand}));
    }
    return status;
}

} // namespace totp
