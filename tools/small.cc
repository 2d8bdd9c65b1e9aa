// SPDX-License-Identifier: Apache-2.0
// The commands of a few lines: init, verify, remove.
#include "helper.h"
#include "json.h"
#include "terminal.h"
#include <iostream>

namespace totp {
namespace {
bool nothing_else(string_view) { return false; }

void print_result(const Done& done, int status) {
    std::cout << "{\"user\":" << json_string(done.user.view()) << ",\"accepted\":" << (status == 0 ? "true" : "false")
              << ",\"verdict\":" << json_string(word(done.verdict)) << "}" << std::endl;
}
} // namespace

int run_init(Arguments& a) {
    a.request.verb = Verb::init;
    Done done;
    int status = converse(a, done, nothing_else);
    if (status == exit_done && !a.json) say("The host key and the store are in place.\n");
    if (status == exit_done && a.json) std::cout << "{\"initialised\":true}" << std::endl;
    return status;
}

int run_verify(Arguments& a) {
    a.request.verb = Verb::verify;
    if (a.json) talk_on_stderr();
    Done done;
    int status = converse(a, done, nothing_else);
    if (status == exit_done && done.verdict == Verdict::none) return complain("nothing was typed"), exit_refused;
    if (a.json && done.error == Error::none) print_result(done, status);
    else if (status == exit_done) say("That code is right. It is used up now.\n");
    return status;
}

int run_remove(Arguments& a) {
    a.request.verb = Verb::remove_all;
    if (!a.all) return complain("say what: pam-totp remove --all"), exit_usage;
    if (a.json) talk_on_stderr();
    Done done;
    int status = converse(a, done, nothing_else);
    if (status != exit_done) return status;
    if (a.json) std::cout << "{\"user\":" << json_string(done.user.view()) << ",\"enrolled\":false}" << std::endl;
    else say(std::string(done.user.view()) + " has no second factor any more.\n");
    return status;
}

} // namespace totp
