// SPDX-License-Identifier: Apache-2.0
// One acceptance each, across everything that happens to a record and through every way in: the real libpam, the
// module and the helper that were built. Many processes at the same moment stand in test_races.cc.
#include "../unit/given.h"
#include "core/base32.h"
#include "helper.h"
#include <functional>
#include <map>

using namespace bed;

namespace {

using Words = std::vector<std::string>;

/// Somebody with the phone of the RFCs, asked for codes of fixed steps, which do not move with the clock.
struct Replay : Bed {
    u64 now = u64(time(nullptr)) / 30; ///< the step at the beginning
    Words codes;                       ///< backup codes that the helper made last

    Replay() {
        token.name = Text<32>(string_view("phone"));
        (void)token.key.assign(bytes_of(given::rfc_key));
        settings("guesses = 1000\nwindow = 2\n");
        std::ofstream(stacks + "/sshd") << line("");
        std::ofstream(stacks + "/sudo") << line("after=password nullok");
        std::ofstream(stacks + "/wide") << line("window=10");
    }
    std::string at(u64 counter) const { return given::code(token, counter); }

    /// A login to one of three services; whether it was let in.
    bool login_to(const std::string& service, const std::string& answer) const {
        Talk talk;
        talk.answers = {answer};
        return authenticate({converse, &talk}, user, service) == PAM_SUCCESS;
    }
    /// How many of three logins, to two services, are let in.
    int times(const std::string& answer) const {
        return login_to("sshd", answer) + login_to("sudo", answer) + login_to("sshd", answer);
    }

