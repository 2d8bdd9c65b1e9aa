// SPDX-License-Identifier: Apache-2.0
// Places where nobody is asked again: what makes one, what ends it. The numbers are those of core/judge.h.
#include "../support/cmocka.h"
#include "given.h"

using namespace totp;
using namespace totp::given;

namespace {
constexpr u64 home = 0xaaaa, office = 0xbbbb, train = 0xcccc;
constexpr u32 hour = 3600;

/// An owner with backup codes, who answers from somewhere.
struct Traveller : Owner {
    Traveller() { add_backup_codes(credential, 3); }
    Entry entry_of(string_view typed, u64 place, u32 until, u64 now = noon) const {
        Entry entry = find(typed, now).entry;
        entry.remember = {place, until};
        return entry;
    }
    Verdict answer_from(u64 place, u32 until, string_view typed, u64 now = noon) {
        return judge(state, entry_of(typed, place, until, now));
    }
    /// The next backup code that there is: of these, none is like another.
    Verdict be_at(u64 place, u64 until, u64 now = noon) {
        Entry entry;
        entry.kind = Kind::backup;
        entry.form = Form::backup_code;
        entry.credential = state.credential;
        entry.time = now;
        entry.backup_index = next_++;
        entry.remember = {place, u32(until)};
        return judge(state, entry);
    }
    bool knows(u64 place, u64 now = noon + 1, u32 longest = 8 * hour) const {
        return is_remembered(state, place, now, longest);
    }

