// SPDX-License-Identifier: Apache-2.0
#include "token.h"
#include "words.h"

namespace totp {

void Token::copy_from(const Token& other) {
    name = other.name;
    type = other.type;
    hash = other.hash;
    digits = other.digits;
    period = other.period;
    offset = other.offset;
    (void)key.assign(other.key.reveal()); // the same capacity: it fits
}

string_view word(Type type) { return type == Type::hotp ? "hotp" : "totp"; }

bool read_type(string_view text, Type& type) {
    type = text == "hotp" ? Type::hotp : Type::totp;
    return text == word(type);
}

bool fits_as_token_name(string_view name) {
    for (char c : name) {
        if (!is_alnum(c) && c != '.' && c != '_' && c != '-') return false;
    }
    return !name.empty() && name.size() <= 32;
}

u64 step_of(const Token& token, u64 now) {
    i64 step = i64(time_step(now, token.period)) + token.offset;
    return step < 0 ? 0 : u64(step);
}

bool start_codes(const Token& token, Hotp& codes) {
    return codes.start(token.hash, token.key.reveal(), token.digits);
}

} // namespace totp
