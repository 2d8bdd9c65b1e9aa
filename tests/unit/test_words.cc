// SPDX-License-Identifier: Apache-2.0
// The text formats' reader and writer, and the words that stand for errors and verdicts.
#include "../support/cmocka.h"
#include "core/error.h"
#include "core/state.h"
#include "core/token.h"
#include "core/words.h"
#include <algorithm>
#include <string.h>
#include <string>
#include <vector>

using namespace totp;

namespace {
void reads_a_line_word_by_word(void**) {
    Words words("set a=1 b=-2 c=00000000000000ff d=0aFf e==x f=");
    std::array<u8, 2> bytes{};
    std::string first(words.word());
    u64 a = words.number("a", 0, 9);
    i64 b = words.signed_number("b", -9, 9);
    u64 c = words.id("c");
    words.hex("d", bytes);
    std::string e(words.value("e")), f(words.value("f"));
    bool done = words.done();
    assert_text_equal(first, "set");
    assert_int_equal(a, 1);
    assert_int_equal(b, -2);
    assert_int_equal(c, 255);
    assert_int_equal(bytes[0], 0x0a);
    assert_int_equal(bytes[1], 0xff);
    assert_text_equal(e, "=x");
    assert_text_equal(f, "");
    assert_true(done);
}

void is_done_only_when_all_was_read(void**) {
    Words words("a b");
    (void)words.word();
    bool half = words.done(), fine = words.ok(), more = words.empty();
    (void)words.word();
    bool whole = words.done();
    (void)words.word();
    bool beyond = words.done();
    assert_false(half);
    assert_true(fine);
    assert_false(more);
    assert_true(whole);
    assert_false(beyond);
}

void refuses_blanks_where_no_word_follows(void**) {
    for (string_view line : {"", " ", " a", "a ", "a  b", "a b "}) {
        Words words(line);
        for (int i = 0; i < 2 && !(words.ok() && words.empty() && i > 0); ++i) (void)words.word();
        assert_false(words.ok());
    }
}

void sticks_to_its_first_error(void**) {
    Words words("a=1 b=2 c=3");
    u64 a = words.number("a", 0, 9), wrong = words.number("x", 0, 9), c = words.number("c", 0, 9);
    std::string word(words.word());
    std::array<u8, 1> byte{0x55};
    words.hex("c", byte);
    i64 number = words.signed_number("c", 1, 3);
    bool done = words.done();
    assert_int_equal(a, 1);
    assert_int_equal(wrong, 0);
    assert_int_equal(c, 0);
    assert_text_equal(word, "");
    assert_int_equal(byte[0], 0x55);
    assert_int_equal(number, 0);
    assert_false(done);
    Words blank_behind("a ");
    std::string not_even_this(blank_behind.word());
    assert_text_equal(not_even_this, "");
    Words failed("a");
    failed.fail();
    std::string after(failed.word());
    assert_text_equal(after, "");
}

void knows_a_value_by_its_whole_name(void**) {
    for (string_view line : {"name", "nam=1", "names=1", "=1", "name:1", "Name=1"}) {
        Words words(line);
        (void)words.value("name");
        assert_false(words.ok());
    }
}

bool reads_number(string_view text, u64 least = 0, u64 most = UINT64_MAX) {
    std::string line = "n=" + std::string(text);
    Words words(line);
    (void)words.number("n", least, most);
    return words.done();
}
bool reads_signed(string_view text, i64 least = INT64_MIN, i64 most = INT64_MAX) {
    std::string line = "n=" + std::string(text);
    Words words(line);
    (void)words.signed_number("n", least, most);
    return words.done();
}

void reads_decimal_numbers_within_bounds(void**) {
    for (string_view text : {"0", "7", "18446744073709551615"}) assert_true(reads_number(text));
    for (string_view text : {"", "-1", "+1", "1x", "x1", "0x1", "1.0", "18446744073709551616", "\xd9\xa1"}) {
        assert_false(reads_number(text));
    }
    assert_true(reads_number("3", 3, 5) && reads_number("5", 3, 5));
    assert_false(reads_number("2", 3, 5) || reads_number("6", 3, 5));
}

void reads_signed_numbers_within_bounds(void**) {
    for (string_view text : {"0", "-0", "7", "-7", "9223372036854775807", "-9223372036854775807"}) {
        assert_true(reads_signed(text));
    }
    for (string_view text :
         {"", "-", "--1", "+1", "1-", "- 1", "9223372036854775808", "-9223372036854775809"}) {
        assert_false(reads_signed(text));
    }
    assert_true(reads_signed("-3", -3, 3) && reads_signed("3", -3, 3));
    assert_false(reads_signed("-4", -3, 3) || reads_signed("4", -3, 3));
    Words words("n=-9223372036854775807");
    i64 lowest = words.signed_number("n", INT64_MIN, 0);
    assert_true(lowest == -INT64_MAX);
}

void reads_hexadecimal_digits_of_exact_length(void**) {
    std::array<u8, 2> bytes{};
    u64 id = 0;
    bool mixed = read_hex("aB09", bytes);
    assert_true(mixed);
    assert_int_equal(bytes[0], 0xab);
    assert_int_equal(bytes[1], 0x09);
    for (string_view text : {"", "ab0", "ab091", "ab0g", "ab 9", "0xab", "ab0\xb9"})
        assert_false(read_hex(text, bytes));
    bool whole = read_id("fedcba9876543210", id);
    assert_true(whole);
    assert_true(id == 0xfedcba9876543210);
    for (string_view text : {"", "0", "fedcba987654321", "fedcba98765432100", "fedcba987654321x"}) {
        assert_false(read_id(text, id));
    }
}

void cuts_a_text_into_lines(void**) {
    string_view text = "one\n\ntwo\r\nlast";
    std::vector<std::string> lines;
    while (!text.empty()) lines.emplace_back(next_line(text));
    assert_int_equal(lines.size(), 4);
    assert_text_equal(lines[0], "one");
    assert_text_equal(lines[1], "");
    assert_text_equal(lines[2], "two\r");
    assert_text_equal(lines[3], "last");
    std::string none(next_line(text));
    assert_text_equal(none, "");
}

void writes_numbers_ids_and_bytes(void**) {
    std::array<char, 200> room;
    Writer out(room);
    std::array<u8, 3> bytes{0, 0x7f, 0xf0};
    out.number(u64(0)).add(' ').number(~u64(0)).add(' ').number(i64(-5)).add(' ').number(INT64_MIN).add(' ');
    out.number(INT64_MAX).add(' ').id(0xabc).add(' ').hex(bytes);
    std::string text(out.view());
    assert_text_equal(
        text, "0 18446744073709551615 -5 -9223372036854775808 9223372036854775807 0000000000000abc 007ff0");
}

void drops_what_does_not_fit_and_says_so_from_then_on(void**) {
    std::array<char, 4> room{'x', 'x', 'x', 'x'};
    Writer out(std::span<char>(room).first(3));
    bool fits = out.add("abc").ok(), too_much = out.add('d').ok(), later = out.add("").ok();
    std::string text(out.view());
    assert_true(fits);
    assert_false(too_much);
    assert_false(later);
    assert_text_equal(text, "abc");
    assert_int_equal(room[3], 'x');
    Writer whole(std::span<char>(room).first(3));
    std::string none(whole.add("abcd").view()); // not a part of it
    assert_text_equal(none, "");
}

void escapes_and_unescapes_every_byte(void**) {
    std::string all;
    for (int c = 0; c < 256; ++c) all += char(c);
    std::array<char, 800> room;
    std::array<char, 256> back;
    Writer out(room);
    out.escaped(all);
    std::string text(out.view());
    size_t size = 0;
    bool fits = unescape(text, back, size);
    bool same = string_view(back.data(), size) == all;
    bool plain =
        std::all_of(text.begin(), text.end(), [](char c) { return is_alnum(c) || strchr("._:@/-%", c); });
    assert_true(fits);
    assert_true(same);
    assert_true(plain);
    Writer some(room);
    std::string written(some.escaped("a b%\n._:@/-").view());
    assert_text_equal(written, "a%20b%25%0A._:@/-");
}

void refuses_bad_escapes_and_too_little_room(void**) {
    std::array<char, 3> room;
    size_t size = 99;
    for (string_view text : {"%", "%4", "a%", "%zz", "%4g", "%%41"}) assert_false(unescape(text, room, size));
    bool fits = unescape("a%2b%2B", room, size);
    assert_true(fits);
    assert_int_equal(size, 3);
    assert_int_equal(room[2], '+');
    bool too_long = unescape("abcd", room, size), escaped_too_long = unescape("abc%41", room, size);
    assert_false(too_long);
    assert_false(escaped_too_long);
    bool nothing = unescape("", room, size);
    assert_true(nothing);
    assert_int_equal(size, 0);
}

void never_reads_beyond_a_text(void**) {
    assert_text_equal(slice("abc", 1), "bc");
    assert_text_equal(slice("abc", 1, 1), "b");
    assert_text_equal(slice("abc", 3), "");
    assert_text_equal(slice("abc", 4, 9), "");
    assert_text_equal(slice("abc", 2, string_view::npos), "c");
}

template <typename T> void check_words(T last) {
    std::vector<std::string> words;
    for (unsigned i = 0; i <= unsigned(last); ++i) words.emplace_back(word(T(i)));
    words.emplace_back(word(T(unsigned(last) + 1))); // what no value has
    for (const std::string& w : words) {
        bool one_word =
            !w.empty() && std::all_of(w.begin(), w.end(), [](char c) { return is_alnum(c) || c == '_'; });
        if (!one_word) fail_msg("'%s'", w.c_str());
    }
    std::sort(words.begin(), words.end());
    bool distinct = std::adjacent_find(words.begin(), words.end()) == words.end();
    assert_true(distinct);
}

void has_a_word_of_its_own_for_every_error_and_verdict(void**) {
    check_words(last_error);
    check_words(Verdict::clock_behind);
    for (unsigned e = 1; e <= unsigned(last_error); ++e) assert_false(advice(Error(e)).empty());
}

void reads_the_types_and_names_of_tokens(void**) {
    for (Type type : {Type::totp, Type::hotp}) {
        Type read = type == Type::totp ? Type::hotp : Type::totp;
        bool known = read_type(word(type), read);
        assert_true(known);
        assert_int_equal(read, type);
    }
    Type type{};
    for (string_view text : {"", "TOTP", "totp ", "steam"}) assert_false(read_type(text, type));
    for (string_view name : {"a", "phone", "A.b_c-9", "aaaaaaaaaabbbbbbbbbbccccccccccdd"}) {
        assert_true(fits_as_token_name(name));
    }
    for (string_view name :
         {"", "a b", "a/b", "a%", "\xc3\xa9", "a\n", "aaaaaaaaaabbbbbbbbbbccccccccccddd"}) {
        assert_false(fits_as_token_name(name));
    }
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_line_word_by_word),
        cmocka_unit_test(is_done_only_when_all_was_read),
        cmocka_unit_test(refuses_blanks_where_no_word_follows),
        cmocka_unit_test(sticks_to_its_first_error),
        cmocka_unit_test(knows_a_value_by_its_whole_name),
        cmocka_unit_test(reads_decimal_numbers_within_bounds),
        cmocka_unit_test(reads_signed_numbers_within_bounds),
        cmocka_unit_test(reads_hexadecimal_digits_of_exact_length),
        cmocka_unit_test(cuts_a_text_into_lines),
        cmocka_unit_test(writes_numbers_ids_and_bytes),
        cmocka_unit_test(drops_what_does_not_fit_and_says_so_from_then_on),
        cmocka_unit_test(escapes_and_unescapes_every_byte),
        cmocka_unit_test(refuses_bad_escapes_and_too_little_room),
        cmocka_unit_test(never_reads_beyond_a_text),
        cmocka_unit_test(has_a_word_of_its_own_for_every_error_and_verdict),
        cmocka_unit_test(reads_the_types_and_names_of_tokens),
    };
    return cmocka_run_group_tests_name("words", tests, nullptr, nullptr);
}
