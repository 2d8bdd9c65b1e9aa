// SPDX-License-Identifier: Apache-2.0
#include "uri.h"
#include "base32.h"

namespace totp {
namespace {
/// RFC 3986 unreserved characters and '@' as they are, the rest as %XX.
void write_part(string_view text, Writer& out) {
    for (char c : text) {
        if (is_alnum(c) || string_view("-._~@").find(c) != string_view::npos) {
            out.add(c);
        } else {
            out.add('%').add("0123456789ABCDEF"[u8(c) >> 4]).add("0123456789ABCDEF"[u8(c) & 15]);
        }
    }
}

string_view upper(Hash hash) {
    switch (hash) {
    case Hash::sha1: return "SHA1";
    case Hash::sha256: return "SHA256";
    case Hash::sha512: return "SHA512";
    }
    return "";
}
} // namespace

void write_uri(const Token& token, string_view issuer, string_view account, u64 counter, Writer& out) {
    out.add("otpauth://").add(word(token.type)).add('/');
    write_part(issuer, out);
    out.add(':');
    write_part(account, out);
    out.add("?secret=");
    write_base32(token.key.reveal(), out);
    out.add("&issuer=");
    write_part(issuer, out);
    if (token.hash != Hash::sha1) out.add("&algorithm=").add(upper(token.hash));
    if (token.digits != 6) out.add("&digits=").number(u64(token.digits));
    if (token.type == Type::totp && token.period != 30) out.add("&period=").number(u64(token.period));
    if (token.type == Type::hotp) out.add("&counter=").number(counter);
}

} // namespace totp
