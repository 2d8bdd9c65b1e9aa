// SPDX-License-Identifier: Apache-2.0
#include "answer.h"
#include "backup_code.h"

namespace totp {
namespace {
constexpr size_t longest = 512; // as the conversation cuts replies

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '-'; }
bool is_digit(u8 c) { return c >= '0' && c <= '9'; }

string_view without_newline(string_view typed) {
    while (!typed.empty() && (typed.back() == '\n' || typed.back() == '\r')) typed.remove_suffix(1);
    return typed;
}

u32 decimal(Bytes digits) {
    u32 value = 0;
    for (u8 d : digits) value = value * 10 + (d - '0');
    return value;
}

/// The form that so many characters have, when all of them are digits.
Form form_of(size_t digits) {
    if (digits >= 6 && digits <= 8) return Form::one_code;
    return digits == 12 || digits == 14 || digits == 16 ? Form::two_codes : Form::unfit;
}

bool all_digits(string_view text) {
    for (char c : text) {
        if (!is_digit(u8(c))) return false;
    }
    return !text.empty();
}

bool ends_in_backup_code(string_view text) {
    Secret<15> code, plain;
    string_view groups = slice(text, text.size() - 17);
    for (size_t i = 0; i < groups.size(); ++i) {
        if (i % 6 == 5 ? groups[i] != '-' : !plain.push(u8(groups[i]))) return false;
    }
    return read_backup_code(plain.reveal_text(), code);
}
bool ends_in_two_codes(string_view text, unsigned digits) {
    string_view first = slice(text, text.size() - 2 * size_t(digits) - 1, digits);
    string_view last = slice(text, text.size() - digits);
    return all_digits(first) && all_digits(last) && text[text.size() - digits - 1] == ' ';
}
} // namespace

bool split_combined(string_view typed, unsigned digits, Combined& combined) {
    typed = without_newline(typed);
    size_t size = 0, two = 2 * size_t(digits);
    if (typed.size() >= 17 && ends_in_backup_code(typed)) size = 17;
    else if (typed.size() > two && ends_in_two_codes(typed, digits)) size = two + 1;
    else if (typed.size() >= digits && all_digits(slice(typed, typed.size() - digits))) size = digits;
    combined = {slice(typed, 0, typed.size() - size), slice(typed, typed.size() - size)};
    return size > 0;
}

void read_answer(string_view typed, Answer& answer) {
    answer.form = Form::none;
    typed = without_newline(typed);
    Secret<17> kept; // one more than the longest form, so that a longer answer is seen to be unfit
    bool digits_only = true;
    for (char c : typed) {
        if (c != '\t' && (u8(c) < 32 || c == 127)) return; // answer.form stays none
        if (is_blank(c)) continue;
        digits_only = digits_only && is_digit(u8(c));
        (void)kept.push(u8(c));
    }
    if (kept.empty()) return;
    answer.form = Form::unfit;
    if (typed.size() > longest) return;
    size_t size = kept.size();
    if (size == backup_code_length && read_backup_code(kept.reveal_text(), answer.backup)) {
        answer.form = Form::backup_code;
    } else if (digits_only && form_of(size) != Form::unfit) {
        answer.form = form_of(size);
        answer.digits = unsigned(answer.form == Form::two_codes ? size / 2 : size);
        answer.code = decimal(kept.reveal().first(answer.digits));
        if (answer.form == Form::two_codes) answer.next_code = decimal(kept.reveal().last(answer.digits));
    }
}

} // namespace totp
