// SPDX-License-Identifier: Apache-2.0
// How a QR code (ISO/IEC 18004) looks as text. Which modules are dark says libqrencode, in the tools and the helper.
#pragma once
#include "bytes.h"

namespace totp {

constexpr int quiet_zone = 2; ///< light modules around the code, as many as phones need

/// The modules, a byte each, row by row: dark where the lowest bit is set. Outside of the code everything is light.
struct Modules {
    const u8* at = nullptr;
    int width = 0;
    bool is_dark(int x, int y) const {
        return x >= 0 && y >= 0 && x < width && y < width && (at[size_t(y) * size_t(width) + size_t(x)] & 1);
    }
    int side() const { return width + 2 * quiet_zone; } ///< with the quiet zone
};

/// Two rows, y and the one below, as one line of half blocks: light is drawn, for a dark terminal.
template <typename Out> void add_half_blocks(const Modules& code, int y, Out add) {
    const char* blocks[] = {"█", "▀", "▄", " "}; // upper half dark: 2, lower half dark: 1
    int end = code.width + quiet_zone;
    for (int x = -quiet_zone; x < end; ++x) {
        bool lower = code.is_dark(x, y + 1) || y + 1 >= end; // a last half line is none of the code's
        add(string_view(blocks[(code.is_dark(x, y) ? 2 : 0) + (lower ? 1 : 0)]));
    }
}

/// One row, where each module is as wide as `light` and `dark` are: two columns make a square.
template <typename Out> void add_squares(const Modules& code, int y, string_view light, string_view dark, Out add) {
    for (int x = -quiet_zone; x < code.width + quiet_zone; ++x) add(code.is_dark(x, y) ? dark : light);
}

} // namespace totp