    /// What root asks of the helper, and how it ended. With a `proof` that is asked for, too.
    std::string ask(Verb verb, const Token& what, const std::function<std::string()>& proof = nullptr) {
        Helper helper(*this);
        Request request;
        request.verb = verb;
        request.user = Text<255>(string_view(user));
        request.token.copy_from(what);
        request.confirm = bool(proof);
        helper.say<const Request&>(write_request, request);
        codes.clear();
        for (std::string text; !(text = helper.next()).empty();) {
            Key made;
            Ask question;
            Secret<17> code;
            Done done;
            if (read_key(text, made)) (void)read_base32(made.secret.reveal_text(), token.key);
            if (read_ask(text, question)) helper.say<string_view>(write_answer, proof());
            if (read_code(text, code)) codes.emplace_back(code.reveal_text());
            if (read_done(text, done)) return done.changed ? "changed" : std::string(word(done.error));
        }
        return "no end";
    }
    std::string set_up() { return ask(Verb::setup, token); }
    /// With a key that the helper makes.
    std::string set_up_anew(const std::function<std::string()>& proof = nullptr) {
        Token phone;
        phone.name = token.name;
        return ask(Verb::setup, phone, proof);
    }
};

void once_the_proof_of_a_set_up_was_taken_no_login_takes_it(void**) {
    Replay b;
    std::string done = b.set_up_anew([&] { return b.at(b.now); });
    int before = b.times(b.at(b.now - 1)), proof = b.times(b.at(b.now)), next = b.times(b.at(b.now + 1));
    assert_text_equal(done, "changed");
    assert_int_equal(before, 0);
    assert_int_equal(proof, 0);
    assert_int_equal(next, 1);
}

/// A key that was in use is set up again: how many logins the codes that were shown until then are good for, and how
/// many one of later.
struct Again {
    int shown = 0, later = 0;
};
Again after_another_set_up(const Replay& b) {
    Again again;
    for (u64 step = b.now - 2; step <= b.now + 2; ++step) again.shown += b.times(b.at(step));
    again.later = b.login_to("wide", b.at(b.now + 9)) + b.login_to("wide", b.at(b.now + 9));
    return again;
}

void once_a_code_was_accepted_the_same_key_set_up_again_does_not_take_it(void**) {
    Replay b;
    std::string first = b.set_up();
    int used = b.login_to("wide", b.at(b.now + 7)); // further ahead than the settings say
    std::string second = b.set_up();
    int same = b.login_to("wide", b.at(b.now + 7));
    Again again = after_another_set_up(b);
    assert_text_equal(first, "changed");
    assert_int_equal(used, 1);
    assert_text_equal(second, "changed");
    assert_int_equal(same, 0);
    assert_int_equal(again.shown, 0);
    assert_int_equal(again.later, 1);
}

void once_a_code_was_accepted_the_same_key_removed_and_set_up_again_does_not_take_it(void**) {
    Replay b;
    std::string first = b.set_up(), removed = b.ask(Verb::remove_all, {});
    std::string again_first = b.set_up();
    Again again = after_another_set_up(b);
    assert_text_equal(first, "changed");
    assert_text_equal(removed, "changed");
    assert_text_equal(again_first, "changed");
    assert_int_equal(again.shown, 0);
    assert_int_equal(again.later, 1);
}

void once_a_counter_was_accepted_the_same_key_set_up_again_does_not_take_it(void**) {
    Replay b;
    b.token.type = Type::hotp;
    std::string first = b.set_up();
    int used = b.times(b.at(0)) + b.times(b.at(1)), answers = 0;
    std::string second = b.set_up(); // from counter 0, as the request says
    int same = b.times(b.at(0)) + b.times(b.at(1)), next = b.times(b.at(2));
    std::string proved = b.ask(Verb::setup, b.token, [&] { return b.at(u64(1 + answers++)); });
    int proof = b.times(b.at(2)) + b.times(b.at(3)), behind = b.times(b.at(4));
    assert_text_equal(first, "changed");
    assert_int_equal(used, 2);
    assert_text_equal(second, "changed");
    assert_int_equal(same, 0);
    assert_int_equal(next, 1);
    assert_text_equal(proved, "changed");
    assert_int_equal(answers, 3); // 1 and 2 were used, and prove nothing
    assert_int_equal(proof, 0);
    assert_int_equal(behind, 1);
}

void once_a_code_is_accepted_of_a_key_that_two_tokens_have(void**) {
    Replay b;
    std::string first = b.set_up();
    Token tablet;
    tablet.copy_from(b.token);
    tablet.name = Text<32>(string_view("tablet"));
    std::string added = b.ask(Verb::add, tablet);
    Credential both; // as no command makes it
    for (const char* name : {"phone", "tablet"}) given::add_token(both, name, given::rfc_key);
    bool put = open_record(b.host, b.record) == Error::none && rotate(b.host, b.record, &both, {}) == Error::none;
    int times = b.times(b.at(b.now + 1)), before = b.times(b.at(b.now));
    assert_text_equal(first, "changed");
    assert_text_equal(added, "same_key");
    assert_true(put);
    assert_int_equal(times, 1);
    assert_int_equal(before, 0);
}

void once_a_code_was_accepted_no_change_of_codes_or_devices_brings_it_back(void**) {
    Replay b;
    b.set_up_anew();
    Words old = b.codes;
    int used = b.times(b.at(b.now + 1)), used_backup = b.times(old[0]);
    Token tablet;
    tablet.copy_from(b.token);
    tablet.name = Text<32>(string_view("tablet"));
    (void)tablet.key.assign(bytes_of("a key of its own, 20"));
    std::string added = b.ask(Verb::add, tablet);
    int after_add = b.times(b.at(b.now + 1)) + b.times(old[0]);
    std::string renewed = b.ask(Verb::codes, {});
    int old_codes = 0, new_codes = 0, after_codes = b.times(b.at(b.now + 1));
    for (const std::string& code : old) old_codes += b.times(code);
    for (const std::string& code : b.codes) new_codes += b.times(code);
    std::string removed = b.ask(Verb::remove, tablet);
    int after_remove = b.times(b.at(b.now + 1));
    assert_int_equal(used + used_backup, 2);
    assert_text_equal(added + " " + renewed + " " + removed, "changed changed changed");
    assert_int_equal(after_add, 0);
    assert_int_equal(after_codes, 0);
    assert_int_equal(old_codes, 0);
    assert_int_equal(new_codes, 10);
    assert_int_equal(after_remove, 0);
}

/// Two tokens whose codes of one step are the same: one pair in a thousand keys or so.
void add_tokens_that_agree(u64 step, Credential& credential) {
    std::map<std::string, std::string> known;
    for (u32 i = 0; credential.tokens.empty(); ++i) {
        std::string key = "a key of 20 byte" + std::to_string(1000 + i);
        Credential one;
        std::string code = given::code(given::add_token(one, "", key), step);
        auto [there, is_new] = known.emplace(code, key);
        if (is_new) continue;
        given::add_token(credential, "phone", there->second);
        given::add_token(credential, "tablet", key);
    }
}

void once_a_code_is_accepted_that_two_tokens_show_in_one_step(void**) {
    Replay b;
    Credential both;
    add_tokens_that_agree(b.now + 1, both);
    bool put = open_record(b.host, b.record) == Error::no_record && rotate(b.host, b.record, &both, {}) == Error::none;
    std::string code = given::code(both.tokens[0], b.now + 1);
    int times = b.times(code);
    std::string removed = b.ask(Verb::remove, both.tokens[0]);
    int by_the_other = b.times(code), next = b.times(given::code(both.tokens[1], b.now + 2));
    assert_true(put);
    assert_int_equal(times, 1);
    assert_text_equal(removed, "changed");
    assert_int_equal(by_the_other, 0);
    assert_int_equal(next, 1);
}

void once_a_code_is_accepted_it_is_no_half_of_two_codes_in_a_row(void**) {
    Replay b;
    b.set_up_anew();
    std::string three[] = {b.at(b.now + 1), b.at(b.now + 2), b.at(b.now + 3)};
    int one = b.times(three[1]);
    int with_it = b.times(three[0] + " " + three[1]) + b.times(three[1] + " " + three[2]);
    int behind = b.login_to("wide", three[2]); // what was right is gone with the refusal
    assert_int_equal(one, 1);
    assert_int_equal(with_it, 0);
    assert_int_equal(behind, 0);
}

/// Answers its own prompt when another service has let the same code in.
struct Slow {
    const Replay& b;
    std::string answer;
    bool other = false;
    static int converse(int, const pam_message** message, pam_response** replies, void* data) {
        auto& self = *static_cast<Slow*>(data);
        *replies = static_cast<pam_response*>(calloc(1, sizeof(pam_response)));
        if (message[0]->msg_style != PAM_PROMPT_ECHO_OFF) return PAM_SUCCESS;
        self.other = self.b.login_to("sudo", self.answer);
        (*replies)->resp = strdup(self.answer.c_str());
        return PAM_SUCCESS;
    }
};

void once_a_code_is_accepted_by_two_services_whose_prompts_stand_open(void**) {
    Replay b;
    b.set_up_anew();
    int slow = 0, other = 0;
    for (const std::string& answer : {b.at(b.now + 5), b.codes[0]}) {
        Slow one{b, answer};
        std::ofstream(b.stacks + "/sudo") << b.line("window=10");
        slow += b.authenticate({Slow::converse, &one}, b.user, "wide") == PAM_SUCCESS;
        other += one.other;
    }
    assert_int_equal(other, 2);
    assert_int_equal(slow, 0);
}
} // namespace

int main(int, char** argv) {
    find_module(argv[0]);
    const CMUnitTest tests[] = {
        cmocka_unit_test(once_the_proof_of_a_set_up_was_taken_no_login_takes_it),
        cmocka_unit_test(once_a_code_was_accepted_the_same_key_set_up_again_does_not_take_it),
        cmocka_unit_test(once_a_code_was_accepted_the_same_key_removed_and_set_up_again_does_not_take_it),
        cmocka_unit_test(once_a_counter_was_accepted_the_same_key_set_up_again_does_not_take_it),
        cmocka_unit_test(once_a_code_is_accepted_of_a_key_that_two_tokens_have),
        cmocka_unit_test(once_a_code_was_accepted_no_change_of_codes_or_devices_brings_it_back),
        cmocka_unit_test(once_a_code_is_accepted_that_two_tokens_show_in_one_step),
        cmocka_unit_test(once_a_code_is_accepted_it_is_no_half_of_two_codes_in_a_row),
        cmocka_unit_test(once_a_code_is_accepted_by_two_services_whose_prompts_stand_open),
    };
    return cmocka_run_group_tests_name("replay", tests, nullptr, nullptr);
}
