// SPDX-License-Identifier: Apache-2.0
#include "../support/cmocka.h"
#include "core/base32.h"
#include "vectors.h"

using namespace totp;

namespace {
std::string written(string_view bytes) {
    std::array<char, 200> room;
    Writer out(room);
    write_base32(bytes_of(bytes), out);
    return out.ok() ? std::string(out.view()) : "no room";
}

/// What was read, or "refused"; a refusal that keeps bytes is "kept".
std::string read(string_view text) {
    Secret<64> key;
    (void)key.assign(bytes_of("what was there before"));
    bool fits = read_base32(text, key);
    if (fits) return std::string(key.reveal_text());
    return key.empty() ? "refused" : "kept";
}

void reads_every_vector_of_rfc_4648(void**) {
    auto rows = read_vectors("rfc4648.txt");
    assert_int_equal(rows.size(), 6);
    for (const auto& row : rows) assert_text_equal(read(row[1]), row[0].c_str());
}

void writes_every_vector_of_rfc_4648_without_padding(void**) {
    auto rows = read_vectors("rfc4648.txt");
    assert_int_equal(rows.size(), 6);
    for (const auto& row : rows) {
        std::string bare = row[1].substr(0, row[1].find('='));
        assert_text_equal(written(row[0]), bare.c_str());
        assert_text_equal(read(bare), row[0].c_str());
    }
    assert_text_equal(written(""), "");
}

void reads_a_key_as_people_paste_it(void**) {
    assert_text_equal(read("mzxw6ytboi"), "foobar");
    assert_text_equal(read("MzXw 6yTb oI"), "foobar");
    assert_text_equal(read(" mzxw-6ytb-oi "), "foobar");
    assert_text_equal(read("MZXW6YTBOI ======"), "foobar");
    assert_text_equal(read("MZXW6YTBOI="), "foobar");
}

void refuses_what_is_no_base32(void**) {
    for (string_view text :
         {"MZXW1YTB", "MZXW0YTB", "MZXW8YTB", "MZXW9YTB", "MZXW6YT!", "MZXW6YT\n", "MZXW6YT\xc3"}) {
        assert_text_equal(read(text), "refused");
    }
}

void refuses_nothing_at_all(void**) {
    for (string_view text : {"", " ", "-", "=", "========"}) assert_text_equal(read(text), "refused");
}

void refuses_lengths_that_no_bytes_have(void**) {
    for (string_view text : {"A", "AAA", "AAAAAA", "AAAAAAAAA", "AAAAAAAAAAA", "AAAAAAAAAAAAAA"}) {
        assert_text_equal(read(text), "refused");
    }
}

void refuses_bits_left_over(void**) {
    // MY is "f"; the lowest two bits of its second digit belong to no byte.
    for (string_view text : {"MZ", "M2", "M3", "MZXX", "MZXW7", "MZXW6YR"})
        assert_text_equal(read(text), "refused");
}

void refuses_padding_before_the_end(void**) {
    for (string_view text : {"=MZXW6YTB", "MY======MZXW6YTB", "MZ=XW6YTB"})
        assert_text_equal(read(text), "refused");
}

void reads_64_bytes_and_refuses_65(void**) {
    std::string longest(64, 'k');
    assert_text_equal(read(written(longest)), longest.c_str());
    assert_text_equal(read(written(longest + "k")), "refused");
    assert_text_equal(read(std::string(5000, 'A')), "refused");
}

void keeps_every_byte_on_the_way_round(void**) {
    for (size_t size = 1; size <= 64; ++size) {
        std::string bytes;
        for (size_t i = 0; i < size; ++i) bytes += char(1 + (i * 37 + size * 11) % 255);
        assert_text_equal(read(written(bytes)), bytes.c_str());
    }
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_vector_of_rfc_4648),
        cmocka_unit_test(writes_every_vector_of_rfc_4648_without_padding),
        cmocka_unit_test(reads_a_key_as_people_paste_it),
        cmocka_unit_test(refuses_what_is_no_base32),
        cmocka_unit_test(refuses_nothing_at_all),
        cmocka_unit_test(refuses_lengths_that_no_bytes_have),
        cmocka_unit_test(refuses_bits_left_over),
        cmocka_unit_test(refuses_padding_before_the_end),
        cmocka_unit_test(reads_64_bytes_and_refuses_65),
        cmocka_unit_test(keeps_every_byte_on_the_way_round),
    };
    return cmocka_run_group_tests_name("base32", tests, nullptr, nullptr);
}
