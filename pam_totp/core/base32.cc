// SPDX-License-Identifier: Apache-2.0
#include "base32.h"

namespace totp {
namespace {
int digit(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a';
    return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

/// The whole digits of `text` into `key`: how many there were, or -1.
int decode(string_view text, Secret<64>& key) {
    u32 held = 0;
    int bits = 0, digits = 0;
    bool padding = false;
    for (char c : text) {
        if (c == ' ' || c == '-') continue;
        padding = padding || c == '=';
        if (c == '=') continue;
        int value = digit(c);
        if (value < 0 || padding) return -1;
        held = held << 5 | u32(value);
        bits += 5;
        ++digits;
        if (bits < 8) continue;
        bits -= 8;
        if (!key.push(u8(held >> bits))) return -1;
        held &= (1u << bits) - 1;
    }
    return held == 0 ? digits : -1;
}
} // namespace

void write_base32(Bytes bytes, Writer& out) {
    constexpr string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    u32 held = 0;
    int bits = 0;
    for (u8 b : bytes) {
        held = held << 8 | b;
        for (bits += 8; bits >= 5; bits -= 5) out.add(alphabet[held >> (bits - 5) & 31]);
        held &= (1u << bits) - 1;
    }
    if (bits > 0) out.add(alphabet[held << (5 - bits) & 31]);
}

bool read_base32(string_view text, Secret<64>& key) {
    key.wipe();
    int digits = decode(text, key);
    int over = digits % 8;
    bool whole = digits > 0 && over != 1 && over != 3 && over != 6;
    if (!whole) key.wipe();
    return whole;
}

} // namespace totp
