// SPDX-License-Identifier: Apache-2.0
#include "words.h"
#include <charconv>

namespace totp {
namespace {
int nibble(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}
} // namespace

Writer& Writer::add(string_view text) {
    if (text.size() > room_.size() - used_) {
        ok_ = false;
        return *this;
    }
    for (char c : text) room_[used_++] = c;
    return *this;
}

Writer& Writer::number(u64 value) {
    char digits[20] = {};
    return add({digits, size_t(std::to_chars(digits, digits + 20, value).ptr - digits)});
}

Writer& Writer::number(i64 value) { return value < 0 ? add('-').number(u64(0) - u64(value)) : number(u64(value)); }

Writer& Writer::hex(Bytes bytes) {
    for (u8 b : bytes) add("0123456789abcdef"[b >> 4]).add("0123456789abcdef"[b & 15]);
    return *this;
}

Writer& Writer::id(u64 value) {
    for (int shift = 60; shift >= 0; shift -= 4) add("0123456789abcdef"[value >> shift & 15]);
    return *this;
}

Writer& Writer::escaped(string_view text) {
    for (char c : text) {
        if (is_alnum(c) || string_view("._:@/-").find(c) != string_view::npos) {
            add(c);
        } else {
            u8 byte = u8(c);
            add('%').add("0123456789ABCDEF"[byte >> 4]).add("0123456789ABCDEF"[byte & 15]);
        }
    }
    return *this;
}

string_view Words::word() {
    if (!ok_ || rest_.empty()) return ok_ = false, string_view{};
    size_t end = rest_.find(' ');
    string_view found = slice(rest_, 0, end);
    rest_ = end == string_view::npos ? string_view{} : slice(rest_, end + 1);
    // An empty word is two blanks in a row, and a blank at the end announces a word that does not come.
    if (found.empty() || (end != string_view::npos && rest_.empty())) ok_ = false;
    return ok_ ? found : string_view{};
}

string_view Words::value(string_view name) {
    string_view found = word();
    if (found.size() <= name.size() || slice(found, 0, name.size()) != name || found[name.size()] != '=') {
        ok_ = false;
    }
    return ok_ ? slice(found, name.size() + 1) : string_view{};
}

u64 Words::number(string_view name, u64 least, u64 most) {
    u64 value = 0;
    if (!read_number(this->value(name), value) || value < least || value > most) ok_ = false;
    return ok_ ? value : 0;
}

i64 Words::signed_number(string_view name, i64 least, i64 most) {
    string_view text = value(name);
    bool negative = !text.empty() && text[0] == '-';
    u64 size = 0;
    if (!read_number(slice(text, negative ? 1 : 0), size) || size > u64(INT64_MAX)) ok_ = false;
    i64 number = negative ? -i64(size) : i64(size);
    if (number < least || number > most) ok_ = false;
    return ok_ ? number : 0;
}

u64 Words::id(string_view name) {
    u64 value = 0;
    if (!read_id(this->value(name), value)) ok_ = false;
    return ok_ ? value : 0;
}

void Words::hex(string_view name, Room room) {
    if (!read_hex(value(name), room)) ok_ = false;
}

string_view next_line(string_view& text) {
    size_t end = text.find('\n');
    string_view line = slice(text, 0, end);
    text = end == string_view::npos ? string_view{} : slice(text, end + 1);
    return line;
}

bool read_number(string_view text, u64& value) {
    const char* end = text.data() + text.size();
    auto [stop, error] = std::from_chars(text.data(), end, value);
    return !text.empty() && error == std::errc{} && stop == end;
}

bool is_other_version(string_view word, string_view known) {
    size_t common = known.size() - 1; // all but the number
    u64 version = 0;
    return word != known && slice(word, 0, common) == slice(known, 0, common) && read_number(slice(word, common), version);
}

bool read_duration(string_view text, u32& seconds) {
    constexpr u64 most = 31 * u64(86400);
    u64 unit = 0, number = 0;
    if (!text.empty()) {
        switch (text.back()) {
        case 'd': unit = 86400; break;
        case 'h': unit = 3600; break;
        case 'm': unit = 60; break;
        case 's': unit = 1; break;
        default: break;
        }
    }
    if (unit != 0) text.remove_suffix(1);
    if (unit == 0) unit = 1;
    if (!read_number(text, number) || number < 1 || number > most || number * unit > most) return false;
    seconds = u32(number * unit);
    return true;
}

bool read_hex(string_view text, Room room) {
    if (text.size() != room.size() * 2) return false;
    for (size_t i = 0; i < room.size(); ++i) {
        int high = nibble(text[2 * i]), low = nibble(text[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        room[i] = u8(high << 4 | low);
    }
    return true;
}

bool read_id(string_view text, u64& value) {
    std::array<u8, 8> bytes{};
    if (!read_hex(text, bytes)) return false;
    value = 0;
    for (u8 b : bytes) value = value << 8 | b;
    return true;
}

bool unescape(string_view text, std::span<char> room, size_t& size) {
    size = 0;
    for (size_t i = 0; i < text.size(); ++i) {
        if (size == room.size()) return false;
        u8 byte = u8(text[i]);
        if (byte == '%') {
            if (!read_hex(slice(text, i + 1, 2), {&byte, 1})) return false;
            i += 2;
        }
        room[size++] = char(byte);
    }
    return true;
}

} // namespace totp
