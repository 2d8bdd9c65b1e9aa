// SPDX-License-Identifier: Apache-2.0
#include "../support/cmocka.h"
#include "journal.h"

using namespace totp;
using namespace totp::given;

namespace {
/// An entry with another value in every place.
Entry full_entry() {
    Entry e;
    e.kind = Kind::rotate;
    e.form = Form::two_codes;
    e.caller = Caller::helper;
    e.backup_index = 31;
    e.key = key_id;
    e.credential = 0x0102030405060708;
    for (u32 i = 0; i < most_tokens; ++i) e.spent[i] = 0xa0000000 + i;
    e.time = 0x1112131415161718;
    for (u8 i = 0; i < 16; ++i) e.from[i] = u8(0xc0 + i);
    e.bucket = {0x21222324, 0x31323334};
    e.next = 0x4142434445464748;
    for (u8 i = 0; i < most_tokens; ++i) e.continues[i] = u8(0x50 + i);
    e.fresh_codes = true;
    e.tells = true;
    e.door = Door::another;
    e.actor = 0x61626364;
    e.base = 0x7172737475767778;
    e.seen.credential = 0x8182838485868788;
    e.seen.full_at = {0x9192939495969798, 0xa1a2a3a4a5a6a7a8};
    for (u32 i = 0; i < most_tokens; ++i) e.seen.last[i] = 0xb0000000 + i;
    e.seen.used = 0xc1c2c3c4;
    e.seen.last_success = 0xd1d2d3d4;
    e.seen.last_answer = 0xe1e2e3e4;
    e.seen.last_verdict = Verdict::replayed;
    e.seen.wrong = 0xf1f2;
    for (u8 i = 0; i < 16; ++i) e.seen.wrong_from[i] = u8(0xd0 + i);
    e.seen.changed = 0x01030507;
    e.seen.changed_by = 0x02040608;
    e.seen.changes = 0xf3;
    e.seen.remembered = {Remembered{0x0a1a2a3a4a5a6a7a, 0x8a9aaaba}, Remembered{0x0b1b2b3b4b5b6b7b, 0x8b9babbb}};
    return e;
}
/// The same of an answer, which has no credential to put in force but a place to remember.
Entry full_answer(Kind kind = Kind::right) {
    Entry e = full_entry();
    e.kind = kind;
    e.next = 0;
    e.actor = 0;
    e.remember = {0x4142434445464748, 0x61626364};
    return e;
}

Mark read(const EntryBytes& bytes, Entry& entry, const Keyring& keyring = host(),
          const Account& whose = account()) {
    return read_entry(bytes, keyring, whose, entry);
}
Mark read(const EntryBytes& bytes) {
    Entry entry;
    return read(bytes, entry);
}

u64 number_at(const EntryBytes& bytes, size_t at, size_t size) {
    u64 value = 0;
    for (size_t i = size; i-- > 0;) value = value << 8 | bytes[at + i];
    return value;
}

void keeps_everything_on_the_way_round(void**) {
    Entry full = full_entry(), plain, read_full, read_plain;
    plain.key = key_id;
    Mark on_full = read(bytes_of_entry(full), read_full), on_plain = read(bytes_of_entry(plain), read_plain);
    bool same_full = read_full == full, same_plain = read_plain == plain;
    assert_int_equal(on_full, Mark::entry);
    assert_int_equal(on_plain, Mark::entry);
    assert_true(same_full);
    assert_true(same_plain);
    assert_int_equal(read_full.fresh_codes, true);
    assert_int_equal(read_plain.continues[0], no_slot);
    for (Kind kind : {Kind::right, Kind::backup}) {
        Entry answer = full_answer(kind), found;
        Mark mark = read(bytes_of_entry(answer), found);
        bool same = found == answer;
        assert_int_equal(mark, Mark::entry);
        assert_true(same);
    }
}

void keeps_no_place_of_what_is_no_right_answer(void**) {
    for (Kind kind : {Kind::wrong, Kind::rotate, Kind::unlock, Kind::forget}) {
        Entry entry = full_answer(kind), found;
        (void)read(bytes_of_entry(entry), found);
        bool none = found.remember == Remembered();
        assert_true(none);
    }
}

void tells_every_difference_between_entries(void**) {
    // Entry::operator== is how a writer knows its own entry again.
    for (const Entry& whole : {full_entry(), full_answer()}) {
        EntryBytes bytes = bytes_of_entry(whole);
        for (size_t at = 4; at < 240; ++at) {
            bool zeros = at == 111;
            if (zeros || (at >= 8 && at < 16)) continue; // and the key id, which chooses the tag
            EntryBytes other = bytes;
            other[at] ^= 1;
            if (at == 4) other[at] = u8(Kind::wrong);
            sign(other, *host().find(key_id), account());
            Entry entry;
            Mark mark = read(other, entry);
            bool same = entry == whole;
            if (mark != Mark::entry || same) fail_msg("byte %zu: mark %d, same %d", at, int(mark), int(same));
        }
    }
}

void stands_in_the_file_as_the_header_says(void**) {
    Entry e = full_entry();
    EntryBytes bytes = bytes_of_entry(e);
    struct {
        size_t at, size;
        u64 value;
    } places[] = {
        {0, 4, 0x314a5450},
        {4, 1, 4},
        {5, 1, 3},
        {6, 1, 1},
        {7, 1, 31},
        {8, 8, e.key},
        {16, 8, e.credential},
        {24, 4, e.spent[0]},
        {52, 4, e.spent[7]},
        {56, 8, e.time},
        {64, 1, 0xc0},
        {79, 1, 0xcf},
        {80, 4, 0x21222324},
        {84, 4, 0x31323334},
        {88, 8, e.next},
        {96, 1, 0x50},
        {103, 1, 0x57},
        {104, 4, e.actor},
        {108, 1, 1},
        {109, 1, 1},
        {110, 1, 5},
        {111, 1, 0},
        {112, 8, e.base},
        {120, 8, e.seen.credential},
        {216, 8, 0x0a1a2a3a4a5a6a7a},
        {224, 4, 0x8a9aaaba},
        {228, 8, 0x0b1b2b3b4b5b6b7b},
        {236, 4, 0x8b9babbb},
        {240, 8, ~e.key},
    };
    for (auto place : places) {
        u64 found = number_at(bytes, place.at, place.size);
        if (found != place.value) fail_msg("at %zu: %llx", place.at, (unsigned long long)found);
    }
    EntryBytes answer = bytes_of_entry(full_answer());
    u64 place = number_at(answer, 88, 8), until = number_at(answer, 104, 4);
    assert_true(place == full_answer().remember.place && until == full_answer().remember.until);
    EntryBytes signed_again = bytes;
    sign(signed_again, *host().find(key_id), account());
    assert_memory_equal(bytes.data(), signed_again.data(), entry_size);
}

void refuses_to_sign_with_an_unknown_key(void**) {
    Entry entry = full_entry();
    entry.key = 99;
    EntryBytes bytes{};
    Error error = write_entry(entry, host(), account(), bytes);
    assert_int_equal(error, Error::key_unknown);
}

void takes_no_entry_with_a_changed_bit(void**) {
    EntryBytes bytes = bytes_of_entry(full_entry());
    for (size_t bit = 0; bit < entry_size * 8; ++bit) {
        EntryBytes other = bytes;
        other[bit / 8] ^= u8(1 << bit % 8);
        Mark mark = read(other);
        if (mark != Mark::nothing) fail_msg("bit %zu: %d", bit, int(mark));
    }
}

void takes_no_entry_that_is_torn_anywhere(void**) {
    EntryBytes bytes = bytes_of_entry(full_entry());
    for (u8 filling : {u8(0), u8(0xff), u8(0x50)}) {
        for (size_t whole = 0; whole < entry_size; ++whole) {
            EntryBytes head = bytes, end = bytes;
            for (size_t i = whole; i < entry_size; ++i) head[i] = filling;
            for (size_t i = 0; i < entry_size - whole; ++i) end[i] = filling;
            if (head == bytes || end == bytes) continue;
            Mark on_head = read(head), on_end = read(end);
            assert_int_equal(on_head, Mark::nothing);
            assert_int_equal(on_end, Mark::nothing);
        }
    }
}

void takes_no_entry_of_another_account_or_key(void**) {
    EntryBytes bytes = bytes_of_entry(full_entry());
    Keyring same_id;
    make_keyring(same_id, {key_id});
    same_id.sets[0].signing.fill(32)[0] = 1; // another key under the same id
    Entry entry;
    Mark own = read(bytes, entry), other_name = read(bytes, entry, host(), account("alicf"));
    Mark longer = read(bytes, entry, host(), account("alice2")),
         other_uid = read(bytes, entry, host(), account("alice", 1001));
    Mark high_uid = read(bytes, entry, host(), account("alice", 1000 + (1 << 24)));
    Mark other_key = read(bytes, entry, same_id);
    assert_int_equal(own, Mark::entry);
    assert_int_equal(other_name, Mark::nothing);
    assert_int_equal(longer, Mark::nothing);
    assert_int_equal(other_uid, Mark::nothing);
    assert_int_equal(high_uid, Mark::nothing);
    assert_int_equal(other_key, Mark::nothing);
}

void reads_entries_of_every_key_in_the_ring(void**) {
    Entry entry = full_entry(), found;
    entry.key = 2;
    EntryBytes bytes = bytes_of_entry(entry);
    Mark mark = read(bytes, found);
    assert_int_equal(mark, Mark::entry);
    assert_int_equal(found.key, 2);
}

void tells_a_whole_entry_of_an_unknown_key_from_a_torn_one(void**) {
    Keyring other;
    make_keyring(other, {99});
    Entry entry = full_entry();
    entry.key = 99;
    EntryBytes bytes = bytes_of_entry(entry, other);
    EntryBytes torn = bytes, other_magic = bytes;
    for (size_t i = 240; i < entry_size; ++i) torn[i] = 0;
    other_magic[0] = 'p';
    Mark whole = read(bytes), half = read(torn), no_magic = read(other_magic);
    assert_int_equal(whole, Mark::foreign);
    assert_int_equal(half, Mark::nothing);
    assert_int_equal(no_magic, Mark::nothing);
}

/// What an entry is with one byte changed and the tag made good.
Mark signed_with(size_t at, u8 value) {
    EntryBytes bytes = bytes_of_entry(full_entry());
    bytes[at] = value;
    sign(bytes, *host().find(key_id), account());
    return read(bytes);
}

void knows_a_newer_version_when_it_is_well_signed(void**) {
    EntryBytes torn = bytes_of_entry(full_entry());
    torn[3] = '2';
    Mark unsigned_version = read(torn);
    assert_int_equal(signed_with(3, '1'), Mark::entry);
    assert_int_equal(signed_with(3, '2'), Mark::newer);
    assert_int_equal(signed_with(3, '0'), Mark::newer);
    assert_int_equal(unsigned_version, Mark::nothing);
}

void takes_values_that_it_never_writes_for_a_newer_version(void**) {
    assert_int_equal(signed_with(4, 0), Mark::newer); // kind
    assert_int_equal(signed_with(4, 1), Mark::entry);
    assert_int_equal(signed_with(4, 7), Mark::entry);
    assert_int_equal(signed_with(4, 8), Mark::newer);
    assert_int_equal(signed_with(5, 4), Mark::entry); // form
    assert_int_equal(signed_with(5, 5), Mark::newer);
    assert_int_equal(signed_with(6, 0), Mark::entry); // caller
    assert_int_equal(signed_with(6, 2), Mark::newer);
    EntryBytes bytes = bytes_of_entry(full_entry());
    memset(bytes.data() + 84, 0, 4); // a refill of 0 would divide by it
    sign(bytes, *host().find(key_id), account());
    Mark no_refill = read(bytes);
    assert_int_equal(no_refill, Mark::newer);
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(keeps_everything_on_the_way_round),
        cmocka_unit_test(keeps_no_place_of_what_is_no_right_answer),
        cmocka_unit_test(tells_every_difference_between_entries),
        cmocka_unit_test(stands_in_the_file_as_the_header_says),
        cmocka_unit_test(refuses_to_sign_with_an_unknown_key),
        cmocka_unit_test(takes_no_entry_with_a_changed_bit),
        cmocka_unit_test(takes_no_entry_that_is_torn_anywhere),
        cmocka_unit_test(takes_no_entry_of_another_account_or_key),
        cmocka_unit_test(reads_entries_of_every_key_in_the_ring),
        cmocka_unit_test(tells_a_whole_entry_of_an_unknown_key_from_a_torn_one),
        cmocka_unit_test(knows_a_newer_version_when_it_is_well_signed),
        cmocka_unit_test(takes_values_that_it_never_writes_for_a_newer_version),
    };
    return cmocka_run_group_tests_name("entry", tests, nullptr, nullptr);
}
