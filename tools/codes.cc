// SPDX-License-Identifier: Apache-2.0
// pam-totp codes: new backup codes instead of the old ones; and how such codes are shown.
#include "backup_codes.h"
#include "json.h"
#include "talk.h"
#include "terminal.h"
#include "text.h"

namespace totp {

bool NewCodes::take(string_view line) {
    if (complete() || !read_code(line, codes_[count_])) return false;
    ++count_;
    return true;
}

void NewCodes::show() const {
    for (size_t i = 0; i < count_; ++i) {
        say("    ");
        say(codes_[i].reveal_text());
        if (i % 2 || i + 1 == count_) say("\n");
    }
}

SecretText NewCodes::json() const {
    SecretText out = "[";
    for (size_t i = 0; i < count_; ++i) {
        if (i > 0) out += ',';
        out += json_string(codes_[i].reveal_text());
    }
    return out + "]";
}

int run_codes(Arguments& a) {
    a.request.verb = Verb::codes;
    if (a.json) talk_beside_json();
    NewCodes codes;
    Done done;
    int status = converse(a, done, [&](string_view line) { return codes.take(line); });
    if (status != exit_done) return status;
    if (a.json) {
        print_line("{\"user\":" + json_string(done.user.view()) + ",\"backup_codes\":" + codes.json() + "}");
        return status;
    }
    say(text("\nNew backup codes; the old ones count no more. Write them down or print them:\n"
             "each works once, and they are not shown again.\n\n"));
    codes.show();
    return status;
}

} // namespace totp
