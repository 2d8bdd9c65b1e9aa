// SPDX-License-Identifier: Apache-2.0
// A recovery code: what it is good for, how long, and that it lets in nobody.
#include "../support/cmocka.h"
#include "given.h"

using namespace totp;
using namespace totp::given;

namespace {

/// Somebody who was given a recovery code at noon.
struct Lost : Person {
    Lost() {
        add_backup_codes(credential, 1);
        credential.created = noon;
        credential.recovery_until = noon + recovery_life;
    }
    std::string code = backup_code(0);
};

void is_found_from_the_second_it_is_made_to_the_last_of_the_day(void**) {
    Lost lost;
    for (u64 now : {noon, noon + 1, noon + recovery_life - 1}) {
        assert_int_equal(lost.answer(lost.code, now), Verdict::recovery);
    }
    for (u64 now : {u64(0), noon - recovery_life, noon - 1, noon + recovery_life, noon + 400 * 86400, u64(INT64_MAX)}) {
        assert_int_equal(lost.answer(lost.code, now), Verdict::recovery_over);
    }
}

void changes_nothing_however_often_it_is_typed(void**) {
    Lost lost;
    const State before = lost.state;
    for (u64 now : {noon, noon + 5, noon + recovery_life, noon + 6}) {
        Finding finding = lost.find(lost.code, now);
        assert_false(finding.append);
        assert_int_equal(finding.entry.kind, Kind::wrong); // even if somebody appended it
        (void)lost.answer(lost.code, now);
        assert_true(lost.state == before);
    }
}

void refuses_everything_else(void**) {
    Lost lost;
    for (const std::string& typed : {backup_code(1), std::string("123456"), std::string("123456 654321"), std::string("x"),
                                     std::string()}) {
        assert_int_equal(lost.answer(typed, noon), Verdict::wrong);
    }
    assert_int_equal(lost.state.wrong, 4);
}

void works_when_guesses_are_used_up(void**) {
    Lost lost;
    lost.spend_guesses(noon);
    assert_int_equal(lost.answer("123456", noon), Verdict::two_needed);
    assert_int_equal(lost.answer(lost.code, noon), Verdict::recovery);
}

void keeps_the_backup_codes_of_others_what_they_were(void**) {
    Lost lost;
    lost.credential.recovery_until = 0;
    assert_int_equal(lost.answer(lost.code, noon), Verdict::accepted_backup);
    assert_int_equal(lost.answer(lost.code, noon), Verdict::replayed);
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(is_found_from_the_second_it_is_made_to_the_last_of_the_day),
        cmocka_unit_test(changes_nothing_however_often_it_is_typed),
        cmocka_unit_test(refuses_everything_else),
        cmocka_unit_test(works_when_guesses_are_used_up),
        cmocka_unit_test(keeps_the_backup_codes_of_others_what_they_were),
    };
    return cmocka_run_group_tests_name("judge_recovery", tests, nullptr, nullptr);
}
