// SPDX-License-Identifier: Apache-2.0
// What a person typed at the prompt, read once and never looked at again.
#pragma once
#include "bytes.h"
#include "secret.h"

namespace totp {

/// How an answer is meant; it says nothing of right or wrong.
enum class Form : u8 {
    none,        ///< nothing, or control bytes (sshd's dummy answer): refused, not counted
    unfit,       ///< no code can look like this: wrong
    one_code,    ///< 6 to 8 digits
    two_codes,   ///< 12, 14 or 16 digits: the code shown now and the next one
    backup_code, ///< 15 characters of Crockford's base32
};

struct Answer {
    Form form = Form::none;
    unsigned digits = 0;         ///< of one code
    u32 code = 0, next_code = 0; ///< `next_code` with two_codes only
    Secret<15> backup;           ///< canonical characters, with backup_code only

    Answer() = default;
    ~Answer() { OPENSSL_cleanse(&code, sizeof code), OPENSSL_cleanse(&next_code, sizeof next_code); }
    Answer(const Answer&) = delete;
    Answer& operator=(const Answer&) = delete;
};

/// A password with a code behind it, typed into the one field that some applications have.
struct Combined {
    string_view password, code;
};
/// Where the code begins: a backup code in its three groups, two codes with a blank between, or as many digits as
/// the token has (6 to 8). False, and all of it is the password, when none of these ends the text.
bool split_combined(string_view typed, unsigned digits, Combined& combined);

/// Reads what was typed: blanks and dashes anywhere and a pasted newline at the end do not count.
void read_answer(string_view typed, Answer& answer);

} // namespace totp
