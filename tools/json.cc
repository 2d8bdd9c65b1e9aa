// SPDX-License-Identifier: Apache-2.0
#include "json.h"

namespace totp {
namespace {
/// The bytes of the UTF-8 sequence that `text` begins with; 0 when it is none (RFC 3629).
size_t sequence(string_view text) {
    u8 first = u8(text[0]);
    size_t size = first < 0x80   ? 1
                  : first < 0xC2 ? 0
                  : first < 0xE0 ? 2
                  : first < 0xF0 ? 3
                  : first < 0xF5 ? 4
                                 : 0;
    if (size > text.size()) return 0;
    for (size_t i = 1; i < size; ++i) {
        if ((u8(text[i]) & 0xC0) != 0x80) return 0;
    }
    u8 second = size > 1 ? u8(text[1]) : 0;
    bool too_long = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
    bool no_character = (first == 0xED && second > 0x9F) || (first == 0xF4 && second > 0x8F);
    return too_long || no_character ? 0 : size;
}

void add_byte(u8 byte, SecretText& out) {
    if (byte == '"' || byte == '\\') out += '\\';
    if (byte >= 32 && byte != 127) {
        out += char(byte);
        return;
    }
    constexpr char digits[] = "0123456789abcdef";
    out += "\\u00";
    out += digits[byte >> 4];
    out += digits[byte & 15];
}
} // namespace

SecretText json_string(string_view text) {
    SecretText out = "\"";
    out.reserve(text.size() + text.size() / 8 + 2);
    while (!text.empty()) {
        size_t size = sequence(text);
        if (size == 0)
            out += "\xEF\xBF\xBD";
        else if (size == 1)
            add_byte(u8(text[0]), out);
        else
            out += text.substr(0, size);
        text.remove_prefix(size == 0 ? 1 : size);
    }
    out += '"';
    return out;
}

} // namespace totp
