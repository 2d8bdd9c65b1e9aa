// SPDX-License-Identifier: Apache-2.0
// Texts for people: what goes into the message catalogues, and how values come into a translated sentence.
#pragma once
#include "bytes.h"

namespace totp {

/// Marks a text for the catalogues (`make po` looks for the word). Whoever shows it to a person translates it.
constexpr const char* message(const char* text) { return text; }

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
        if (which < values.size()) out.add(values[which]);
    }
}

} // namespace totp
