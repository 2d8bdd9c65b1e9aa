// SPDX-License-Identifier: Apache-2.0
// The little of JSON (RFC 8259) that the command prints.
#pragma once
#include "core/bytes.h"
#include <string>

namespace totp {

/// A JSON string, quotes included. Bytes are taken as UTF-8.
inline std::string json_string(string_view text) {
    std::string out = "\"";
    for (char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (u8(c) < 32) {
            constexpr char digits[] = "0123456789abcdef";
            out += std::string("\\u00") + digits[u8(c) >> 4] + digits[c & 15];
        } else {
            out += c;
        }
    }
    return out + '"';
}

} // namespace totp
