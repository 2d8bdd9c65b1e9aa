// SPDX-License-Identifier: Apache-2.0
// Texts for people: what goes into the message catalogues, and how values come into a translated sentence.
#pragma once
#include "bytes.h"

namespace totp {

/// Marks a text for the catalogues (`make po` looks for the word). Whoever shows it to a person translates it.
constexpr const char* message(const char* text) { return text; }

/// Whether a terminal may obey the byte: control characters of ASCII, and U+0080 to U+009F, which are two bytes in
/// UTF-8 and one in other encodings.
constexpr bool is_control(string_view text, size_t at) {
    u8 c = u8(text[at]), before = at > 0 ? u8(text[at - 1]) : 0, behind = at + 1 < text.size() ? u8(text[at + 1]) : 0;
    auto is_high = [](u8 byte) { return byte >= 0x80 && byte < 0xA0; };
    return c < 32 || c == 127 || (c == 0xC2 && is_high(behind)) || (is_high(c) && (before < 0x80 || before == 0xC2));
}

/// Adds what others chose, such as the name of an account in a directory, with `?` for what a terminal would obey.
template <typename Out> void add_shown(string_view value, Out& out) {
    for (size_t i = 0; i < value.size(); ++i) out.add(is_control(value, i) ? '?' : value[i]);
}

/// Adds `form` to `out`, with `%1` to `%9` replaced by `values`; a number that has none adds nothing. So the worst
/// that a translation can do is to read badly.
template <typename Out> void fill_in(string_view form, std::span<const string_view> values, Out& out) {
    for (size_t i = 0; i < form.size(); ++i) {
        bool is_value = form[i] == '%' && i + 1 < form.size() && form[i + 1] >= '1' && form[i + 1] <= '9';
        if (!is_value) {
            out.add(form[i]);
            continue;
        }
        size_t which = size_t(form[++i] - '1');
        if (which < values.size()) add_shown(values[which], out);
    }
}

} // namespace totp
