// SPDX-License-Identifier: Apache-2.0
// Two codes in a row, and counter-based tokens.
#include "../support/cmocka.h"
#include "core/base32.h"
#include "given.h"
#include "vectors.h"

using namespace totp;
using namespace totp::given;

namespace {
constexpr u64 step = noon / 30;

void accepts_two_codes_and_stores_the_second(void**) {
    for (unsigned digits : {6u, 7u, 8u}) {
        Owner owner(Type::totp, digits);
        std::string typed = two_codes(owner.token(), step);
        Verdict verdict = owner.answer(typed, noon), again = owner.answer(typed, noon);
        Verdict first = owner.answer(code(owner.token(), step), noon);
        Verdict second = owner.answer(code(owner.token(), step + 1), noon);
        assert_int_equal(verdict, Verdict::accepted);
        assert_int_equal(owner.state.last[0], step + 2);
        assert_int_equal(again, Verdict::replayed);
        assert_int_equal(first, Verdict::replayed);
        assert_int_equal(second, Verdict::replayed);
    }
}

void accepts_two_codes_that_end_one_beyond_the_window(void**) {
    for (unsigned window : {0u, 1u, 10u}) {
        i64 edge = window;
        for (i64 off = -edge - 2; off <= edge + 1; ++off) { // of the first
            Owner owner;
            owner.policy.window = window;
            Verdict verdict = owner.answer(two_codes(owner.token(), u64(i64(step) + off)), noon);
            assert_int_equal(verdict, off >= -edge && off <= edge ? Verdict::accepted : Verdict::wrong);
        }
    }
}

void accepts_two_codes_only_when_both_are_above_the_last(void**) {
    for (i64 off = -1; off <= 1; ++off) {
        Owner owner;
        owner.state.last[0] = u32(step + 1); // the step of now was accepted
        Verdict verdict = owner.answer(two_codes(owner.token(), u64(i64(step) + off)), noon);
        assert_int_equal(verdict, off == 1 ? Verdict::accepted : Verdict::replayed);
    }
}

void spends_the_second_of_two_codes_though_the_first_was_used(void**) {
    Owner owner;
    (void)owner.answer(code(owner.token(), step), noon);
    Verdict two = owner.answer(two_codes(owner.token(), step), noon);
    Verdict second = owner.answer(code(owner.token(), step + 1), noon);
    assert_int_equal(two, Verdict::replayed);
    assert_int_equal(second, Verdict::replayed); // it was sent over the wire
}

void refuses_two_codes_that_do_not_follow_each_other(void**) {
    Owner owner;
    const Token& token = owner.token();
    owner.policy.window = 2;
    for (const std::string& typed :
         {code(token, step + 1) + code(token, step), code(token, step) + code(token, step),
          code(token, step) + code(token, step + 2), code(token, step) + "000000",
          "000000" + code(token, step), "000000" + code(token, step - 2)}) {
        Verdict verdict = owner.answer(typed, noon);
        assert_int_equal(verdict, Verdict::wrong);
    }
    assert_int_equal(owner.state.last[0], 0);
}

void refuses_two_codes_of_different_tokens(void**) {
    Person person;
    add_token(person.credential, "phone", rfc_key);
    add_token(person.credential, "tablet", "another key of twenty");
    Verdict mixed = person.answer(code(person.token(0), step) + code(person.token(1), step + 1), noon);
    Verdict same = person.answer(two_codes(person.token(1), step), noon);
    assert_int_equal(mixed, Verdict::wrong);
    assert_int_equal(same, Verdict::accepted);
    assert_int_equal(person.state.last[0], 0);
}

void accepts_two_codes_at_1970(void**) {
    Owner owner;
    Verdict verdict = owner.answer(two_codes(owner.token(), 0), 0);
    assert_int_equal(verdict, Verdict::accepted);
    assert_int_equal(owner.state.last[0], 2);
}

void accepts_counters_ahead_as_far_as_it_looks(void**) {
    assert_int_equal(look_ahead, 10); // each further one makes a guess that much likelier
    for (u32 last : {0u, 1u, 100u}) {
        for (u64 ahead = 0; ahead < look_ahead + 2; ++ahead) {
            Owner owner(Type::hotp);
            owner.state.last[0] = last;
            Verdict verdict = owner.answer(code(owner.token(), last + ahead), noon);
            bool near = ahead < look_ahead;
            u32 after = owner.state.last[0];
            assert_int_equal(verdict, near ? Verdict::accepted : Verdict::wrong);
            assert_int_equal(after, near ? last + ahead + 1 : last);
        }
    }
}

void keeps_the_counter_after_a_wrong_code(void**) {
    Owner owner(Type::hotp);
    owner.state.last[0] = 5;
    (void)owner.answer("000000", noon);
    (void)owner.answer("000000 000001", noon);
    u32 kept = owner.state.last[0];
    Verdict verdict = owner.answer(code(owner.token(), 5), noon);
    assert_int_equal(kept, 5);
    assert_int_equal(verdict, Verdict::accepted);
}

void says_that_the_code_of_the_last_counter_was_used(void**) {
    Owner owner(Type::hotp);
    Verdict first = owner.answer(code(owner.token(), 0), noon),
            again = owner.answer(code(owner.token(), 0), noon);
    Verdict ahead = owner.answer(code(owner.token(), 5), noon),
            again_ahead = owner.answer(code(owner.token(), 5), noon);
    Verdict skipped = owner.answer(code(owner.token(), 3), noon);
    u32 left = owner.guesses(noon);
    assert_int_equal(first, Verdict::accepted);
    assert_int_equal(again, Verdict::replayed);
    assert_int_equal(ahead, Verdict::accepted);
    assert_int_equal(again_ahead, Verdict::replayed);
    assert_int_equal(skipped, Verdict::wrong);
    assert_int_equal(left, 9); // the replays cost nothing
}

void accepts_counter_based_codes_whatever_the_clock_says(void**) {
    Owner owner(Type::hotp);
    owner.state.last[0] = 1000; // of a clock it would be far ahead
    Verdict at_noon = owner.answer(code(owner.token(), 1000), noon);
    Verdict at_1970 = owner.answer(code(owner.token(), 1001), 0);
    assert_int_equal(at_noon, Verdict::accepted);
    assert_int_equal(at_1970, Verdict::accepted);
}

void accepts_two_counter_based_codes_in_a_row(void**) {
    Owner owner(Type::hotp);
    Verdict furthest = owner.answer(two_codes(owner.token(), look_ahead - 1), noon);
    Verdict too_far = owner.answer(two_codes(owner.token(), 2 * look_ahead + 1), noon);
    Verdict used = owner.answer(two_codes(owner.token(), look_ahead), noon);
    assert_int_equal(furthest, Verdict::accepted);
    assert_int_equal(too_far, Verdict::wrong);
    assert_int_equal(used, Verdict::replayed);
    assert_int_equal(owner.state.last[0], look_ahead + 2);
}

void accepts_counters_to_the_end_of_32_bits(void**) {
    // Beyond it nothing is looked for; that must not keep the other tokens out.
    Owner owner(Type::hotp);
    add_token(owner.credential, "tablet", "another key of twenty");
    owner.state.last[0] = UINT32_MAX - 3;
    Verdict other = owner.answer(code(owner.token(1), step), noon);
    Verdict last = owner.answer(code(owner.token(), UINT32_MAX - 1), noon);
    Verdict again = owner.answer(code(owner.token(), UINT32_MAX - 1), noon);
    Verdict beyond = owner.answer(code(owner.token(), UINT32_MAX), noon);
    Verdict around = owner.answer(code(owner.token(), u64(UINT32_MAX) + 1), noon);
    Verdict far_clock = owner.answer("000000", u64(UINT32_MAX) * 30 + 300);
    assert_int_equal(other, Verdict::accepted);
    assert_int_equal(last, Verdict::accepted);
    assert_int_equal(owner.state.last[0], UINT32_MAX);
    assert_int_equal(again, Verdict::replayed);
    assert_int_equal(beyond, Verdict::wrong);
    assert_int_equal(around, Verdict::wrong);
    assert_int_equal(far_clock, Verdict::wrong);
}

void follows_the_counter_as_google_authenticator_does(void**) {
    auto rows = read_vectors("google_authenticator.txt");
    assert_int_equal(rows.size(), 3);
    Person person;
    Token& token = add_token(person.credential, "phone", "", Type::hotp);
    (void)read_base32(rows[0][0], token.key);
    person.state.last[0] = 1;
    Verdict first = person.answer(rows[0][2], noon), again = person.answer(rows[0][2], noon);
    Verdict ahead = person.answer(rows[1][2], noon);
    assert_int_equal(first, Verdict::accepted);
    assert_int_equal(again, Verdict::replayed);
    assert_int_equal(ahead, Verdict::accepted);
    assert_int_equal(person.state.last[0], 6);
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(accepts_two_codes_and_stores_the_second),
        cmocka_unit_test(accepts_two_codes_that_end_one_beyond_the_window),
        cmocka_unit_test(accepts_two_codes_only_when_both_are_above_the_last),
        cmocka_unit_test(spends_the_second_of_two_codes_though_the_first_was_used),
        cmocka_unit_test(refuses_two_codes_that_do_not_follow_each_other),
        cmocka_unit_test(refuses_two_codes_of_different_tokens),
        cmocka_unit_test(accepts_two_codes_at_1970),
        cmocka_unit_test(accepts_counters_ahead_as_far_as_it_looks),
        cmocka_unit_test(keeps_the_counter_after_a_wrong_code),
        cmocka_unit_test(says_that_the_code_of_the_last_counter_was_used),
        cmocka_unit_test(accepts_counter_based_codes_whatever_the_clock_says),
        cmocka_unit_test(accepts_two_counter_based_codes_in_a_row),
        cmocka_unit_test(accepts_counters_to_the_end_of_32_bits),
        cmocka_unit_test(follows_the_counter_as_google_authenticator_does),
    };
    return cmocka_run_group_tests_name("judge_two_codes", tests, nullptr, nullptr);
}
