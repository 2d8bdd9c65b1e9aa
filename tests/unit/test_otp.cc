// SPDX-License-Identifier: Apache-2.0
#include "../support/cmocka.h"
#include "core/base32.h"
#include "core/otp.h"
#include "vectors.h"

using namespace totp;

namespace {
u32 code(Hash hash, string_view key, u64 counter, unsigned digits) {
    u32 found = UINT32_MAX;
    Hotp codes;
    return codes.start(hash, bytes_of(key), digits) && codes.at(counter, found) ? found : UINT32_MAX;
}

/// "1234567890…" of so many bytes, as RFC 6238 appendix B makes its keys.
std::string rfc_key(size_t size) {
    std::string key;
    for (size_t i = 0; i < size; ++i) key += char('0' + (i + 1) % 10);
    return key;
}

void makes_every_code_of_rfc_4226(void**) {
    auto rows = read_vectors("rfc4226.txt");
    assert_int_equal(rows.size(), 10);
    for (const auto& row : rows) {
        u32 made = code(Hash::sha1, rfc_key(20), std::stoull(row[0]), 6);
        assert_int_equal(made, std::stoul(row[1]));
    }
}

void makes_every_code_of_rfc_6238(void**) {
    auto rows = read_vectors("rfc6238.txt");
    assert_int_equal(rows.size(), 18);
    for (const auto& row : rows) {
        Hash hash{};
        bool known = read_hash(row[1], hash);
        size_t size = hash == Hash::sha1 ? 20 : hash == Hash::sha256 ? 32 : 64;
        u32 made = code(hash, rfc_key(size), time_step(std::stoull(row[0]), 30), 8);
        assert_true(known);
        assert_int_equal(made, std::stoul(row[2]));
    }
}

void makes_every_code_that_google_authenticator_makes(void**) {
    auto rows = read_vectors("google_authenticator.txt");
    assert_int_equal(rows.size(), 3);
    for (const auto& row : rows) {
        Secret<64> key;
        bool read = read_base32(row[0], key);
        u32 made = code(Hash::sha1, key.reveal_text(), std::stoull(row[1]), 6);
        assert_true(read);
        assert_int_equal(made, std::stoul(row[2]));
    }
}

void cuts_a_code_to_six_seven_or_eight_digits(void**) {
    // RFC 4226 appendix D: counter 0 truncates to 1284755224.
    u32 six = code(Hash::sha1, rfc_key(20), 0, 6), seven = code(Hash::sha1, rfc_key(20), 0, 7);
    u32 eight = code(Hash::sha1, rfc_key(20), 0, 8);
    assert_int_equal(six, 755224);
    assert_int_equal(seven, 4755224);
    assert_int_equal(eight, 84755224);
}

void takes_all_64_bits_of_the_counter(void**) {
    // RFC 6238's 2603 is beyond 2^32 seconds, not steps; no vector goes as far as the counter does.
    u32 low = code(Hash::sha1, rfc_key(20), 1, 8);
    u32 high = code(Hash::sha1, rfc_key(20), 1 + (1ull << 32), 8);
    u32 highest = code(Hash::sha1, rfc_key(20), 1 + (1ull << 56), 8);
    assert_int_not_equal(low, high);
    assert_int_not_equal(low, highest);
    assert_int_not_equal(high, highest);
}

void refuses_digits_outside_6_to_8_and_an_empty_key(void**) {
    u32 five = code(Hash::sha1, "12345678901234567890", 0, 5);
    u32 nine = code(Hash::sha1, "12345678901234567890", 0, 9);
    u32 keyless = code(Hash::sha1, "", 0, 6);
    assert_int_equal(five, UINT32_MAX);
    assert_int_equal(nine, UINT32_MAX);
    assert_int_equal(keyless, UINT32_MAX);
}

void begins_steps_at_1970(void**) {
    assert_int_equal(time_step(0, 30), 0);
    assert_int_equal(time_step(29, 30), 0);
    assert_int_equal(time_step(30, 30), 1);
    assert_int_equal(time_step(59, 60), 0);
    assert_int_equal(time_step(20'000'000'000, 30), 0x27BC86AA); // RFC 6238 appendix B
}

void reads_the_hash_that_it_writes_and_no_other(void**) {
    for (Hash hash : {Hash::sha1, Hash::sha256, Hash::sha512}) {
        Hash read = hash == Hash::sha1 ? Hash::sha512 : Hash::sha1;
        bool known = read_hash(word(hash), read);
        assert_true(known);
        assert_int_equal(read, hash);
    }
    for (string_view text : {"", "SHA1", "sha", "sha1 ", "sha384", "md5"}) {
        Hash read = Hash::sha256;
        bool known = read_hash(text, read);
        assert_false(known);
        assert_int_equal(read, Hash::sha256);
    }
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(makes_every_code_of_rfc_4226),
        cmocka_unit_test(makes_every_code_of_rfc_6238),
        cmocka_unit_test(makes_every_code_that_google_authenticator_makes),
        cmocka_unit_test(cuts_a_code_to_six_seven_or_eight_digits),
        cmocka_unit_test(takes_all_64_bits_of_the_counter),
        cmocka_unit_test(refuses_digits_outside_6_to_8_and_an_empty_key),
        cmocka_unit_test(begins_steps_at_1970),
        cmocka_unit_test(reads_the_hash_that_it_writes_and_no_other),
    };
    return cmocka_run_group_tests_name("otp", tests, nullptr, nullptr);
}
