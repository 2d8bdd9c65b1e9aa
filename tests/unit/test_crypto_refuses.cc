// SPDX-License-Identifier: Apache-2.0
// libcrypto can refuse anything, as it does without memory or where a policy forbids a hash: that is said as such,
// never taken for a wrong code, a right one, or an entry that is not there.
#include "../support/cmocka.h"
#include "calls.h"
#include "journal.h"

using namespace totp;

namespace {

calls::Fault nth(size_t at) { return {at, EIO}; }

/// How many of the calls that examining this answer makes were refused and not said to be; -1 for no call at all.
int unsaid(const given::Person& person, const std::string& typed) {
    auto find = [&] {
        Answer answer;
        read_answer(typed, answer);
        Finding finding;
        return examine(person.credential, person.state, answer, given::noon, person.policy, finding);
    };
    if (calls::during({}, find) != Error::none || calls::made.empty()) return -1;
    int missed = 0;
    size_t count = calls::made.size();
    for (size_t at = 0; at < count; ++at) missed += calls::during(nth(at), find) != Error::crypto;
    return missed;
}

void refuses_an_answer_that_cannot_be_examined(void**) {
    given::Owner owner;
    given::add_token(owner.credential, "other", "abcdefghijklmnopqrst");
    given::add_backup_codes(owner.credential, 3);
    std::string right = given::code(owner.token(), given::noon / 30);
    int one = unsaid(owner, right), two = unsaid(owner, given::two_codes(owner.token(), given::noon / 30));
    int wrong = unsaid(owner, "000000"), backup = unsaid(owner, given::backup_code(1));
    assert_int_equal(one, 0);
    assert_int_equal(two, 0);
    assert_int_equal(wrong, 0);
    assert_int_equal(backup, 0);
}

void refuses_an_account_whose_long_name_cannot_be_hashed(void**) {
    Account account;
    std::string name(100, '.');
    Error error = calls::during(nth(0), [&] { return make_account(name, 1000, account); });
    assert_int_equal(int(error), int(Error::crypto));
}

void refuses_an_entry_that_cannot_be_signed(void**) {
    EntryBytes bytes;
    Entry entry;
    entry.key = given::key_id;
    Error error = calls::during(nth(0), [&] { return write_entry(entry, given::host(), given::account(), bytes); });
    assert_int_equal(int(error), int(Error::crypto));
}

/// An entry that cannot be checked is not one that is not there: its code would be accepted again.
void refuses_a_fold_with_an_entry_that_cannot_be_checked(void**) {
    given::Journal journal;
    Entry entry = journal.right();
    for (int i = 0; i < 3; ++i) journal.append(entry, 2); // writers that saw none of them
    Folded folded;
    auto run = [&] { return fold(journal.tail(), given::host(), given::account(), folded); };
    Fold undisturbed = calls::during({}, run);
    size_t count = calls::made.size(), folds = 0;
    for (size_t at = 0; at < count; ++at) folds += calls::during(nth(at), run) != Fold::broken;
    assert_int_equal(int(undisturbed), int(Fold::done));
    assert_true(count > 2);
    assert_int_equal(folds, 0);
}

void frees_nothing_on_the_word_of_an_entry_that_cannot_be_checked(void**) {
    given::Journal journal;
    u64 at = 0;
    bool found = calls::during(nth(0), [&] { return newest_fresh(journal.tail(), given::host(), given::account(), at); });
    assert_false(found);
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(refuses_an_answer_that_cannot_be_examined),
        cmocka_unit_test(refuses_an_account_whose_long_name_cannot_be_hashed),
        cmocka_unit_test(refuses_an_entry_that_cannot_be_signed),
        cmocka_unit_test(refuses_a_fold_with_an_entry_that_cannot_be_checked),
        cmocka_unit_test(frees_nothing_on_the_word_of_an_entry_that_cannot_be_checked),
    };
    return cmocka_run_group_tests_name("crypto_refuses", tests, nullptr, nullptr);
}
