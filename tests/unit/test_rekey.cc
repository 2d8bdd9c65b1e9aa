// SPDX-License-Identifier: Apache-2.0
// Records under a new host key, also beside processes that know the old one alone, and after it was dropped; and records
// that move to another account.
#include "core/judge.h"
#include "scene.h"
#include "store/key_file.h"
#include "store/rebind.h"
#include "store/rekey.h"

using namespace bed;

namespace {

/// A login that read the key file and the record at some time, and waits at its prompt.
struct Waiting {
    Host host;
    Record record;
    explicit Waiting(const Scene& s) {
        record.account = s.record.account;
        if (open_host(s.place(), host) != Error::none || open_record(host, record) != Error::none) abort();
    }
    Result use(u32 counter) { return use_code(host, record, counter); }
};

struct Keys : Scene {
    Keys() { enrol(); }

    bool add_key() const { return add_key_set(host) == Error::none && renew_sentinel(host) == Error::none; }
    bool rekey() {
        bool moved = false;
        return rekey_record(host, record, {}, moved) == Error::none && moved;
    }
    bool drop() { return outgrow_older_keys(host, record, {}) == Error::none && retire_key_sets(host) == Error::none; }
    Verdict code(u32 counter) { return open_and_use_code(*this, counter).verdict; }
    State state() {
        if (open() != Error::none) abort();
        return record.state();
    }
    /// An entry that spends nothing.
    void forget() {
        Entry entry;
        entry.kind = Kind::forget;
        Verdict verdict = Verdict::none;
        State after;
        bool done = open() == Error::none && append(host, record.account, record.journal, entry, verdict, after) == Error::none;
        if (!done) abort();
    }
};

void keeps_everything_under_the_new_key(void**) {
    Keys s;
    (void)s.code(50);
    State before = s.state(), after = before;
    bool done = s.add_key() && s.rekey();
    after = s.state();
    assert_true(done);
    assert_int_not_equal(after.credential, before.credential);
    before.credential = after.credential;
    assert_true(after == before);
    assert_int_equal(s.record.head.key, s.host.keyring.newest().id);
    assert_int_equal(s.records(), 2);
    assert_int_equal(s.code(50), Verdict::replayed);
    assert_int_equal(s.code(51), Verdict::accepted);
}

void moves_nothing_twice(void**) {
    Keys s;
    bool moved = true;
    bool done = s.add_key() && s.rekey() && rekey_record(s.host, s.record, {}, moved) == Error::none;
    assert_true(done && !moved);
}

void once_only_a_code_is_accepted_by_who_knows_the_old_key_alone(void**) {
    Keys s;
    Waiting before(s), beside(s);
    bool added = s.add_key();
    Result in_time = before.use(60); // nothing is moved yet
    bool moved = s.rekey();
    Result late = beside.use(61);
    assert_true(added && moved);
    assert_int_equal(in_time.verdict, Verdict::accepted);
    assert_int_equal(late.error, Error::none);
    assert_int_equal(late.verdict, Verdict::stale); // asked again, and nothing is spent by it
    assert_int_equal(open_record(beside.host, beside.record), Error::none);
    assert_int_equal(beside.use(60).verdict, Verdict::replayed);
    assert_int_equal(beside.use(61).verdict, Verdict::accepted);
    assert_int_equal(s.code(61), Verdict::replayed);
}

void keeps_an_entry_of_a_new_key_from_refusing_who_knows_the_old_one(void**) {
    Keys s;
    Waiting before(s);
    bool added = s.add_key();
    Verdict by_new = s.code(70); // signed by the new key; the credential is not sealed by it yet
    Result late = before.use(71);
    assert_true(added);
    assert_int_equal(by_new, Verdict::accepted);
    assert_int_equal(late.verdict, Verdict::accepted);
    assert_int_equal(s.code(71), Verdict::replayed);
}

void refuses_nobody_who_opens_a_record_with_a_key_file_that_was_read_before(void**) {
    Keys s;
    Host old;
    bool opened = open_host(s.place(), old) == Error::none;
    bool done = s.add_key() && s.rekey() && s.drop();
    Record record;
    record.account = s.record.account;
    assert_true(opened && done);
    assert_int_equal(open_record(old, record), Error::none);
    assert_int_equal(use_code(old, record, 80).verdict, Verdict::accepted);
}

void keeps_the_owner_able_to_get_in_whatever_a_stopped_login_appends_after_the_key_was_dropped(void**) {
    Keys s;
    (void)s.code(90);
    Waiting one(s), other(s);
    bool added = s.add_key();
    Waiting between(s); // knows both, and has a snapshot from before
    bool done = added && s.rekey() && s.drop();
    Result late[] = {one.use(91), other.use(92), between.use(93)};
    assert_true(done);
    for (const Result& result : late) {
        assert_int_equal(result.error, Error::none);
        assert_int_equal(result.verdict, Verdict::stale);
    }
    assert_int_equal(s.code(90), Verdict::replayed);
    assert_int_equal(s.code(91), Verdict::accepted);
    assert_int_equal(s.host.keyring.sets.size(), 1);
}

void forgets_no_code_that_only_entries_of_the_dropped_key_hold(void**) {
    Keys s;
    Waiting before(s);
    bool added = s.add_key();
    Waiting between(s); // its snapshot is from before the code
    Result by_old = before.use(100);
    bool done = added && s.rekey() && s.drop();
    (void)between.use(101); // the newest entry now, signed by the newest key
    assert_true(done);
    assert_int_equal(by_old.verdict, Verdict::accepted);
    assert_int_equal(s.code(100), Verdict::replayed);
}

void forgets_no_code_behind_void_bytes_either(void**) {
    Keys s;
    Waiting before(s);
    bool added = s.add_key();
    Waiting mover(s);
    Result by_old = before.use(110); // between the snapshot of the move and the move
    Change change;
    change.reseals = true;
    bool moved = rotate(mover.host, mover.record, &mover.record.credential, change) == Error::none;
    Waiting after(s);
    std::ofstream(s.journal(), std::ios::app) << std::string(fold_window + 1000, '-');
    (void)after.use(109); // stands alone at the end, and its snapshot is too old to count
    bool done = s.open() == Error::none && s.drop();
    assert_true(added && moved && done);
    assert_int_equal(by_old.verdict, Verdict::accepted);
    assert_int_equal(s.code(110), Verdict::replayed);
}

void forgets_no_code_that_a_late_snapshot_reaches_back_to(void**) {
    Keys s;
    Waiting before(s);
    bool added = s.add_key();
    Waiting between(s);
    Result by_old = before.use(120);
    bool moved = s.rekey();
    for (u64 at = 2 * entry_size; at < fold_window; at += entry_size) s.forget(); // whoever has no code can append as well
    (void)between.use(119); // its snapshot just counts
    std::ofstream(s.journal(), std::ios::app) << std::string(1000, '-');
    bool done = s.open() == Error::none && s.drop();
    assert_true(added && moved && done);
    assert_int_equal(by_old.verdict, Verdict::accepted);
    assert_int_equal(s.code(120), Verdict::replayed);
}

void says_that_a_word_by_the_dropped_key_changed_nothing(void**) {
    Keys s;
    Waiting before(s);
    bool done = s.add_key() && s.rekey() && s.drop();
    Entry entry;
    entry.kind = Kind::unlock;
    Verdict verdict = Verdict::none;
    State after;
    Error error = append(before.host, before.record.account, before.record.journal, entry, verdict, after);
    assert_true(done);
    assert_int_equal(error, Error::none);
    assert_int_equal(verdict, Verdict::stale); // nobody else sees it
}

void reads_the_journal_by_the_newest_key_alone_once_the_others_are_dropped(void**) {
    Keys s;
    for (u32 i = 0; i < 100; ++i) (void)s.code(200 + i);
    State before = s.state();
    bool done = s.add_key() && s.rekey() && s.drop();
    State after = s.state();
    before.credential = after.credential;
    assert_true(done && after == before);
    assert_int_equal(s.code(299), Verdict::replayed);
}

void signs_what_is_taken_away_by_the_newest_key_too(void**) {
    Keys s;
    bool done = change(s, true).error == Error::none && s.add_key();
    bool older = false, moved = false;
    Error error = is_on_older_key(s.host, s.record, older);
    done = done && error == Error::none && older && rekey_record(s.host, s.record, {}, moved) == Error::none && moved && s.drop();
    assert_true(done);
    assert_int_equal(s.open(), Error::no_record);
    assert_int_equal(change(s, false).error, Error::none);
    assert_int_equal(s.open(), Error::none);
}

void signs_the_sentinel_anew_with_the_same_id(void**) {
    Keys s;
    std::string before = contents(s.store + "/.store");
    bool done = s.add_key();
    std::string after = contents(s.store + "/.store");
    Host old;
    assert_true(done && before != after);
    assert_string_equal(before.substr(0, 36).c_str(), after.substr(0, 36).c_str()); // version and id
    assert_int_equal(check_sentinel(s.host), Error::none);
    done = s.rekey() && s.drop();
    assert_true(done);
    assert_int_equal(check_sentinel(s.host), Error::none);
}

void refuses_a_ninth_key(void**) {
    Keys s;
    for (int i = 1; i < 8; ++i) assert_true(s.add_key());
    assert_int_equal(add_key_set(s.host), Error::keys_full);
    assert_int_equal(s.open(), Error::none);
}

void lets_one_alone_change_keys(void**) {
    Keys s;
    Host other;
    bool opened = open_host(s.place(), other) == Error::none;
    assert_true(opened);
    assert_int_equal(lock_store(s.host), Error::none);
    assert_int_equal(lock_store(other), Error::busy);
    s.host.directory.close();
    assert_int_equal(lock_store(other), Error::none);
}

/// Who has the same uid and another name now.
Account renamed(const Scene& s) {
    Account account;
    (void)make_account("other", s.record.account.uid, account);
    return account;
}

void keeps_counters_and_used_codes_when_a_record_is_rebound(void**) {
    Keys s;
    (void)s.code(300);
    State before = s.state();
    Error error = rebind_record(s.host, s.record.account, renamed(s), {});
    Error old = s.open();
    s.record.account = renamed(s);
    State after = s.state();
    before.credential = after.credential;
    assert_int_equal(error, Error::none);
    assert_int_equal(old, Error::no_record);
    assert_true(after == before);
    assert_int_equal(s.records(), 2);
    assert_int_equal(s.code(300), Verdict::replayed);
    assert_int_equal(s.code(301), Verdict::accepted);
}

void once_only_a_code_is_accepted_by_who_waits_under_the_old_name(void**) {
    Keys s;
    Waiting one(s), other(s);
    Result in_time = one.use(310);
    Error error = rebind_record(s.host, s.record.account, renamed(s), {});
    Result late = other.use(311);
    s.record.account = renamed(s);
    assert_int_equal(error, Error::none);
    assert_int_equal(in_time.verdict, Verdict::accepted);
    assert_int_equal(late.verdict, Verdict::stale);
    assert_int_equal(s.code(310), Verdict::replayed);
    assert_int_equal(s.code(311), Verdict::accepted);
}

void refuses_to_rebind_over_a_record(void**) {
    Keys s;
    Account own = s.record.account, to = renamed(s);
    bool made = rebind_record(s.host, own, to, {}) == Error::none && change(s, false).error == Error::none;
    State of_own = s.state();
    Error error = rebind_record(s.host, own, to, {});
    bool same = s.state() == of_own;
    assert_true(made && same);
    assert_int_equal(error, Error::record_exists);
    s.record.account = to;
    assert_int_equal(s.open(), Error::none);
}

void rebinds_nothing_that_was_taken_away(void**) {
    Keys s;
    assert_int_equal(change(s, true).error, Error::none);
    assert_int_equal(rebind_record(s.host, s.record.account, renamed(s), {}), Error::no_record);
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(keeps_everything_under_the_new_key),
        cmocka_unit_test(moves_nothing_twice),
        cmocka_unit_test(once_only_a_code_is_accepted_by_who_knows_the_old_key_alone),
        cmocka_unit_test(keeps_an_entry_of_a_new_key_from_refusing_who_knows_the_old_one),
        cmocka_unit_test(refuses_nobody_who_opens_a_record_with_a_key_file_that_was_read_before),
        cmocka_unit_test(keeps_the_owner_able_to_get_in_whatever_a_stopped_login_appends_after_the_key_was_dropped),
        cmocka_unit_test(forgets_no_code_that_only_entries_of_the_dropped_key_hold),
        cmocka_unit_test(forgets_no_code_behind_void_bytes_either),
        cmocka_unit_test(forgets_no_code_that_a_late_snapshot_reaches_back_to),
        cmocka_unit_test(says_that_a_word_by_the_dropped_key_changed_nothing),
        cmocka_unit_test(reads_the_journal_by_the_newest_key_alone_once_the_others_are_dropped),
        cmocka_unit_test(signs_what_is_taken_away_by_the_newest_key_too),
        cmocka_unit_test(signs_the_sentinel_anew_with_the_same_id),
        cmocka_unit_test(refuses_a_ninth_key),
        cmocka_unit_test(lets_one_alone_change_keys),
        cmocka_unit_test(keeps_counters_and_used_codes_when_a_record_is_rebound),
        cmocka_unit_test(once_only_a_code_is_accepted_by_who_waits_under_the_old_name),
        cmocka_unit_test(refuses_to_rebind_over_a_record),
        cmocka_unit_test(rebinds_nothing_that_was_taken_away),
    };
    return cmocka_run_group_tests_name("rekey", tests, nullptr, nullptr);
}
