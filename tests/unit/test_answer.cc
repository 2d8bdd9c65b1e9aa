// SPDX-License-Identifier: Apache-2.0
#include "../support/cmocka.h"
#include "core/answer.h"
#include <string>

using namespace totp;

namespace {
/// What was understood, as "form digits code next backup", without what is not set.
std::string understood(string_view typed) {
    Answer answer;
    read_answer(typed, answer);
    switch (answer.form) {
    case Form::none: return "none";
    case Form::unfit: return "unfit";
    case Form::one_code: return "one " + std::to_string(answer.digits) + " " + std::to_string(answer.code);
    case Form::two_codes:
        return "two " + std::to_string(answer.digits) + " " + std::to_string(answer.code) + " " +
               std::to_string(answer.next_code);
    case Form::backup_code: return "backup " + std::string(answer.backup.reveal_text());
    }
    return "?";
}

void accepts_one_code_of_six_to_eight_digits(void**) {
    assert_text_equal(understood("123456"), "one 6 123456");
    assert_text_equal(understood("1234567"), "one 7 1234567");
    assert_text_equal(understood("12345678"), "one 8 12345678");
    assert_text_equal(understood("000001"), "one 6 1");
    assert_text_equal(understood("99999999"), "one 8 99999999");
}

void accepts_two_codes_in_one_answer(void**) {
    assert_text_equal(understood("123456654321"), "two 6 123456 654321");
    assert_text_equal(understood("123456 654321"), "two 6 123456 654321");
    assert_text_equal(understood("1234567 7654321"), "two 7 1234567 7654321");
    assert_text_equal(understood("00000001 99999999"), "two 8 1 99999999");
}

void accepts_a_backup_code_in_any_writing(void**) {
    assert_text_equal(understood("abcde-fghjk-mnpqr"), "backup abcdefghjkmnpqr");
    assert_text_equal(understood("ABCDEFGHJKMNPQR"), "backup abcdefghjkmnpqr");
    assert_text_equal(understood("oOiIl-L0123-45678"), "backup 001111012345678");
    // Fifteen digits are no two codes.
    assert_text_equal(understood("12345-67890-12345"), "backup 123456789012345");
}

void drops_blanks_dashes_and_a_pasted_newline(void**) {
    for (string_view typed : {"123 456", " 123456", "123456 ", "123-456", "12\t34 56", "123456\n",
                              "123456\r\n", "123456\n\n", " - 1 2 3 4 5 6 - "}) {
        assert_text_equal(understood(typed), "one 6 123456");
    }
}

void does_not_count_an_answer_of_nothing(void**) {
    for (string_view typed : {"", " ", "-", "\n", "\r\n", " - - \t"})
        assert_text_equal(understood(typed), "none");
}

void does_not_count_an_answer_with_control_bytes(void**) {
    // sshd answers with backspaces when the user is not to get in ("\b\n\r\177INCORRECT").
    assert_text_equal(understood("\b\n\r\177INCORRECT"), "none");
    assert_text_equal(understood("123\n456"), "none");
    assert_text_equal(understood("\n123456"), "none");
    assert_text_equal(understood("123456\x7f"), "none");
    assert_text_equal(understood("\x1b[A"), "none");
    assert_text_equal(understood(string_view("123456\0", 7)), "none");
    assert_text_equal(understood(std::string(600, 'a') + "\x01"), "none");
}

void takes_anything_else_for_wrong(void**) {
    for (string_view typed :
         {"1", "12345", "123456789", "1234567890", "12345678901", "1234567890123", "password", "12345a",
          "abcde-fghjk-mnpqu", "abcde-fghjk-mnpq", "abcde-fghjk-mnpqrs", "12345678901234567",
          "12345678 87654321 1", "\xc3\xa9", "123456\xff"}) {
        assert_text_equal(understood(typed), "unfit");
    }
}

void reads_no_code_out_of_a_very_long_answer(void**) {
    std::string blanks(506, ' ');
    assert_text_equal(understood(blanks + "123456"), "one 6 123456");
    // The conversation cuts replies here, so what is longer was not read whole.
    assert_text_equal(understood(blanks + " 123456"), "unfit");
    assert_text_equal(understood(std::string(100000, '1')), "unfit");
}

void forgets_the_answer_before(void**) {
    Answer answer;
    read_answer("123456", answer);
    read_answer("\b", answer);
    Form form = answer.form;
    assert_int_equal(form, Form::none);
}

/// "password|code" of a field that holds both.
std::string split(string_view typed, unsigned digits = 6) {
    Combined combined;
    bool has_code = split_combined(typed, digits, combined);
    std::string parts = std::string(combined.password) + "|" + std::string(combined.code);
    return has_code == !combined.code.empty() ? parts : "a code that is none";
}

void finds_the_code_behind_a_password(void**) {
    assert_text_equal(split("secret123456"), "secret|123456");
    assert_text_equal(split("secret 123456"), "secret |123456");
    assert_text_equal(split("123456"), "|123456");
    assert_text_equal(split("pass99123456\r\n"), "pass99|123456");
    assert_text_equal(split("pass9912345678", 8), "pass99|12345678");
    assert_text_equal(split("secret123456 654321"), "secret|123456 654321");
    assert_text_equal(split("secret 12345678 87654321", 8), "secret |12345678 87654321");
    assert_text_equal(split("secret123456 54321"), "secret123456 54321|");
    assert_text_equal(split("secret12345 654321"), "secret12345 |654321");
    assert_text_equal(split("123456 654321"), "|123456 654321");
    assert_text_equal(split("a-b-cabcde-fghjk-mnpqr"), "a-b-c|abcde-fghjk-mnpqr");
    assert_text_equal(split("abcde-fghjk-mnpqr"), "|abcde-fghjk-mnpqr");
    assert_text_equal(split("secret12345-67890-12345"), "secret|12345-67890-12345");
}

void takes_a_field_without_a_code_for_a_password(void**) {
    for (string_view typed : {"", "1", "12345", "secret", "secret12345", "secret123456x", "abcde-fghjk-mnpqu",
                              "abcdefghjkmnpqr", "\xc3\xa9", "123456 "}) {
        assert_text_equal(split(typed), (std::string(typed) + "|").c_str());
    }
    assert_text_equal(split("1234567", 8), "1234567|");
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(accepts_one_code_of_six_to_eight_digits),
        cmocka_unit_test(accepts_two_codes_in_one_answer),
        cmocka_unit_test(accepts_a_backup_code_in_any_writing),
        cmocka_unit_test(drops_blanks_dashes_and_a_pasted_newline),
        cmocka_unit_test(does_not_count_an_answer_of_nothing),
        cmocka_unit_test(does_not_count_an_answer_with_control_bytes),
        cmocka_unit_test(takes_anything_else_for_wrong),
        cmocka_unit_test(reads_no_code_out_of_a_very_long_answer),
        cmocka_unit_test(forgets_the_answer_before),
        cmocka_unit_test(finds_the_code_behind_a_password),
        cmocka_unit_test(takes_a_field_without_a_code_for_a_password),
    };
    return cmocka_run_group_tests_name("answer", tests, nullptr, nullptr);
}
