// SPDX-License-Identifier: Apache-2.0
// What a fold makes of damage. Numbers cite the promises at the head of fold.h.
#include "../support/cmocka.h"
#include "journal.h"

using namespace totp;
using namespace totp::given;

namespace {
void begins_empty_only_from_an_empty_journal(void**) { // 4
    Folding empty = fold_of({});
    bool nothing = empty.folded.state == State{};
    assert_int_equal(empty.result, Fold::done);
    assert_true(nothing);
    assert_int_equal(empty.folded.base, 0);

    Folded left_over{{.credential = 66}, 512}; // of the fold before
    Fold again = fold({}, host(), account(), left_over);
    nothing = left_over.state == State{};
    assert_int_equal(again, Fold::done);
    assert_true(nothing);
    assert_int_equal(left_over.base, 0);
}

void folds_a_first_entry(void**) {
    Journal journal;
    Folding folding = fold_of(journal.tail());
    assert_int_equal(folding.result, Fold::done);
    assert_int_equal(folding.folded.state.credential, 77);
    assert_int_equal(folding.folded.base, 256);
}

/// Void bytes of a kind, before, between and after entries none of which knows another one.
bool finds_entries_between(size_t count, const std::vector<u8>& filling) {
    Journal journal;
    std::vector<u8> some(filling.begin(), filling.begin() + i64(count));
    for (int i = 0; i < 3; ++i) {
        journal.put(some);
        (void)journal.append(i == 1 ? journal.wrong() : journal.right(), 99);
    }
    journal.put(some);
    return journal.state.last[0] == 2 && folds_right(journal, journal.tail());
}

void steps_over_void_bytes_of_every_length(void**) { // 1
    std::vector<u8> zeros(600, 0), ones(600, 0xff), letters;
    for (int i = 0; i < 600; ++i) letters.push_back(u8("PTJ1"[i % 4]));
    for (size_t count = 1; count < 256; ++count) {
        bool all = finds_entries_between(count, zeros) && finds_entries_between(count, ones) &&
                   finds_entries_between(count, letters);
        if (!all) fail_msg("%zu bytes", count);
    }
    bool longer = finds_entries_between(256, zeros) && finds_entries_between(511, letters);
    assert_true(longer);
}

void steps_over_torn_entries_of_every_length(void**) { // 1
    Journal source;
    (void)source.append(source.right());
    std::vector<u8> head(source.bytes.begin() + 256, source.bytes.end());
    for (size_t count = 1; count < 256; ++count) {
        if (!finds_entries_between(count, head)) fail_msg("%zu bytes of a head", count);
        std::vector<u8> end(head.end() - i64(count), head.end());
        if (!finds_entries_between(count, end)) fail_msg("%zu bytes of an end", count);
    }
}

void steps_over_zeroed_sectors(void**) { // 1
    // What a crash leaves where the data of an append never came to the disk. Each entry knows those before
    // it.
    for (u64 sector = 0; sector < 8; ++sector) {
        Journal journal;
        for (int i = 0; i < 17; ++i) (void)journal.append(i % 3 ? journal.right() : journal.wrong());
        std::fill_n(journal.bytes.begin() + i64(sector * 512), 512, u8(0));
        bool right = folds_right(journal, journal.tail());
        assert_true(right);
    }
}

/// A first entry, void bytes, and one at `at` that says falsely from `base` on that 55 answers were wrong.
Folding fold_with_claim(u64 at, u64 base) {
    Journal journal;
    journal.put_void(at - journal.size());
    Entry entry = journal.wrong();
    entry.key = key_id;
    entry.base = base;
    entry.seen = journal.state;
    entry.seen.wrong = 55;
    journal.put(bytes_of_entry(entry));
    return fold_of(journal.tail());
}

void takes_a_snapshot_within_the_window_behind_its_base(void**) { // 2
    assert_int_equal(fold_window, 16384); // another one would fold the same journal to another state
    for (u64 base : {u64(256), u64(300), u64(1000)}) {
        Folding at_edge = fold_with_claim(base + fold_window, base);
        Folding beyond = fold_with_claim(base + fold_window + 1, base);
        assert_int_equal(at_edge.result, Fold::done);
        assert_int_equal(at_edge.folded.state.wrong, 56);
        assert_int_equal(beyond.result, Fold::done);
        assert_int_equal(beyond.folded.state.wrong, 1);
    }
}

void takes_no_snapshot_from_behind_its_entry(void**) { // 2
    Folding at_itself = fold_with_claim(1024, 1024), behind = fold_with_claim(1024, 1025);
    Folding far = fold_with_claim(1024, UINT64_MAX - 4096);
    assert_int_equal(at_itself.folded.state.wrong, 56);
    assert_int_equal(behind.folded.state.wrong, 1);
    assert_int_equal(far.folded.state.wrong, 1);
}

void judges_an_entry_though_its_snapshot_is_stale(void**) { // 2
    // A writer that was stopped between reading and appending: its answer counts, its memory does not.
    Journal journal;
    Entry late = journal.right();
    for (int i = 0; i < 70; ++i) (void)journal.append(journal.wrong());
    Verdict verdict = journal.append(late, 70); // it remembers the first entry alone
    (void)journal.append(journal.wrong(), 71);
    bool right = folds_right(journal, journal.tail());
    assert_int_equal(verdict, Verdict::accepted);
    assert_true(right);
}

void refuses_a_missing_beginning_without_a_fresh_snapshot(void**) { // 4
    Journal journal;
    (void)journal.append(journal.right());
    u64 rest = journal.size();
    for (int i = 0; i < 70; ++i) (void)journal.append(journal.wrong(), 99); // stale ones, past the window
    bool right = folds_right(journal, journal.tail());
    std::fill_n(journal.bytes.begin(), fold_window + 256, u8(0));
    Folding zeroed = fold_of(journal.tail());

    // Cut off instead: what every entry knows is then of a place behind itself.
    Journal usual;
    for (int i = 0; i < 5; ++i) (void)usual.append(usual.wrong());
    usual.bytes.erase(usual.bytes.begin(), usual.bytes.begin() + 256);
    Folding cut = fold_of(usual.tail());
    assert_true(right);
    assert_true(rest < fold_window);
    assert_int_equal(cut.result, Fold::damaged);
    assert_int_equal(zeroed.result, Fold::damaged);
}

void never_starts_empty_from_bytes_that_are_no_entry(void**) { // 4
    for (size_t count : {1u, 36u, 255u, 256u, 257u, 40000u}) {
        std::vector<u8> zeros(count);
        Folding folding = fold_of({zeros, 0});
        assert_int_equal(folding.result, Fold::damaged);
    }
    Journal journal;
    for (size_t count = 1; count < 256; ++count) { // the torn first entry
        Folding folding = fold_of({Bytes(journal.bytes).first(count), 0});
        assert_int_equal(folding.result, Fold::damaged);
    }
}

void begins_at_the_first_whole_entry_behind_a_torn_one(void**) { // 1, 4
    Journal other, journal;
    journal.bytes.assign(other.bytes.begin(), other.bytes.begin() + 36);
    Entry first;
    first.kind = Kind::rotate;
    first.key = key_id;
    first.next = 77;
    journal.put(bytes_of_entry(first));
    Folding folding = fold_of(journal.tail());
    assert_int_equal(folding.result, Fold::done);
    assert_int_equal(folding.folded.state.credential, 77);
}

void keeps_its_base_before_what_may_be_half_visible(void**) { // 3
    Journal journal;
    for (int i = 0; i < 4; ++i) (void)journal.append(journal.wrong());
    Journal more = journal;
    (void)more.append(more.right());
    for (size_t visible = 0; visible < 256; ++visible) {
        Folding folding = fold_of({Bytes(more.bytes).first(journal.size() + visible), 0});
        // Not past the half entry, and as far as the whole ones go.
        assert_int_equal(folding.result, Fold::done);
        assert_int_equal(folding.folded.base, journal.size());
        // Whoever goes on from there sees the entry when it is whole.
        Entry entry = more.wrong();
        entry.key = key_id;
        entry.base = folding.folded.base;
        entry.seen = folding.folded.state;
        Journal next = more;
        next.put(bytes_of_entry(entry));
        (void)judge(next.state, entry);
        bool right = folds_right(next, next.tail());
        assert_true(right);
    }
}

void moves_its_base_along_with_bytes_that_are_no_entry(void**) { // 3
    // Otherwise a run of them longer than the window would make every later snapshot stale.
    Journal journal;
    journal.put_void(2 * fold_window);
    Folding folding = fold_of(journal.tail());
    assert_int_equal(folding.result, Fold::done);
    assert_int_equal(folding.folded.base, journal.size() - 255);
    Entry entry = journal.wrong();
    entry.key = key_id;
    entry.base = folding.folded.base;
    entry.seen = folding.folded.state;
    journal.put(bytes_of_entry(entry));
    (void)judge(journal.state, entry);
    bool right = folds_right(journal, journal.tail(2 * fold_window));
    assert_true(right);
}

/// An entry of version '2', or of a key that is not ours, between two that do not know of it.
Folding fold_with(const EntryBytes& odd, u64 low = 0) {
    Journal journal;
    (void)journal.append(journal.right());
    journal.put(odd);
    (void)journal.append(journal.wrong(), 1);
    return fold_of(journal.tail(low));
}

EntryBytes newer_entry() {
    EntryBytes bytes = bytes_of_entry([] {
        Entry entry;
        entry.key = key_id;
        return entry;
    }());
    bytes[3] = '2';
    sign(bytes, *host().find(key_id), account());
    return bytes;
}

EntryBytes foreign_entry() {
    Keyring other;
    make_keyring(other, {99});
    Entry entry;
    entry.key = 99;
    return bytes_of_entry(entry, other);
}

void refuses_an_entry_of_an_unknown_version(void**) { // 5
    Folding between = fold_with(newer_entry());
    EntryBytes unsigned_one = newer_entry();
    unsigned_one[255] ^= 1;
    Folding torn = fold_with(unsigned_one);
    Journal journal;
    journal.put(newer_entry());
    Folding last = fold_of(journal.tail());
    assert_int_equal(between.result, Fold::newer);
    assert_int_equal(last.result, Fold::newer);
    assert_int_equal(torn.result, Fold::done);
}

void refuses_an_entry_of_an_unknown_key(void**) { // 5
    Folding between = fold_with(foreign_entry());
    EntryBytes torn_one = foreign_entry();
    std::fill_n(torn_one.begin() + 240, 16, u8(0));
    Folding torn = fold_with(torn_one);
    Journal journal;
    journal.put(foreign_entry());
    Folding last = fold_of(journal.tail());
    Keyring none_of_ours;
    make_keyring(none_of_ours, {98});
    Folding all = fold_of(journal.tail(), none_of_ours);
    assert_int_equal(between.result, Fold::foreign);
    assert_int_equal(last.result, Fold::foreign);
    assert_int_equal(all.result, Fold::foreign);
    assert_int_equal(torn.result, Fold::done);
}

void goes_on_from_a_snapshot_behind_an_entry_of_a_key_that_was_dropped(void**) { // 5
    Journal journal;
    journal.put(foreign_entry());
    journal.past.push_back({journal.size(), journal.state}); // folded while the key was there
    (void)journal.append(journal.wrong());
    bool right = folds_right(journal, journal.tail());
    assert_true(right);
}

void ignores_entries_of_other_accounts_and_keys(void**) { // 1
    struct {
        Account whose;
        bool other_key;
    } others[] = {{account("bob"), false}, {account("alice", 1001), false}, {account(), true}};
    for (const auto& other : others) {
        Keyring same_id;
        make_keyring(same_id, {key_id});
        if (other.other_key) same_id.sets[0].signing.fill(32)[0] = 1;
        Journal journal;
        Entry entry = journal.right();
        entry.key = key_id;
        entry.seen.credential = 66;
        journal.put(bytes_of_entry(entry, same_id, other.whose));
        Folding folding = fold_of(journal.tail());
        assert_int_equal(folding.result, Fold::done);
        assert_int_equal(folding.folded.state.credential, 77);
        assert_int_equal(folding.folded.state.last[0], 0);
    }
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(begins_empty_only_from_an_empty_journal),
        cmocka_unit_test(folds_a_first_entry),
        cmocka_unit_test(steps_over_void_bytes_of_every_length),
        cmocka_unit_test(steps_over_torn_entries_of_every_length),
        cmocka_unit_test(steps_over_zeroed_sectors),
        cmocka_unit_test(takes_a_snapshot_within_the_window_behind_its_base),
        cmocka_unit_test(takes_no_snapshot_from_behind_its_entry),
        cmocka_unit_test(judges_an_entry_though_its_snapshot_is_stale),
        cmocka_unit_test(refuses_a_missing_beginning_without_a_fresh_snapshot),
        cmocka_unit_test(never_starts_empty_from_bytes_that_are_no_entry),
        cmocka_unit_test(begins_at_the_first_whole_entry_behind_a_torn_one),
        cmocka_unit_test(keeps_its_base_before_what_may_be_half_visible),
        cmocka_unit_test(moves_its_base_along_with_bytes_that_are_no_entry),
        cmocka_unit_test(refuses_an_entry_of_an_unknown_version),
        cmocka_unit_test(refuses_an_entry_of_an_unknown_key),
        cmocka_unit_test(goes_on_from_a_snapshot_behind_an_entry_of_a_key_that_was_dropped),
        cmocka_unit_test(ignores_entries_of_other_accounts_and_keys),
    };
    return cmocka_run_group_tests_name("fold", tests, nullptr, nullptr);
}
