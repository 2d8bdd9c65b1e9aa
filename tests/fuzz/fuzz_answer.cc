// SPDX-License-Identifier: Apache-2.0
// What a person types: blanks and dashes do not count, and a form is never given to what cannot have it.
#include "core/answer.h"
#include "core/backup_code.h"
#include "fuzz.h"

using namespace totp;

namespace {
/// As people would read it: what is left without blanks and dashes.
std::string plain(string_view typed) {
    std::string kept;
    for (char c : typed) {
        if (std::string(" \t-\r\n").find(c) == std::string::npos) kept += c;
    }
    return kept;
}

bool same(const Answer& a, const Answer& b) {
    return a.form == b.form && a.digits == b.digits && a.code == b.code && a.next_code == b.next_code &&
           equal_secrets(a.backup.reveal(), b.backup.reveal());
}

u32 number(const std::string& digits) { return u32(strtoul(digits.c_str(), nullptr, 10)); }

void check_form(const Answer& answer, const std::string& kept) {
    bool digits_only = kept.find_first_not_of("0123456789") == std::string::npos;
    size_t n = answer.digits;
    Secret<15> code;
    switch (answer.form) {
    case Form::one_code:
        MUST(digits_only && kept.size() == n && n >= 6 && n <= 8 && answer.code == number(kept));
        break;
    case Form::two_codes:
        MUST(digits_only && kept.size() == 2 * n && n >= 6 && n <= 8);
        MUST(answer.code == number(kept.substr(0, n)) && answer.next_code == number(kept.substr(n)));
        break;
    case Form::backup_code:
        MUST(read_backup_code(kept, code) && equal_secrets(code.reveal(), answer.backup.reveal()));
        break;
    default: MUST(n == 0 && answer.code == 0 && answer.backup.empty());
    }
}
} // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    auto input = fuzz::exact(data, size);
    Answer answer, again;
    read_answer({input.get(), size}, answer);
    std::string kept = plain({input.get(), size});
    check_form(answer, kept);
    if (size > 250 || answer.form == Form::none) return 0; // a long answer is unfit, whatever is in it
    std::string spread;
    for (char c : kept) spread.append(1, c).append(" ");
    read_answer(spread + "\r\n", again);
    MUST(same(answer, again));
    return 0;
}
