// SPDX-License-Identifier: Apache-2.0
// Texts for people: what goes into the message catalogues, and how values come into a translated sentence.
#pragma once
#include "bytes.h"

namespace totp {

/// Marks a text for the catalogues (`make po` looks for the word). Whoever shows it to a person translates it.
constexpr const char* message(const char* text) { return text; }

/// How many bytes of a printable character of UTF-8 begin here; 0 for anything else, such as a control character of
/// ASCII, U+0080 to U+009F, and bytes of other encodings, which a terminal may obey.
constexpr size_t shown_at(string_view text, size_t at) {
    u8 c = u8(text[at]);
    if (c < 0x80) return c < 32 || c == 127 ? 0 : 1;
    size_t size = c >= 0xC2 && c < 0xE0 ? 2 : c >= 0xE0 && c < 0xF0 ? 3 : c >= 0xF0 && c < 0xF5 ? 4 : 0;
    if (size == 0 || at + size > text.size()) return 0;
    for (size_t i = at + 1; i < at + size; ++i) {
        if ((u8(text[i]) & 0xC0) != 0x80) return 0;
    }
    return c == 0xC2 && u8(text[at + 1]) < 0xA0 ? 0 : size;
}

/// Adds what others chose, such as the name of an account in a directory, with `?` for what a terminal would obey.
template <typename Out> void add_shown(string_view value, Out& out) {
    for (size_t i = 0; i < value.size();) {
        size_t size = shown_at(value, i);
        out.add(size > 0 ? slice(value, i, size) : string_view("?"));
        i += size > 0 ? size : 1;
    }
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
