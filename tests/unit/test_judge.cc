// SPDX-License-Identifier: Apache-2.0
// Which codes are accepted, and how often. The throttle, changes and chance have files of their own.
#include "../support/cmocka.h"
#include "core/base32.h"
#include "given.h"
#include "vectors.h"

using namespace totp;
using namespace totp::given;

namespace {
constexpr u64 step = noon / 30;

/// The verdict on the code of `counter`, typed by a fresh owner at `now`.
Verdict fresh_verdict(i64 counter, u64 now, unsigned window) {
    Owner owner;
    owner.policy.window = window;
    return owner.answer(code(owner.token(), u64(counter)), now);
}

void accepts_only_codes_of_the_window(void**) {
    for (unsigned window : {0u, 1u, 2u, 10u}) {
        i64 edge = window;
        for (i64 off = -edge - 2; off <= edge + 2; ++off) {
            Verdict verdict = fresh_verdict(i64(step) + off, noon, window);
            bool inside = off >= -edge && off <= edge;
            assert_int_equal(verdict, inside ? Verdict::accepted : Verdict::wrong);
        }
    }
}

void accepts_a_code_through_the_whole_of_its_step(void**) {
    u64 begin = step * 30;
    assert_int_equal(fresh_verdict(i64(step), begin - 1, 0), Verdict::wrong);
    assert_int_equal(fresh_verdict(i64(step), begin, 0), Verdict::accepted);
    assert_int_equal(fresh_verdict(i64(step), begin + 29, 0), Verdict::accepted);
    assert_int_equal(fresh_verdict(i64(step), begin + 30, 0), Verdict::wrong);
}

void accepts_codes_at_1970(void**) {
    assert_int_equal(fresh_verdict(0, 0, 10), Verdict::accepted);
    assert_int_equal(fresh_verdict(10, 0, 10), Verdict::accepted);
    assert_int_equal(fresh_verdict(11, 0, 10), Verdict::wrong);
    assert_int_equal(fresh_verdict(0, 60, 1), Verdict::wrong);
    assert_int_equal(fresh_verdict(0, 59, 1), Verdict::accepted);
    Owner owner;
    Verdict first = owner.answer(code(owner.token(), 0), 0), again = owner.answer(code(owner.token(), 0), 0);
    assert_int_equal(first, Verdict::accepted);
    assert_int_equal(again, Verdict::replayed); // counter 0 is not "none"
}

void once_only_accepts_a_code(void**) {
    Owner owner;
    std::string now_shown = code(owner.token(), step);
    Verdict first = owner.answer(now_shown, noon), again = owner.answer(now_shown, noon);
    Verdict later = owner.answer(now_shown, noon + 30);
    assert_int_equal(first, Verdict::accepted);
    assert_int_equal(again, Verdict::replayed);
    assert_int_equal(later, Verdict::replayed);
    assert_int_equal(owner.state.last[0], step + 1);
}

void accepts_only_above_the_last_accepted_step(void**) {
    for (i64 off = -2; off <= 2; ++off) {
        Owner owner;
        owner.policy.window = 2;
        owner.state.last[0] = u32(step + 1); // the step of now was the last one
        Verdict verdict = owner.answer(code(owner.token(), u64(i64(step) + off)), noon);
        u32 last = owner.state.last[0];
        assert_int_equal(verdict, off > 0 ? Verdict::accepted : Verdict::replayed);
        assert_int_equal(last, off > 0 ? i64(step) + off + 1 : i64(step) + 1);
    }
}

/// Two steps of one token within `reach` of each other that show the same code, from `from` on.
u64 find_twins(const Token& token, u64 from, unsigned reach, u64& later) {
    for (u64 s = from;; ++s) {
        for (later = s + 1; later <= s + reach; ++later) {
            if (code(token, s) == code(token, later)) return s;
        }
    }
}

void takes_the_highest_step_that_fits(void**) {
    // Otherwise the same digits would be accepted a second time, as the later step's.
    Owner owner;
    owner.policy.window = 10;
    u64 later = 0, earlier = find_twins(owner.token(), 1000, 20, later);
    u64 now = (earlier + 10) * 30;
    std::string typed = code(owner.token(), earlier);
    Verdict first = owner.answer(typed, now), again = owner.answer(typed, now);
    assert_int_equal(first, Verdict::accepted);
    assert_int_equal(owner.state.last[0], later + 1);
    assert_int_equal(again, Verdict::replayed);
}

void accepts_the_higher_of_two_steps_when_the_lower_was_accepted(void**) {
    Owner owner;
    owner.policy.window = 10;
    u64 later = 0, earlier = find_twins(owner.token(), 1000, 20, later);
    owner.state.last[0] = u32(earlier + 1);
    Verdict verdict = owner.answer(code(owner.token(), earlier), (earlier + 10) * 30);
    assert_int_equal(verdict, Verdict::accepted);
}

void accepts_each_of_several_tokens(void**) {
    Person person;
    for (char c = 'a'; c < 'i'; ++c) add_token(person.credential, string_view(&c, 1), std::string(20, c));
    for (size_t i = 0; i < most_tokens; ++i) {
        Finding finding = person.find(code(person.token(i), step), noon);
        Verdict verdict = judge(person.state, finding.entry);
        Verdict again = person.answer(code(person.token(i), step), noon);
        assert_int_equal(finding.slot, i);
        assert_int_equal(verdict, Verdict::accepted);
        assert_int_equal(person.state.last[i], step + 1);
        assert_int_equal(again, Verdict::replayed);
    }
}

void spends_a_code_that_fits_two_tokens_in_both(void**) {
    Person person;
    add_token(person.credential, "phone", rfc_key);
    add_token(person.credential, "tablet", rfc_key);
    add_token(person.credential, "watch", "another key of twenty");
    std::string typed = code(person.token(), step);
    Verdict first = person.answer(typed, noon);
    assert_int_equal(first, Verdict::accepted);
    assert_int_equal(person.state.last[0], step + 1);
    assert_int_equal(person.state.last[1], step + 1);
    assert_int_equal(person.state.last[2], 0);
    Verdict again = person.answer(typed, noon);
    assert_int_equal(again, Verdict::replayed);
}

void refuses_a_code_that_one_of_two_tokens_has_spent(void**) {
    for (size_t spent : {0u, 1u}) {
        Person person;
        add_token(person.credential, "phone", rfc_key);
        add_token(person.credential, "tablet", rfc_key);
        person.state.last[spent] = u32(step + 1);
        Verdict verdict = person.answer(code(person.token(), step), noon);
        u32 other = person.state.last[1 - spent];
        assert_int_equal(verdict, Verdict::replayed);
        assert_int_equal(other, step + 1);
    }
}

void takes_codes_of_a_tokens_own_length_only(void**) {
    for (unsigned digits : {6u, 7u, 8u}) {
        Owner owner(Type::totp, digits);
        std::string right = code(owner.token(), step);
        // The last six digits of an eight-digit code are its six-digit code.
        if (digits > 6) assert_int_equal(owner.find(right.substr(1), noon).entry.kind, Kind::wrong);
        if (digits < 8) assert_int_equal(owner.find("0" + right, noon).entry.kind, Kind::wrong);
        Verdict verdict = owner.answer(right, noon);
        assert_int_equal(verdict, Verdict::accepted);
    }
}

void follows_the_period_as_google_authenticator_does(void**) {
    auto rows = read_vectors("google_authenticator.txt");
    assert_int_equal(rows.size(), 3);
    for (i64 off = -2; off <= 2; ++off) {
        Person person;
        Token& token = add_token(person.credential, "phone", "", Type::totp, 6, 60);
        (void)read_base32(rows[2][0], token.key);
        Verdict verdict = person.answer(rows[2][2], u64(10000 + off) * 60);
        assert_int_equal(verdict, off == -2 || off == 2 ? Verdict::wrong : Verdict::accepted);
    }
}

void follows_the_offset_of_a_token(void**) {
    for (i64 offset : {-240, -3, 3, 240}) {
        Owner owner;
        owner.token().offset = offset;
        for (i64 off : {-2, 2, 0, 1}) {
            Verdict verdict = owner.answer(code(owner.token(), u64(i64(step) + offset + off)), noon);
            assert_int_equal(verdict, off == 2 || off == -2 ? Verdict::wrong : Verdict::accepted);
        }
    }
    Owner owner;
    owner.token().offset = -240;
    Verdict verdict = owner.answer(code(owner.token(), 0), 30); // before the device's 1970
    assert_int_equal(verdict, Verdict::accepted);
}

void says_that_the_clock_is_behind(void**) {
    Owner owner;
    add_backup_codes(owner.credential, 1);
    (void)owner.answer(code(owner.token(), step), noon);
    // The window's last step is that of now + 1.
    Verdict at_edge = owner.answer(code(owner.token(), step), noon - 30);
    State before = owner.state;
    Verdict right = owner.answer(code(owner.token(), step - 2), noon - 60);
    Verdict wrong = owner.answer("000000", noon - 60);
    Verdict years = owner.answer(code(owner.token(), 100), 3000);
    Verdict two = owner.answer(two_codes(owner.token(), step - 2), noon - 60);
    bool untouched = owner.state == before;
    assert_int_equal(at_edge, Verdict::replayed);
    assert_int_equal(right, Verdict::clock_behind);
    assert_int_equal(wrong, Verdict::clock_behind);
    assert_int_equal(years, Verdict::clock_behind);
    assert_int_equal(two, Verdict::clock_behind);
    assert_true(untouched);
    Verdict backup = owner.answer(backup_code(0), noon - 60);
    assert_int_equal(backup, Verdict::accepted_backup);
    // Two codes could end at the edge, but the first of them was accepted before.
    Verdict two_at_edge = owner.answer(two_codes(owner.token(), step - 1), noon - 30);
    assert_int_equal(two_at_edge, Verdict::replayed);
}

void judges_other_tokens_while_the_clock_is_behind_for_one(void**) {
    Person person;
    add_token(person.credential, "phone", rfc_key);
    add_token(person.credential, "new", "another key of twenty");
    person.state.last[0] = u32(step + 100);
    Verdict wrong = person.answer("000000", noon);
    Verdict right = person.answer(code(person.token(1), step), noon);
    assert_int_equal(wrong, Verdict::wrong);
    assert_int_equal(right, Verdict::accepted);
}

void keeps_the_last_step_when_the_clock_is_set_back(void**) {
    Owner owner;
    Verdict ahead = owner.answer(code(owner.token(), step + 10000), noon + 300000);
    Verdict back = owner.answer(code(owner.token(), step), noon);
    u32 last = owner.state.last[0];
    Verdict caught_up = owner.answer(code(owner.token(), step + 10001), noon + 300000);
    assert_int_equal(ahead, Verdict::accepted);
    assert_int_equal(back, Verdict::clock_behind);
    assert_int_equal(last, step + 10001);
    assert_int_equal(caught_up, Verdict::accepted);
}

void accepts_codes_after_any_time_without_any(void**) {
    Owner owner;
    (void)owner.answer(code(owner.token(), step), noon);
    Verdict ten_years = owner.answer(code(owner.token(), step + 10'519'200), noon + 10'519'200ull * 30);
    assert_int_equal(ten_years, Verdict::accepted);
}

void counts_an_answer_of_nothing_nowhere(void**) {
    Owner owner;
    State before = owner.state;
    for (string_view typed : {"", "\n", "\b\n\r\177INCORRECT"}) {
        Finding finding = owner.find(typed, noon);
        assert_false(finding.append);
        assert_int_equal(finding.verdict, Verdict::wrong);
    }
    bool untouched = owner.state == before;
    assert_true(untouched);
}

void tells_what_happened_since_the_last_success(void**) {
    Owner owner;
    Finding wrong = owner.find("unfit", noon);
    wrong.entry.from = {1, 2, 3};
    (void)judge(owner.state, wrong.entry);
    Finding newer = owner.find("000000", noon + 1);
    newer.entry.from = {4, 5, 6};
    (void)judge(owner.state, newer.entry);
    State after_wrong = owner.state;
    (void)owner.answer(code(owner.token(), step), noon + 2);
    State after_right = owner.state;
    (void)owner.answer(code(owner.token(), step), noon + 3);
    State after_replay = owner.state;

    assert_int_equal(after_wrong.wrong, 2);
    assert_int_equal(after_wrong.wrong_from[0], 4);
    assert_int_equal(after_wrong.last_success, 0);
    assert_int_equal(after_wrong.last_answer, noon + 1);
    assert_int_equal(after_wrong.last_verdict, Verdict::wrong);
    assert_int_equal(after_right.wrong, 0);
    assert_int_equal(after_right.wrong_from[0], 0);
    assert_int_equal(after_right.last_success, noon + 2);
    assert_int_equal(after_right.last_verdict, Verdict::accepted);
    assert_int_equal(after_replay.wrong, 0);
    assert_int_equal(after_replay.last_success, noon + 2);
    assert_int_equal(after_replay.last_answer, noon + 3);
    assert_int_equal(after_replay.last_verdict, Verdict::replayed);
}

void counts_wrong_answers_up_to_where_the_state_holds_them(void**) {
    Owner owner;
    owner.state.wrong = UINT16_MAX - 1;
    (void)owner.answer("unfit", noon);
    u16 highest = owner.state.wrong;
    (void)owner.answer("unfit", noon);
    assert_int_equal(highest, UINT16_MAX);
    assert_int_equal(owner.state.wrong, UINT16_MAX);
}

void keeps_times_beyond_32_bits_at_the_highest(void**) {
    Owner owner;
    u64 far = 5'000'000'000;
    Verdict verdict = owner.answer(code(owner.token(), far / 30), far);
    assert_int_equal(verdict, Verdict::accepted);
    assert_int_equal(owner.state.last_success, UINT32_MAX);
    assert_int_equal(owner.state.last_answer, UINT32_MAX);
}

void refuses_a_right_entry_that_spends_nothing(void**) {
    Owner owner;
    Finding finding = owner.find(code(owner.token(), step), noon);
    finding.entry.spent = {};
    Verdict verdict = judge(owner.state, finding.entry);
    assert_int_equal(verdict, Verdict::wrong);
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(accepts_only_codes_of_the_window),
        cmocka_unit_test(accepts_a_code_through_the_whole_of_its_step),
        cmocka_unit_test(accepts_codes_at_1970),
        cmocka_unit_test(once_only_accepts_a_code),
        cmocka_unit_test(accepts_only_above_the_last_accepted_step),
        cmocka_unit_test(takes_the_highest_step_that_fits),
        cmocka_unit_test(accepts_the_higher_of_two_steps_when_the_lower_was_accepted),
        cmocka_unit_test(accepts_each_of_several_tokens),
        cmocka_unit_test(spends_a_code_that_fits_two_tokens_in_both),
        cmocka_unit_test(refuses_a_code_that_one_of_two_tokens_has_spent),
        cmocka_unit_test(takes_codes_of_a_tokens_own_length_only),
        cmocka_unit_test(follows_the_period_as_google_authenticator_does),
        cmocka_unit_test(follows_the_offset_of_a_token),
        cmocka_unit_test(says_that_the_clock_is_behind),
        cmocka_unit_test(judges_other_tokens_while_the_clock_is_behind_for_one),
        cmocka_unit_test(keeps_the_last_step_when_the_clock_is_set_back),
        cmocka_unit_test(accepts_codes_after_any_time_without_any),
        cmocka_unit_test(counts_an_answer_of_nothing_nowhere),
        cmocka_unit_test(tells_what_happened_since_the_last_success),
        cmocka_unit_test(counts_wrong_answers_up_to_where_the_state_holds_them),
        cmocka_unit_test(keeps_times_beyond_32_bits_at_the_highest),
        cmocka_unit_test(refuses_a_right_entry_that_spends_nothing),
    };
    return cmocka_run_group_tests_name("judge", tests, nullptr, nullptr);
}
