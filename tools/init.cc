// SPDX-License-Identifier: Apache-2.0
// pam-totp init: the host key and the store, by root.
#include "talk.h"
#include "terminal.h"
#include "text.h"

namespace totp {

int run_init(Arguments& a) {
    a.request.verb = Verb::init;
    Done done;
    int status = converse(a, done, [](string_view) { return false; });
    if (status != exit_done) return status;
    if (a.json)
        print_line("{\"initialised\":true}");
    else
        say(text("The host key and the store are in place.\n"));
    return status;
}

} // namespace totp
