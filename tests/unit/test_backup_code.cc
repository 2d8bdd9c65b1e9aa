// SPDX-License-Identifier: Apache-2.0
#include "../support/cmocka.h"
#include "core/backup_code.h"
#include "given.h"

using namespace totp;

namespace {
std::string read(string_view text) {
    Secret<15> code;
    (void)code.assign(bytes_of("before"));
    bool fits = read_backup_code(text, code);
    if (fits) return std::string(code.reveal_text());
    return code.empty() ? "refused" : "kept";
}

/// Where a code stands in a set; -2 when libcrypto refused.
int find(const BackupCodes& set, string_view text) {
    Secret<15> code;
    int index = -2;
    (void)code.assign(bytes_of(text));
    return find_backup_code(set, code, index) ? index : -2;
}

void reads_look_alikes_as_crockford_says(void**) {
    assert_text_equal(read("0123456789abcde"), "0123456789abcde");
    assert_text_equal(read("fghjkmnpqrstvwx"), "fghjkmnpqrstvwx");
    assert_text_equal(read("FGHJKMNPQRSTVWX"), "fghjkmnpqrstvwx");
    assert_text_equal(read("yzYZoOiIlL00000"), "yzyz00111100000");
}

void refuses_other_characters_and_lengths(void**) {
    for (string_view text : {"", "0123456789abcd", "0123456789abcdef", "0123456789abcdu", "0123456789abcdU",
                             "01234-56789-abc", "0123456789abcd!", "0123456789abcd\xe9"}) {
        assert_text_equal(read(text), "refused");
    }
    std::string with_nul = read(string_view("0123456789abcd\0", 15));
    assert_text_equal(with_nul, "refused");
}

void makes_a_code_of_five_bits_of_each_byte(void**) {
    std::array<u8, 15> random{0, 1, 31, 32, 63, 255, 17, 18, 19, 20, 21, 22, 27, 28, 0xe0};
    Secret<15> code;
    make_backup_code(random, code);
    std::array<char, 40> room;
    Writer out(room);
    write_grouped(code, out);
    std::string plain(code.reveal_text()), grouped(out.view());
    assert_text_equal(plain, "01z0zzhjkmnpvw0");
    assert_text_equal(grouped, "01z0z-zhjkm-npvw0");
    assert_text_equal(read(plain), plain.c_str());
}

void uses_every_character_alike(void**) {
    // 75 bits a code: each of 32 characters stands for exactly 8 of 256 byte values.
    std::array<int, 128> seen{};
    for (unsigned b = 0; b < 256; ++b) {
        std::array<u8, 15> random;
        random.fill(u8(b));
        Secret<15> code;
        make_backup_code(random, code);
        ++seen[code.reveal()[0] & 127];
    }
    int kinds = 0, odd = 0;
    for (int count : seen) kinds += count > 0, odd += count != 0 && count != 8;
    assert_int_equal(kinds, 32);
    assert_int_equal(odd, 0);
}

void keeps_the_digest_that_pbkdf2_gives(void**) {
    // PBKDF2-HMAC-SHA-256, computed with Python's hashlib.
    BackupCodes set;
    set.salt.fill(7);
    set.rounds = 1000;
    Secret<15> code;
    (void)code.assign(bytes_of("abcdefghjkmnpqr"));
    std::array<u8, 16> digest{};
    bool made = backup_digest(set, code, digest);
    std::array<char, 40> room;
    std::string hex(Writer(room).hex(digest).view());
    assert_true(made);
    assert_text_equal(hex, "9e356589df7c32a5065c7c1a19418a3f");
}

void finds_each_code_at_its_place_and_no_other(void**) {
    Credential credential;
    given::add_backup_codes(credential, 10);
    for (int i = 0; i < 10; ++i) {
        int found = find(credential.backup, given::backup_code(size_t(i)));
        assert_int_equal(found, i);
    }
    int other = find(credential.backup, "aaaaaaaaaaaaaaa"), near = find(credential.backup, "000000000000001");
    assert_int_equal(other, -1);
    assert_int_equal(near, -1);
}

void finds_nothing_in_no_set(void**) {
    int found = find(BackupCodes{}, "aaaaaaaaaaaaaaa");
    assert_int_equal(found, -1);
}

void depends_on_salt_and_rounds(void**) {
    Credential credential;
    given::add_backup_codes(credential, 1);
    credential.backup.salt[0] ^= 1;
    int other_salt = find(credential.backup, given::backup_code(0));
    credential.backup.salt[0] ^= 1;
    ++credential.backup.rounds;
    int other_rounds = find(credential.backup, given::backup_code(0));
    credential.backup.rounds = 0;
    int no_rounds = find(credential.backup, given::backup_code(0));
    assert_int_equal(other_salt, -1);
    assert_int_equal(other_rounds, -1);
    assert_int_equal(no_rounds, -2);
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(reads_look_alikes_as_crockford_says),
        cmocka_unit_test(refuses_other_characters_and_lengths),
        cmocka_unit_test(makes_a_code_of_five_bits_of_each_byte),
        cmocka_unit_test(uses_every_character_alike),
        cmocka_unit_test(keeps_the_digest_that_pbkdf2_gives),
        cmocka_unit_test(finds_each_code_at_its_place_and_no_other),
        cmocka_unit_test(finds_nothing_in_no_set),
        cmocka_unit_test(depends_on_salt_and_rounds),
    };
    return cmocka_run_group_tests_name("backup_code", tests, nullptr, nullptr);
}
