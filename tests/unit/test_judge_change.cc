// SPDX-License-Identifier: Apache-2.0
// Entries that change what is in force, and answers that come too late for it.
#include "../support/cmocka.h"
#include "given.h"

using namespace totp;
using namespace totp::given;

namespace {
constexpr u64 step = noon / 30;

/// A state with something in every place.
State full_state() {
    State state;
    state.credential = 77;
    state.full_at = {noon + 3 * day, noon + 5 * day};
    state.last = {100, 200, 300, 400, 500, 600, 700, 800};
    state.used = 0b1010;
    state.last_success = 11;
    state.last_answer = 12;
    state.last_verdict = Verdict::replayed;
    state.wrong = 5;
    state.wrong_from.fill(9);
    state.changed = 13;
    state.changed_by = 14;
    state.remembered = {Remembered{15, u32(noon) + 16}, Remembered{17, u32(noon) + 18}};
    state.changes = 3;
    return state;
}

Entry entry_of(Kind kind, u64 credential = 77) {
    Entry entry;
    entry.kind = kind;
    entry.form = kind == Kind::backup ? Form::backup_code : Form::one_code;
    entry.credential = credential;
    entry.time = noon;
    if (kind == Kind::right) entry.spent[0] = u32(step + 1);
    if (kind == Kind::backup) entry.backup_index = 0;
    if (kind == Kind::rotate) entry.next = 78, entry.actor = 1000;
    return entry;
}

void changes_nothing_for_what_is_stale(void**) {
    for (Kind kind : {Kind::right, Kind::backup, Kind::wrong, Kind::rotate, Kind::reseal}) {
        for (u64 other : {u64(0), u64(76), nothing_in_force | 77}) {
            State state = full_state();
            Entry entry = entry_of(kind, other);
            entry.time = noon - 1000 * day; // which would bound the throttle
            Verdict verdict = judge(state, entry);
            bool untouched = state == full_state();
            assert_int_equal(verdict, Verdict::stale);
            assert_true(untouched);
        }
        State state = full_state();
        Verdict in_time = judge(state, entry_of(kind));
        assert_int_not_equal(in_time, Verdict::stale);
    }
}

void reseals_with_everything_kept_but_the_id(void**) {
    State state = full_state(), expected = full_state();
    Entry entry = entry_of(Kind::reseal);
    entry.next = expected.credential = 78;
    entry.fresh_codes = true; // nothing of this says anything here
    entry.actor = 5;
    Verdict verdict = judge(state, entry);
    assert_int_equal(verdict, Verdict::accepted);
    assert_true(state == expected);
}

void keeps_changes_in_mind_until_a_login_tells_of_them(void**) {
    State state = full_state();
    (void)judge(state, entry_of(Kind::rotate, 77));
    assert_int_equal(state.changes, 4);
    for (Kind kind : {Kind::wrong, Kind::right, Kind::backup}) {
        State quiet = full_state(), told = full_state(), refused = full_state();
        quiet.used = told.used = 0;
        refused.used = 1, refused.last[0] = u32(step + 9);
        Entry entry = entry_of(kind);
        (void)judge(quiet, entry);
        entry.tells = true;
        (void)judge(told, entry);
        (void)judge(refused, entry);
        assert_int_equal(quiet.changes, 3);
        assert_int_equal(told.changes, kind == Kind::wrong ? 3 : 0);
        assert_int_equal(refused.changes, 3);
    }
    state.changes = UINT8_MAX;
    (void)judge(state, entry_of(Kind::rotate, 78));
    assert_int_equal(state.changes, UINT8_MAX);
}

void keeps_no_beginning_of_the_owners_in_mind(void**) {
    for (Caller caller : {Caller::root, Caller::helper}) {
        for (u64 before : {u64(0), nothing_in_force | 77, u64(77)}) {
            State state;
            state.credential = before;
            Entry entry = entry_of(Kind::rotate, before);
            entry.caller = caller;
            (void)judge(state, entry);
            assert_int_equal(state.changes, caller == Caller::helper && before == 0 ? 0 : 1);
        }
    }
}

void puts_another_credential_in_force(void**) {
    State state = full_state();
    Verdict verdict = judge(state, entry_of(Kind::rotate));
    assert_int_equal(verdict, Verdict::accepted);
    assert_int_equal(state.credential, 78);
    assert_int_equal(state.changed, noon);
    assert_int_equal(state.changed_by, 1000);
    Verdict late = judge(state, entry_of(Kind::right));
    assert_int_equal(late, Verdict::stale);
}

void lets_only_the_first_of_two_changes_through(void**) {
    State state = full_state();
    Entry mine = entry_of(Kind::rotate), yours = entry_of(Kind::rotate);
    yours.next = 79;
    Verdict first = judge(state, mine), second = judge(state, yours);
    assert_int_equal(first, Verdict::accepted);
    assert_int_equal(second, Verdict::stale);
    assert_int_equal(state.credential, 78);
}

void carries_counters_along_with_the_tokens_that_stay(void**) {
    State state = full_state();
    Entry entry = entry_of(Kind::rotate);
    entry.continues = {3, no_slot, 0, 7, no_slot, no_slot, no_slot, no_slot};
    entry.spent = {0, 42, 0, 0, 0, 0, 0, 0}; // the proof of the new one
    Verdict verdict = judge(state, entry);
    std::array<u32, most_tokens> expected{400, 42, 100, 800, 0, 0, 0, 0};
    bool carried = state.last == expected;
    assert_int_equal(verdict, Verdict::accepted);
    assert_true(carried);
}

void takes_the_proof_of_a_kept_token_only_above_its_last(void**) {
    for (u32 spent : {99u, 100u, 101u}) {
        State state = full_state();
        Entry entry = entry_of(Kind::rotate);
        entry.continues[0] = 0;
        entry.spent[0] = spent;
        Verdict verdict = judge(state, entry);
        bool above = spent == 101, untouched = state == full_state();
        assert_int_equal(verdict, above ? Verdict::accepted : Verdict::replayed);
        assert_int_equal(untouched, !above);
        assert_int_equal(state.last[0], above ? 101 : 100);
    }
}

void keeps_the_counter_of_a_kept_token(void**) {
    State state = full_state();
    for (u64 next = 78; next < 100; ++next) {
        Entry entry = entry_of(Kind::rotate, next - 1);
        entry.next = next;
        entry.continues = {1, 0, 2, no_slot, no_slot, no_slot, no_slot, no_slot};
        (void)judge(state, entry);
    }
    std::array<u32, most_tokens> expected{100, 200, 300, 0, 0, 0, 0, 0}; // swapped an even number of times
    bool kept = state.last == expected && state.credential == 99;
    assert_true(kept);
}

void keeps_used_backup_codes_unless_the_codes_are_fresh(void**) {
    State kept = full_state(), fresh = full_state(), proved = full_state();
    Entry entry = entry_of(Kind::rotate);
    (void)judge(kept, entry);
    entry.fresh_codes = true;
    (void)judge(fresh, entry);
    entry.backup_index = 5;
    (void)judge(proved, entry);
    assert_int_equal(kept.used, 0b1010);
    assert_int_equal(fresh.used, 0);
    assert_int_equal(proved.used, 1 << 5); // the one that was typed to prove that they were written down
}

void leaves_the_throttle_alone_on_a_change(void**) {
    State state = full_state();
    Entry entry = entry_of(Kind::rotate);
    entry.fresh_codes = true;
    (void)judge(state, entry);
    State before = full_state();
    bool alone = state.full_at == before.full_at && state.wrong == before.wrong &&
                 state.wrong_from == before.wrong_from && state.last_success == before.last_success &&
                 state.last_answer == before.last_answer && state.last_verdict == before.last_verdict;
    assert_true(alone);
}

void removes_everything_and_begins_anew_with_another_id(void**) {
    State state = full_state();
    Entry removal = entry_of(Kind::rotate);
    removal.next = nothing_in_force | 5;
    Verdict removed = judge(state, removal);
    bool left = in_force(state.credential);
    Entry early = entry_of(Kind::rotate, 0), again = entry_of(Kind::rotate, nothing_in_force | 5);
    Verdict on_early = judge(state, early); // computed when nothing had ever been set up
    Verdict on_again = judge(state, again);
    assert_int_equal(removed, Verdict::accepted);
    assert_false(left);
    assert_int_equal(on_early, Verdict::stale);
    assert_int_equal(on_again, Verdict::accepted);
    assert_int_equal(state.last[0], 0);
}

void begins_a_first_set_up_from_nothing(void**) {
    State state;
    Entry entry = entry_of(Kind::rotate, 0);
    entry.spent[0] = 42;
    entry.fresh_codes = true;
    Verdict verdict = judge(state, entry);
    assert_int_equal(verdict, Verdict::accepted);
    assert_int_equal(state.credential, 78);
    assert_int_equal(state.last[0], 42);
}

void refuses_the_code_of_the_proof_afterwards(void**) {
    Owner owner;
    Entry entry = entry_of(Kind::rotate);
    entry.spent[0] = u32(step + 1);
    (void)judge(owner.state, entry);
    Verdict again = owner.answer(code(owner.token(), step), noon);
    Verdict next = owner.answer(code(owner.token(), step + 1), noon);
    assert_int_equal(again, Verdict::replayed);
    assert_int_equal(next, Verdict::accepted);
}

void gives_all_guesses_back_on_an_unlock_and_nothing_else(void**) {
    for (u64 credential : {u64(77), u64(1)}) { // an unlock is never too late
        State state = full_state(), expected = full_state();
        expected.full_at = {};
        Verdict verdict = judge(state, entry_of(Kind::unlock, credential));
        bool only_that = state == expected;
        assert_int_equal(verdict, Verdict::accepted);
        assert_true(only_that);
    }
}

void accepts_one_code_again_after_an_unlock(void**) {
    Owner owner;
    owner.spend_guesses(noon);
    Verdict shut = owner.answer(code(owner.token(), step), noon);
    (void)judge(owner.state, entry_of(Kind::unlock));
    u32 left = owner.guesses(noon);
    Verdict open = owner.answer(code(owner.token(), step), noon);
    assert_int_equal(shut, Verdict::two_needed);
    assert_int_equal(left, 10);
    assert_int_equal(open, Verdict::accepted);
}

void once_only_accepts_a_backup_code(void**) {
    Person person;
    add_backup_codes(person.credential, 10);
    for (size_t i = 0; i < 10; ++i) {
        Verdict first = person.answer(backup_code(i), noon), again = person.answer(backup_code(i), noon);
        u32 left = backup_codes_left(person.state, 10);
        assert_int_equal(first, Verdict::accepted_backup);
        assert_int_equal(again, Verdict::replayed);
        assert_int_equal(left, 9 - i);
    }
    assert_int_equal(person.state.used, 0x3ff);
    u32 fewer_made = backup_codes_left(person.state, 5);
    assert_int_equal(fewer_made, 0);
}

void refuses_a_backup_entry_of_no_code(void**) {
    for (u8 index : {u8(32), u8(33), no_slot}) {
        State state = full_state();
        Entry entry = entry_of(Kind::backup);
        entry.backup_index = index;
        Verdict verdict = judge(state, entry);
        assert_int_equal(verdict, Verdict::wrong);
        assert_int_equal(state.used, 0b1010);
    }
    State state = full_state();
    Entry last = entry_of(Kind::backup);
    last.backup_index = 31;
    Verdict verdict = judge(state, last);
    assert_int_equal(verdict, Verdict::accepted_backup);
    assert_int_equal(state.used, 0x8000000a);
    assert_int_equal(state.last_success, noon);
    assert_int_equal(state.wrong, 0);
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(changes_nothing_for_what_is_stale),
        cmocka_unit_test(reseals_with_everything_kept_but_the_id),
        cmocka_unit_test(keeps_changes_in_mind_until_a_login_tells_of_them),
        cmocka_unit_test(keeps_no_beginning_of_the_owners_in_mind),
        cmocka_unit_test(puts_another_credential_in_force),
        cmocka_unit_test(lets_only_the_first_of_two_changes_through),
        cmocka_unit_test(carries_counters_along_with_the_tokens_that_stay),
        cmocka_unit_test(takes_the_proof_of_a_kept_token_only_above_its_last),
        cmocka_unit_test(keeps_the_counter_of_a_kept_token),
        cmocka_unit_test(keeps_used_backup_codes_unless_the_codes_are_fresh),
        cmocka_unit_test(leaves_the_throttle_alone_on_a_change),
        cmocka_unit_test(removes_everything_and_begins_anew_with_another_id),
        cmocka_unit_test(begins_a_first_set_up_from_nothing),
        cmocka_unit_test(refuses_the_code_of_the_proof_afterwards),
        cmocka_unit_test(gives_all_guesses_back_on_an_unlock_and_nothing_else),
        cmocka_unit_test(accepts_one_code_again_after_an_unlock),
        cmocka_unit_test(once_only_accepts_a_backup_code),
        cmocka_unit_test(refuses_a_backup_entry_of_no_code),
    };
    return cmocka_run_group_tests_name("judge_change", tests, nullptr, nullptr);
}
