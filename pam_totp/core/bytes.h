// SPDX-License-Identifier: Apache-2.0
// The integer names and byte views that every room uses.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace totp {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i16 = std::int16_t;
using i64 = std::int64_t;
using std::size_t;
using std::string_view;

using Bytes = std::span<const u8>; ///< somebody else's bytes, to read
using Room = std::span<u8>;        ///< somebody else's bytes, to fill

inline Bytes bytes_of(string_view text) { return {reinterpret_cast<const u8*>(text.data()), text.size()}; }
inline string_view text_of(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

/// The part of `text` from `from` on, at most `count` characters; never traps as string_view::substr does.
constexpr string_view slice(string_view text, size_t from, size_t count = string_view::npos) {
    if (from > text.size()) from = text.size();
    if (count > text.size() - from) count = text.size() - from;
    return {text.data() + from, count};
}

} // namespace totp
