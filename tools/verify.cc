// SPDX-License-Identifier: Apache-2.0
// pam-totp verify: tries one code, which is spent by that as a login would.
#include "facts.h"
#include "json.h"
#include "talk.h"
#include "terminal.h"
#include "text.h"

namespace totp {

int run_verify(Arguments& a) {
    a.request.verb = Verb::verify;
    if (a.json) talk_beside_json();
    Done done;
    int status = converse(a, done, [](string_view line) {
        return Facts().take(line); // what the module asks for, where it has no privilege itself
    });
    if (done.error != Error::none) return status;
    bool accepted = done.verdict == Verdict::accepted || done.verdict == Verdict::accepted_backup;
    if (status == exit_done && !accepted) status = exit_refused, complain(text("nothing was typed"));
    if (a.json) {
        SecretText out = "{\"user\":" + json_string(done.user.view()) + ",\"accepted\":";
        out += accepted ? "true" : "false";
        print_line(out + ",\"verdict\":" + json_string(word(done.verdict)) + "}");
    } else if (accepted) {
        say(done.verdict == Verdict::accepted ? text("That code is right. It is used up now.\n")
                                              : text("That backup code is right. It is used up now.\n"));
    }
    return status;
}

} // namespace totp
