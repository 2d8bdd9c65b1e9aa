// SPDX-License-Identifier: Apache-2.0
// pam-totp resync: learns from two codes in a row where a device stands.
#include "json.h"
#include "talk.h"
#include "terminal.h"
#include "text.h"

namespace totp {

int run_resync(Arguments& a) {
    a.request.verb = Verb::resync;
    if (a.operand.empty()) a.request.token.name = {}; // the only one there is
    if (a.json) talk_beside_json();
    Done done;
    int status = converse(a, done, [](string_view) { return false; });
    if (status != exit_done) return status;
    if (a.json) print_line("{\"user\":" + json_string(done.user.view()) + ",\"resynced\":true}");
    else say(text("Done: its codes are expected where they are now.\n"));
    return status;
}

} // namespace totp
