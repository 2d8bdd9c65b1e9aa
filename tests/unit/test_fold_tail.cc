// SPDX-License-Identifier: Apache-2.0
// A fold of the last bytes of a journal comes to what all of it comes to. Numbers cite the promises of
// fold.h.
#include "../support/cmocka.h"
#include "journal.h"
#include <random>

using namespace totp;
using namespace totp::given;

namespace {
void asks_for_more_when_the_tail_is_too_short(void**) { // 4
    Journal journal;
    for (int i = 0; i < 9; ++i) (void)journal.append(journal.wrong());
    (void)journal.append(journal.right(), 4); // its writer knew what ended at 6 * 256
    u64 known = 6 * 256;
    for (u64 low = 0; low <= journal.size(); ++low) {
        Folding folding = fold_of(journal.tail(low));
        bool right = folding.folded.state == journal.state;
        assert_int_equal(folding.result, low <= known ? Fold::done : Fold::read_more);
        if (low <= known) assert_true(right);
    }
}

void asks_for_more_when_the_tail_holds_no_entry(void**) { // 4
    Journal journal;
    journal.put_void(5000);
    for (u64 low : {u64(1), u64(255), u64(256), u64(4000), journal.size() - 1, journal.size()}) {
        Folding folding = fold_of(journal.tail(low));
        assert_int_equal(folding.result, Fold::read_more);
    }
    bool right = folds_right(journal, journal.tail());
    assert_true(right);
}

void sees_what_refuses_at_the_end_of_a_short_tail(void**) { // 5
    Journal journal;
    for (int i = 0; i < 9; ++i) (void)journal.append(journal.wrong());
    Keyring other;
    make_keyring(other, {99});
    Entry entry;
    entry.key = 99;
    journal.put(bytes_of_entry(entry, other));
    Folding folding = fold_of(journal.tail(journal.size() - 256));
    assert_int_equal(folding.result, Fold::foreign);
}

void finds_the_newest_fresh_entry(void**) {
    Journal journal;
    for (int i = 0; i < 4; ++i) (void)journal.append(journal.wrong());
    u64 newest = journal.size() - 256, at = 1;
    journal.put_void(100);
    bool found = newest_fresh(journal.tail(), host(), account(), at);
    assert_true(found);
    assert_int_equal(at, newest);

    journal.put_void(fold_window);
    (void)journal.append(journal.wrong(), 99); // stale
    bool past_stale = newest_fresh(journal.tail(), host(), account(), at);
    u64 behind_stale = at;
    bool in_short_tail = newest_fresh(journal.tail(newest + 1), host(), account(), at);
    bool in_nothing = newest_fresh({}, host(), account(), at);
    assert_true(past_stale);
    assert_int_equal(behind_stale, newest);
    assert_false(in_short_tail);
    assert_false(in_nothing);
}

void finds_no_fresh_entry_behind_one_that_refuses(void**) {
    Journal journal;
    Keyring other;
    make_keyring(other, {99});
    Entry entry;
    entry.key = 99;
    journal.put(bytes_of_entry(entry, other));
    u64 at = 0;
    bool found = newest_fresh(journal.tail(), host(), account(), at);
    assert_false(found);
}

void finds_the_newest_login_that_was_accepted_and_nothing_else(void**) {
    Journal journal;
    auto put = [&](Door door, Entry entry) {
        entry.door = door;
        (void)journal.append(entry);
        return entry;
    };
    auto find = [&](Door door, u64 since, Entry& found) {
        return newest_accepted(journal.tail(), host(), account(), door, since, found);
    };
    Entry first = put(Door::sshd, journal.right()), second = put(Door::sshd, journal.right()), found;
    (void)put(Door::none, journal.right()); // `pam-totp verify`
    (void)put(Door::sudo, journal.right());
    Entry again = journal.right();
    again.spent[0] = journal.state.last[0]; // a replay is no login
    (void)put(Door::sshd, again);
    (void)put(Door::sshd, journal.wrong());
    journal.put_void(300);
    bool is_there = find(Door::sshd, second.time, found);
    assert_true(is_there);
    assert_int_equal(found.time, second.time);
    bool too_late = find(Door::sshd, second.time + 1, found), elsewhere = find(Door::login, first.time, found);
    assert_false(too_late);
    assert_false(elsewhere);
    Entry code = journal.wrong();
    code.kind = Kind::backup;
    code.backup_index = 3;
    code = put(Door::sshd, code);
    bool by_backup_code = find(Door::sshd, second.time + 1, found);
    assert_true(by_backup_code);
    assert_int_equal(found.time, code.time);
}

void knows_the_door_of_a_service(void**) {
    assert_int_equal(door_of("sshd"), Door::sshd);
    assert_int_equal(door_of("sudo-i"), Door::sudo);
    assert_int_equal(door_of("su-l"), Door::su);
    assert_int_equal(door_of("login"), Door::login);
    assert_int_equal(door_of("sshd2"), Door::another);
    assert_int_equal(door_of(""), Door::another);
}

/// Any entry that a writer may append, in force or not, at any time.
Entry random_entry(std::mt19937_64& chance, const Journal& journal) {
    Entry entry;
    auto below = [&chance](u64 n) { return chance() % n; };
    entry.kind = Kind(1 + below(4));
    if (below(50) == 0) entry.kind = below(2) ? Kind::unlock : Kind::forget;
    if (entry.kind == Kind::rotate && below(4)) entry.kind = Kind::wrong;
    entry.form = Form(below(5));
    entry.caller = Caller(below(2));
    entry.credential = below(6) ? journal.state.credential : below(100);
    entry.time = noon + below(3) * day + journal.size();
    entry.bucket = {u32(1 + below(20)), u32(1 + below(100000))};
    entry.from[15] = u8(chance());
    if (entry.kind == Kind::right) {
        for (int i = 0; i < 2; ++i)
            entry.spent[below(most_tokens)] = u32(below(3) + journal.state.last[below(8)]);
    }
    if (entry.kind == Kind::backup) entry.backup_index = u8(below(33));
    entry.remember = {below(5), u32(entry.time + below(50 * day))};
    if (entry.kind == Kind::rotate) {
        entry.next = 1 + below(99);
        entry.fresh_codes = below(2);
        entry.actor = u32(chance());
        for (size_t i = 0; i < most_tokens; ++i) entry.continues[i] = below(4) ? u8(i) : no_slot;
    }
    return entry;
}

/// A long journal: most writers know all before them, some little, some too little; junk of all sizes.
void write_long(Journal& journal, u64 seed) {
    std::mt19937_64 chance(seed);
    for (int i = 0; i < 2000; ++i) {
        size_t behind = chance() % 4 ? chance() % 4 : chance() % 100;
        Entry entry = random_entry(chance, journal);
        (void)journal.append(entry, behind);
        if (chance() % 8 == 0) journal.put_void(chance() % 700, u8(chance()));
        if (chance() % 16 == 0) {
            std::vector<u8> torn(journal.bytes.end() - 256, journal.bytes.end() - i64(1 + chance() % 255));
            journal.put(torn);
        }
    }
}

void comes_to_the_same_from_any_tail(void**) { // 1 to 4
    Journal journal;
    write_long(journal, 42);
    std::mt19937_64 chance(43);
    unsigned done = 0, more = 0;
    for (const Journal::Point& point : journal.past) {
        if (point.end == 0) continue;
        // As a reader would: a little, and more until it is enough.
        for (u64 want = 256 + chance() % 1024;; want *= 2) {
            u64 low = want < point.end ? point.end - want : 0;
            Tail tail{Bytes(journal.bytes).subspan(low, point.end - low), low};
            Folding folding = fold_of(tail);
            bool right = folding.folded.state == point.state;
            more += folding.result == Fold::read_more;
            if (folding.result == Fold::read_more && low > 0) continue;
            assert_int_equal(folding.result, Fold::done);
            assert_true(right);
            assert_int_equal(folding.folded.base, point.end);
            ++done;
            break;
        }
    }
    assert_int_equal(done, 2001);
    assert_true(more > 200); // so that both ways are seen
}

void comes_to_the_same_at_any_end(void**) { // 1, 3
    Journal journal;
    write_long(journal, 44);
    std::mt19937_64 chance(45);
    size_t point = 0;
    for (u64 end = 256; end < journal.size(); end += 1 + chance() % 97) {
        while (point + 1 < journal.past.size() && journal.past[point + 1].end <= end) ++point;
        u64 low = end > 3 * fold_window ? end - 3 * fold_window : 0;
        Folding folding = fold_of({Bytes(journal.bytes).subspan(low, end - low), low});
        bool right = folding.folded.state == journal.past[point].state;
        u64 base = folding.folded.base;
        assert_int_equal(folding.result, Fold::done);
        assert_true(right);
        assert_true(base >= journal.past[point].end && base + 255 >= end && base <= end);
    }
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(asks_for_more_when_the_tail_is_too_short),
        cmocka_unit_test(asks_for_more_when_the_tail_holds_no_entry),
        cmocka_unit_test(sees_what_refuses_at_the_end_of_a_short_tail),
        cmocka_unit_test(finds_the_newest_fresh_entry),
        cmocka_unit_test(finds_no_fresh_entry_behind_one_that_refuses),
        cmocka_unit_test(finds_the_newest_login_that_was_accepted_and_nothing_else),
        cmocka_unit_test(knows_the_door_of_a_service),
        cmocka_unit_test(comes_to_the_same_from_any_tail),
        cmocka_unit_test(comes_to_the_same_at_any_end),
    };
    return cmocka_run_group_tests_name("fold_tail", tests, nullptr, nullptr);
}
