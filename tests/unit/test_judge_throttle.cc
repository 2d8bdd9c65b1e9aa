// SPDX-License-Identifier: Apache-2.0
// The throttle as it meets answers: whom it stops, and whom it never may. Numbers cite judge.h.
#include "../support/cmocka.h"
#include "given.h"

using namespace totp;
using namespace totp::given;

namespace {
constexpr u64 step = noon / 30;

/// An owner whose bucket is empty at noon, as root's callers see it.
struct Throttled : Owner {
    Throttled() {
        add_backup_codes(credential, 3);
        spend_guesses(noon);
    }
};

void opens_the_gate_for_one_code_until_the_bucket_is_empty(void**) {
    Owner owner;
    for (int i = 0; i < 10; ++i) {
        Gate open = gate(owner.state, noon, owner.policy);
        Verdict verdict = owner.answer("unfit", noon);
        assert_int_equal(open, Gate::one_code);
        assert_int_equal(verdict, Verdict::wrong);
    }
    Gate shut = gate(owner.state, noon, owner.policy);
    Verdict eleventh = owner.answer("unfit", noon);
    assert_int_equal(shut, Gate::two_codes);
    assert_int_equal(eleventh, Verdict::two_needed);
}

void counts_wrong_digits_as_guesses(void**) {
    Owner owner;
    (void)owner.answer("000000", noon);
    (void)owner.answer("1234567", noon); // of no token's length
    (void)owner.answer("password", noon);
    u32 left = owner.guesses(noon);
    assert_int_equal(left, 7);
}

void answers_one_code_alike_while_the_bucket_is_empty(void**) { // 5, 6
    for (string_view typed : {"", "000000", "12345678", "unfit"}) {
        Throttled owner;
        State before = owner.state;
        std::string right = code(owner.token(), step);
        Finding finding = owner.find(typed.empty() ? right : typed, noon);
        (void)owner.answer(typed.empty() ? right : typed, noon);
        bool untouched = owner.state == before;
        bool nothing_found = finding.entry.spent == Entry{}.spent && finding.slot == -1;
        assert_false(finding.append);
        assert_int_equal(finding.verdict, Verdict::two_needed);
        assert_true(nothing_found);
        assert_true(untouched); // neither counted nor spent: nobody looked at it
    }
}

void answers_one_code_alike_when_the_bucket_ran_empty_meanwhile(void**) { // 3, 5
    // Both were examined with a guess left; others took the last one before these were appended.
    Owner owner;
    Finding right = owner.find(code(owner.token(), step), noon), wrong = owner.find("000000", noon);
    owner.spend_guesses(noon);
    State after_right = owner.state, after_wrong = owner.state;
    Verdict on_right = judge(after_right, right.entry), on_wrong = judge(after_wrong, wrong.entry);
    assert_true(right.append && wrong.append);
    assert_int_equal(on_right, Verdict::two_needed);
    assert_int_equal(on_wrong, Verdict::two_needed);
    assert_int_equal(after_right.last[0], step + 1); // spent: it was sent over the wire
    assert_int_equal(after_right.last_success, 0);
    assert_int_equal(after_right.wrong, 10);
    Verdict again = judge(after_right, right.entry);
    assert_int_equal(again, Verdict::two_needed); // not even "replayed" tells that it was right
    assert_int_equal(after_right.last_verdict, after_wrong.last_verdict);
}

void always_judges_two_codes_in_a_row(void**) { // 5
    Throttled owner;
    Verdict wrong = owner.answer("000000 000001", noon);
    Verdict right = owner.answer(two_codes(owner.token(), step), noon);
    assert_int_equal(wrong, Verdict::wrong);
    assert_int_equal(right, Verdict::accepted);
}

void always_judges_backup_codes(void**) { // 5
    Throttled owner;
    Verdict wrong = owner.answer("aaaaa-aaaaa-aaaaa", noon);
    Verdict right = owner.answer(backup_code(1), noon), again = owner.answer(backup_code(1), noon);
    assert_int_equal(wrong, Verdict::wrong);
    assert_int_equal(right, Verdict::accepted_backup);
    assert_int_equal(again, Verdict::replayed);
}

void takes_no_guess_for_what_cannot_be_guessed(void**) {
    Owner owner;
    add_backup_codes(owner.credential, 3);
    Verdict two = owner.answer("000000 000001", noon), backup = owner.answer("aaaaa-aaaaa-aaaaa", noon);
    u32 left = owner.guesses(noon);
    assert_int_equal(two, Verdict::wrong);
    assert_int_equal(backup, Verdict::wrong);
    assert_int_equal(left, 10);
    assert_int_equal(owner.state.wrong, 2); // told at the next success all the same
}

void takes_no_guess_for_a_replay(void**) {
    Owner owner;
    std::string typed = code(owner.token(), step);
    for (int i = 0; i < 30; ++i) (void)owner.answer(typed, noon);
    u32 left = owner.guesses(noon);
    assert_int_equal(left, 10);
}

void gives_no_guess_back_for_a_success(void**) { // 4
    Owner owner;
    add_backup_codes(owner.credential, 3);
    for (int i = 0; i < 4; ++i) (void)owner.answer("000000", noon);
    Verdict one = owner.answer(code(owner.token(), step), noon);
    u32 after_one = owner.guesses(noon);
    Verdict backup = owner.answer(backup_code(0), noon);
    u32 after_backup = owner.guesses(noon);
    Verdict two = owner.answer(two_codes(owner.token(), step + 1), noon);
    u32 after_two = owner.guesses(noon);
    assert_int_equal(one, Verdict::accepted);
    assert_int_equal(backup, Verdict::accepted_backup);
    assert_int_equal(two, Verdict::accepted);
    assert_int_equal(after_one, 6);
    assert_int_equal(after_backup, 6);
    assert_int_equal(after_two, 6);
}

void gives_no_guess_back_to_an_empty_bucket_for_a_success(void**) { // 4
    Throttled owner;
    FullAt before = owner.state.full_at[0];
    (void)owner.answer(two_codes(owner.token(), step), noon);
    (void)owner.answer(backup_code(0), noon);
    Verdict one = owner.answer(code(owner.token(), step + 2), noon + 30);
    assert_int_equal(owner.state.full_at[0], before);
    assert_int_equal(one, Verdict::two_needed);
}

void accepts_one_code_again_after_a_refill(void**) {
    Throttled owner;
    u64 almost = noon + day - 1, then = noon + day;
    Verdict early = owner.answer(code(owner.token(), almost / 30), almost);
    Verdict right = owner.answer(code(owner.token(), then / 30), then);
    Verdict wrong = owner.answer("000000", then);
    Verdict shut = owner.answer("000000", then);
    u32 all_back = owner.guesses(then + 10 * day);
    assert_int_equal(early, Verdict::two_needed);
    assert_int_equal(right, Verdict::accepted);
    assert_int_equal(wrong, Verdict::wrong);
    assert_int_equal(shut, Verdict::two_needed);
    assert_int_equal(all_back, 10);
}

void keeps_the_buckets_of_root_and_helper_apart(void**) {
    for (Caller caller : {Caller::root, Caller::helper}) {
        Owner owner;
        owner.policy.caller = caller;
        owner.spend_guesses(noon);
        FullAt mine = owner.state.full_at[size_t(caller)], other = owner.state.full_at[1 - size_t(caller)];
        Verdict shut = owner.answer(code(owner.token(), step), noon);
        owner.policy.caller = caller == Caller::root ? Caller::helper : Caller::root;
        Verdict open = owner.answer(code(owner.token(), step), noon);
        assert_int_equal(mine, noon + 10 * day);
        assert_int_equal(other, 0);
        assert_int_equal(shut, Verdict::two_needed);
        assert_int_equal(open, Verdict::accepted);
    }
}

void bounds_both_buckets_when_the_clock_jumped_forward_and_back(void**) {
    Owner owner;
    u64 ahead = noon + 3650 * day;
    owner.spend_guesses(ahead);
    owner.policy.caller = Caller::helper;
    owner.spend_guesses(ahead);
    owner.policy.caller = Caller::root;
    add_backup_codes(owner.credential, 1);
    Verdict shut = owner.answer(code(owner.token(), step), noon);
    // Whatever is judged at the true time brings them back: the owner types two codes, once.
    Verdict two = owner.answer(two_codes(owner.token(), step), noon);
    std::array<FullAt, 2> full_at = owner.state.full_at;
    Verdict next_day = owner.answer(code(owner.token(), step + 2880), noon + day);
    assert_int_equal(shut, Verdict::two_needed);
    assert_int_equal(two, Verdict::accepted);
    assert_int_equal(full_at[0], noon + 10 * day);
    assert_int_equal(full_at[1], noon + 10 * day);
    assert_int_equal(next_day, Verdict::accepted);
}

void takes_no_refill_from_a_clock_that_jumped_ahead_for_longer_than_it_did(void**) {
    // An hour of a wrong clock gives a full bucket once; back at the true time it is at most a full one
    // again.
    Owner owner;
    owner.spend_guesses(noon);
    owner.spend_guesses(noon + 3650 * day);
    (void)owner.answer("000000 000001", noon);
    u32 left = owner.guesses(noon);
    assert_int_equal(left, 0);
}

void judges_by_the_bucket_in_the_entry(void**) { // 1
    Owner owner;
    Finding finding = owner.find("000000", noon);
    finding.entry.bucket = {1, 60};
    Verdict first = judge(owner.state, finding.entry), second = judge(owner.state, finding.entry);
    assert_int_equal(first, Verdict::wrong);
    assert_int_equal(second, Verdict::two_needed);
    assert_int_equal(owner.state.full_at[0], noon + 60);
}

void puts_settings_and_time_into_the_entry(void**) { // 1
    Owner owner;
    owner.policy.bucket = {3, 600};
    owner.policy.caller = Caller::helper;
    Finding finding = owner.find("000000", noon);
    assert_int_equal(finding.entry.bucket.guesses, 3);
    assert_int_equal(finding.entry.bucket.refill, 600);
    assert_int_equal(finding.entry.caller, Caller::helper);
    assert_int_equal(finding.entry.time, noon);
    assert_int_equal(finding.entry.credential, 77);
}

void appends_right_and_wrong_answers_alike(void**) { // 6
    struct Pair {
        std::string right, wrong;
    };
    for (bool empty : {false, true}) {
        Owner owner;
        add_backup_codes(owner.credential, 2);
        if (empty) owner.spend_guesses(noon);
        (void)owner.answer(backup_code(1), noon);
        State before = owner.state;
        before.last[0] = u32(step); // the code before was used
        owner.state = before;
        for (const Pair& pair :
             {Pair{code(owner.token(), step), "000000"},
              Pair{code(owner.token(), step - 1), "000000"}, // a replay
              Pair{two_codes(owner.token(), step), "000000 000001"},
              Pair{two_codes(owner.token(), step - 1), "000000 000001"},
              Pair{backup_code(0), "aaaaa-aaaaa-aaaaa"}, Pair{backup_code(1), "aaaaa-aaaaa-aaaaa"}}) {
            Finding right = owner.find(pair.right, noon), wrong = owner.find(pair.wrong, noon);
            bool differ = right.entry.kind != wrong.entry.kind;
            assert_int_equal(right.append, wrong.append);
            assert_int_equal(right.verdict, wrong.verdict);
            assert_int_equal(differ, right.append); // so that the pair is one of right and wrong
        }
    }
}

void appends_nothing_for_right_or_wrong_while_the_clock_is_behind(void**) { // 6
    Owner owner;
    owner.state.last[0] = u32(step + 100);
    std::string right = code(owner.token(), step);
    Finding on_right = owner.find(right, noon), on_wrong = owner.find("000000", noon);
    assert_false(on_right.append);
    assert_false(on_wrong.append);
    assert_int_equal(on_right.verdict, on_wrong.verdict);
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(opens_the_gate_for_one_code_until_the_bucket_is_empty),
        cmocka_unit_test(counts_wrong_digits_as_guesses),
        cmocka_unit_test(answers_one_code_alike_while_the_bucket_is_empty),
        cmocka_unit_test(answers_one_code_alike_when_the_bucket_ran_empty_meanwhile),
        cmocka_unit_test(always_judges_two_codes_in_a_row),
        cmocka_unit_test(always_judges_backup_codes),
        cmocka_unit_test(takes_no_guess_for_what_cannot_be_guessed),
        cmocka_unit_test(takes_no_guess_for_a_replay),
        cmocka_unit_test(gives_no_guess_back_for_a_success),
        cmocka_unit_test(gives_no_guess_back_to_an_empty_bucket_for_a_success),
        cmocka_unit_test(accepts_one_code_again_after_a_refill),
        cmocka_unit_test(keeps_the_buckets_of_root_and_helper_apart),
        cmocka_unit_test(bounds_both_buckets_when_the_clock_jumped_forward_and_back),
        cmocka_unit_test(takes_no_refill_from_a_clock_that_jumped_ahead_for_longer_than_it_did),
        cmocka_unit_test(judges_by_the_bucket_in_the_entry),
        cmocka_unit_test(puts_settings_and_time_into_the_entry),
        cmocka_unit_test(appends_right_and_wrong_answers_alike),
        cmocka_unit_test(appends_nothing_for_right_or_wrong_while_the_clock_is_behind),
    };
    return cmocka_run_group_tests_name("judge_throttle", tests, nullptr, nullptr);
}
