// SPDX-License-Identifier: Apache-2.0
// What the helper has in its memory while it waits for an answer: the keys it needs, in one form, and nothing that was
// typed, shown or read before. The program is the one that is installed, run by root over a store of its own.
#include "../support/memory.h"
#include "bed.h"
#include "core/base32.h"
#include "helper.h"
#include "store/random.h"
#include <sys/wait.h>

using namespace bed;

namespace {

struct Known : Bed {
    memory::Secrets secrets;
    Known() {
        token.digits = 8;
        if (!random_bytes(token.key.fill(20))) abort();
        secrets.add_forms("the signing key", host.keyring.newest().signing.reveal());
        secrets.add_forms("the sealing key", host.keyring.newest().sealing.reveal());
    }
    void ask(Helper& helper, Verb verb) const {
        Request request;
        request.verb = verb;
        request.user = Text<255>(string_view(user));
        request.token.name = Text<32>(string_view("phone"));
        helper.say<const Request&>(write_request, request);
    }
    std::string found_in(const Helper& helper) const {
        std::string all;
        for (const std::string& find : secrets.found_in(helper.pid)) all += find + "\n";
        return all;
    }
};

void keeps_a_new_key_in_its_own_form_alone_while_it_waits_for_the_proof(void**) {
    Known b;
    Helper helper(b);
    b.ask(helper, Verb::setup);
    Key key;
    bool shown = read_key(helper.hear("key"), key) && read_base32(key.secret.reveal_text(), b.token.key);
    b.secrets.add_forms("the new key", b.token.key.reveal());
    b.secrets.add("the address in the QR code", key.uri.view());
    helper.say<string_view>(write_answer, "90210417"); // a digit too many: asked again
    b.secrets.add("what was typed", "90210417");
    bool asked = !helper.hear("ask").empty() && !helper.hear("ask").empty();
    std::string found = b.found_in(helper);
    assert_true(shown && asked);
    assert_text_equal(found, "");
}

void keeps_nothing_of_what_was_read_or_typed_while_it_waits_for_a_code(void**) {
    Known b;
    b.enrol();
    b.secrets.add_forms("the token's key", b.token.key.reveal());
    Helper helper(b);
    b.ask(helper, Verb::verify);
    bool asked = !helper.hear("ask").empty();
    std::string found = b.found_in(helper);
    assert_true(asked);
    assert_text_equal(found, "");
}

void keeps_nothing_after_the_end_for_it_is_gone(void**) {
    Known b;
    b.enrol();
    Helper helper(b);
    b.ask(helper, Verb::verify);
    (void)helper.hear("ask");
    helper.say<string_view>(write_answer, b.code());
    bool done = !helper.hear("done").empty();
    int status = -1;
    pid_t ended = waitpid(helper.pid, &status, 0);
    assert_true(done && ended == helper.pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    helper.pid = -1;
}
} // namespace

int main(int, char** argv) {
#ifdef __SANITIZE_ADDRESS__
    print_message("skip helper_secrets: a sanitizer keeps copies of its own\n");
    return 77;
#endif
    char* own = realpath(argv[0], nullptr);
    std::string path(own);
    free(own);
    module_path() = path.substr(0, path.rfind("/tests/")) + "/pam_totp.so";
    const CMUnitTest tests[] = {
        cmocka_unit_test(keeps_a_new_key_in_its_own_form_alone_while_it_waits_for_the_proof),
        cmocka_unit_test(keeps_nothing_of_what_was_read_or_typed_while_it_waits_for_a_code),
        cmocka_unit_test(keeps_nothing_after_the_end_for_it_is_gone),
    };
    return cmocka_run_group_tests_name("helper_secrets", tests, nullptr, nullptr);
}