  private:
    u8 next_ = 0;
};

Entry entry_of(Kind kind, u64 credential = 77) {
    Entry entry;
    entry.kind = kind;
    entry.credential = credential;
    entry.time = noon;
    entry.next = 78;
    return entry;
}

void remembers_where_an_answer_was_accepted_7(void**) {
    Traveller anna;
    bool before = anna.knows(home);
    Verdict code = anna.answer_from(home, noon + 8 * hour, given::code(anna.token(), noon / 30));
    bool by_code = anna.knows(home);
    Verdict backup = anna.answer_from(office, noon + 8 * hour, backup_code(0));
    assert_false(before);
    assert_int_equal(code, Verdict::accepted);
    assert_true(by_code);
    assert_int_equal(backup, Verdict::accepted_backup);
    assert_true(anna.knows(office) && anna.knows(home));
    assert_false(anna.knows(train));
}

void remembers_nothing_of_an_answer_that_is_refused_7(void**) {
    Traveller anna;
    std::string code = given::code(anna.token(), noon / 30);
    Entry late = anna.entry_of(given::code(anna.token(), noon / 30 + 1), home, noon + hour);
    Verdict accepted = anna.answer(code, noon), backup = anna.answer(backup_code(0), noon);
    Verdict replayed = anna.answer_from(home, noon + hour, code), used = anna.answer_from(home, noon + hour, backup_code(0));
    Verdict wrong = anna.answer_from(home, noon + hour, "000000");
    Verdict two_wrong = anna.answer_from(home, noon + hour, "000000 000000");
    anna.spend_guesses(noon);
    Verdict kept_out = judge(anna.state, late);
    anna.state.credential = 78;
    Verdict stale = judge(anna.state, late);
    assert_int_equal(accepted, Verdict::accepted);
    assert_int_equal(backup, Verdict::accepted_backup);
    assert_int_equal(replayed, Verdict::replayed);
    assert_int_equal(used, Verdict::replayed);
    assert_int_equal(wrong, Verdict::wrong);
    assert_int_equal(two_wrong, Verdict::wrong);
    assert_int_equal(kept_out, Verdict::two_needed);
    assert_int_equal(stale, Verdict::stale);
    assert_true(anna.state.remembered == State().remembered);
}

void keeps_what_is_remembered_when_nothing_is_to_be(void**) {
    Traveller anna;
    (void)anna.be_at(home, noon + hour);
    (void)anna.be_at(office, noon + hour);
    (void)anna.be_at(0, 0);
    (void)anna.be_at(0, noon + 2 * hour);
    assert_true(anna.knows(home) && anna.knows(office));
}

void the_place_that_ends_first_gives_way(void**) {
    for (bool home_first : {true, false}) {
        Traveller anna;
        (void)anna.be_at(home_first ? home : office, noon + (home_first ? 2 : 3) * hour);
        (void)anna.be_at(home_first ? office : home, noon + (home_first ? 3 : 2) * hour);
        (void)anna.be_at(train, noon + hour);
        bool home_gone = !anna.knows(home), others = anna.knows(office) && anna.knows(train);
        (void)anna.be_at(home, noon + 4 * hour);
        assert_true(home_gone && others);
        assert_true(anna.knows(home) && anna.knows(office) && !anna.knows(train));
    }
}

void a_place_is_renewed_and_takes_no_other_ones(void**) {
    Traveller anna;
    (void)anna.be_at(home, noon + 2 * hour);
    (void)anna.be_at(office, noon + 3 * hour);
    (void)anna.be_at(office, noon + hour); // also by a rule that remembers shorter now
    bool shorter = anna.knows(office, noon + hour - 1) && !anna.knows(office, noon + hour);
    (void)anna.be_at(home, noon + 5 * hour);
    assert_true(shorter);
    assert_true(anna.knows(home, noon + 5 * hour - 1) && anna.knows(office));
}

void a_place_of_a_clock_that_was_ahead_gives_way_first(void**) {
    Traveller anna;
    u64 ahead = noon + 400 * day;
    (void)anna.be_at(home, ahead + hour, ahead);
    (void)anna.be_at(office, noon + hour);
    (void)anna.be_at(train, noon + hour);
    assert_true(anna.knows(office) && anna.knows(train));
    assert_false(anna.knows(home, ahead));
}

void every_change_of_the_credential_forgets_all_7(void**) {
    Traveller anna;
    (void)anna.be_at(home, noon + hour);
    Verdict late = judge(anna.state, entry_of(Kind::rotate, 76));
    bool kept = anna.knows(home);
    Verdict changed = judge(anna.state, entry_of(Kind::rotate));
    assert_int_equal(late, Verdict::stale);
    assert_true(kept);
    assert_int_equal(changed, Verdict::accepted);
    assert_true(anna.state.remembered == State().remembered);
}

void forgets_when_it_is_told_to_and_changes_nothing_else(void**) {
    for (u64 credential : {u64(77), u64(5), u64(0)}) { // it is about no credential
        Traveller anna;
        (void)anna.be_at(home, noon + hour);
        (void)anna.be_at(office, noon + hour);
        anna.spend_guesses(noon);
        State before = anna.state;
        Verdict verdict = judge(anna.state, entry_of(Kind::forget, credential));
        bool forgotten = anna.state.remembered == State().remembered;
        anna.state.remembered = before.remembered;
        bool rest = anna.state == before;
        assert_int_equal(verdict, Verdict::accepted);
        assert_true(forgotten);
        assert_true(rest);
    }
}

void root_giving_guesses_back_forgets_nothing(void**) {
    Traveller anna;
    (void)anna.be_at(home, noon + hour);
    (void)judge(anna.state, entry_of(Kind::unlock));
    assert_true(anna.knows(home));
}

void is_over_at_its_end_and_not_longer_than_its_rule_says(void**) {
    State state;
    state.remembered = {Remembered{home, u32(noon)}, Remembered{}};
    assert_true(is_remembered(state, home, noon - 1, hour));
    assert_false(is_remembered(state, home, noon, hour));
    assert_false(is_remembered(state, home, noon + 1, hour));
    assert_true(is_remembered(state, home, noon - hour, hour));
    assert_false(is_remembered(state, home, noon - hour - 1, hour)); // a clock set back, or a shorter rule
    assert_false(is_remembered(state, home, 0, hour));
    assert_false(is_remembered(state, home, noon - 1, 0));
    assert_false(is_remembered(state, office, noon - 1, hour));
    assert_false(is_remembered(state, home, u64(1) << 40, UINT32_MAX));
    std::swap(state.remembered[0], state.remembered[1]);
    assert_true(is_remembered(state, home, noon - 1, hour));
}

void no_place_is_never_remembered(void**) {
    State state;
    state.remembered = {Remembered{0, u32(noon)}, Remembered{}};
    assert_false(is_remembered(state, 0, noon - 1, hour));
    assert_false(is_remembered(State(), 0, 0, UINT32_MAX));
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(remembers_where_an_answer_was_accepted_7),
        cmocka_unit_test(remembers_nothing_of_an_answer_that_is_refused_7),
        cmocka_unit_test(keeps_what_is_remembered_when_nothing_is_to_be),
        cmocka_unit_test(the_place_that_ends_first_gives_way),
        cmocka_unit_test(a_place_is_renewed_and_takes_no_other_ones),
        cmocka_unit_test(a_place_of_a_clock_that_was_ahead_gives_way_first),
        cmocka_unit_test(every_change_of_the_credential_forgets_all_7),
        cmocka_unit_test(forgets_when_it_is_told_to_and_changes_nothing_else),
        cmocka_unit_test(root_giving_guesses_back_forgets_nothing),
        cmocka_unit_test(is_over_at_its_end_and_not_longer_than_its_rule_says),
        cmocka_unit_test(no_place_is_never_remembered),
    };
    return cmocka_run_group_tests_name("judge_remember", tests, nullptr, nullptr);
}
