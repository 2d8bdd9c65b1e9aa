// SPDX-License-Identifier: Apache-2.0
// Each call that each operation on a record makes fails once, with each errno: an error and no verdict, or, where
// the operation was decided already, success; nothing is lost, and the next one works and leaves nothing over.
#include "failures.h"

using namespace bed;

namespace {

Result attempt(Scene& s) { return open_and_use_code(s, 100); }
Result set_up(Scene& s) { return change(s, false); }
Result remove_it(Scene& s) { return change(s, true); }
Result discard(Scene& s) { return {discard_record(s.host, s.record.account)}; }

bool opens(Scene& s) { return s.open() == Error::none; }
bool is_gone(Scene& s) { return s.open() == Error::no_record; }

bool code_is_spent(Scene& s) { return attempt(s).verdict == Verdict::replayed; }
bool code_works_once_at_most(Scene& s) {
    Verdict first = attempt(s).verdict, again = attempt(s).verdict, next = open_and_use_code(s, 101).verdict;
    return (first == Verdict::accepted || first == Verdict::replayed) && again == Verdict::replayed &&
           next == Verdict::accepted;
}
const Operation attempting{attempt, code_is_spent, code_works_once_at_most};

/// The journal and the credential in force, and nothing else.
bool next_set_up_cleans(Scene& s) { return set_up(s).error == Error::none && opens(s) && s.records() == 2; }
bool next_change_cleans(Scene& s) { return opens(s) && next_set_up_cleans(s); }
bool has_no_nameless_journal(Scene& s) {
    std::vector<std::string> names = s.names();
    return std::none_of(names.begin(), names.end(), [](const std::string& name) { return name.ends_with(".first"); });
}
bool first_set_up_works(Scene& s) {
    return has_no_nameless_journal(s) && (is_gone(s) || opens(s)) && next_set_up_cleans(s);
}
bool is_gone_or_goes(Scene& s) { // it may have been removed by what failed
    return is_gone(s) || (remove_it(s).error == Error::none && is_gone(s) && s.records() == 1);
}
bool nothing_is_left(Scene& s) { return is_gone(s) && s.records() == 0; }
bool next_discard_leaves_nothing(Scene& s) { return discard(s).error == Error::none && nothing_is_left(s); }

void refuses_when_a_call_of_an_attempt_fails(void**) {
    Scene s;
    s.enrol();
    Cases cases = every_case(s, attempting);
    assert_true(cases.all_well() && cases.made_one("fdatasync"));
}

void refuses_when_a_call_of_an_attempt_that_frees_blocks_fails(void**) {
    Scene s;
    s.enrol();
    for (int i = 0; i < 254; ++i) (void)use_code(s, 1);
    Cases cases = every_case(s, attempting);
    assert_true(cases.all_well() && cases.made_one("fallocate"));
}

void refuses_when_a_call_of_an_attempt_behind_void_bytes_fails(void**) {
    Scene s;
    s.enrol();
    std::ofstream(s.journal(), std::ios::app) << std::string(100000, 'P');
    Cases cases = every_case(s, attempting);
    assert_true(cases.all_well() && cases.made_one("mmap"));
}

/// What a killed set-up left, computed from a credential that is in force no longer.
void leave_over(const Scene& s) {
    std::string left = s.credential().substr(0, s.credential().size() - 16) + "00000000000000aa";
    std::ofstream(left) << "pam_totp-credential-1 key=0000000000000001 id=00000000000000aa replaces=00000000000000bb uid="
                        << s.record.account.uid << " name=" << s.record.account.file.view() << "\n";
    std::ofstream(left + ".first") << "";
}

void keeps_the_record_when_a_call_of_a_change_fails(void**) {
    Scene s;
    s.enrol();
    leave_over(s);
    Cases cases = every_case(s, {set_up, opens, next_change_cleans});
    assert_true(cases.all_well() && cases.made_one("unlinkat"));
}

void keeps_or_removes_the_record_when_a_call_of_a_removal_fails(void**) {
    Scene s;
    s.enrol();
    Cases cases = every_case(s, {remove_it, is_gone, is_gone_or_goes});
    assert_true(cases.all_well());
}

void sets_up_after_a_call_of_a_first_setup_failed(void**) {
    Scene s;
    s.token.name = Text<32>(string_view("phone"));
    (void)s.token.key.assign(bytes_of("12345678901234567890"));
    Cases cases = every_case(s, {set_up, opens, first_set_up_works, {"fallocate", "fstatfs"}});
    assert_true(cases.all_well() && cases.made_one("renameat2"));
}

void discards_after_a_call_of_it_failed(void**) {
    Scene s;
    s.enrol();
    leave_over(s);
    Cases cases = every_case(s, {discard, nothing_is_left, next_discard_leaves_nothing});
    assert_true(cases.all_well());
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(refuses_when_a_call_of_an_attempt_fails),
        cmocka_unit_test(refuses_when_a_call_of_an_attempt_that_frees_blocks_fails),
        cmocka_unit_test(refuses_when_a_call_of_an_attempt_behind_void_bytes_fails),
        cmocka_unit_test(keeps_the_record_when_a_call_of_a_change_fails),
        cmocka_unit_test(keeps_or_removes_the_record_when_a_call_of_a_removal_fails),
        cmocka_unit_test(sets_up_after_a_call_of_a_first_setup_failed),
        cmocka_unit_test(discards_after_a_call_of_it_failed),
    };
    return cmocka_run_group_tests_name("store_failing_calls", tests, nullptr, nullptr);
}
