// SPDX-License-Identifier: Apache-2.0
#include "log_text.h"

namespace totp {
namespace {
Writer& begin_word(Writer& out, string_view name) {
    if (!out.view().empty()) out.add(' ');
    return out.add(name).add('=');
}
} // namespace

void add_word(Writer& out, string_view name, string_view value) {
    if (!value.empty()) begin_word(out, name).escaped(slice(value, 0, longest_logged_value));
}

void add_word(Writer& out, string_view name, u64 number) { begin_word(out, name).number(number); }

} // namespace totp
