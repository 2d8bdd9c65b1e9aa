// SPDX-License-Identifier: Apache-2.0
#include "qr.h"

namespace totp {
namespace {
constexpr int quiet = 2;

SecretText half_blocks(const QrCode& code, bool colour) {
    const char* blocks[] = {"█", "▀", "▄", " "}; // light is drawn; upper half dark: 2, lower half dark: 1
    int end = code.width() + quiet;
    SecretText text;
    for (int y = -quiet; y < end; y += 2) {
        if (colour) text += "\033[38;5;231;48;5;16m";
        for (int x = -quiet; x < end; ++x) {
            bool lower = code.dark(x, y + 1) || y + 1 >= end; // a last half line is none of the code's
            text += blocks[(code.dark(x, y) ? 2 : 0) + (lower ? 1 : 0)];
        }
        text += colour ? "\033[0m\n" : "\n";
    }
    return text;
}

/// With colours the cells are filled, since a `#` leaves most of its cell dark.
SecretText two_columns(const QrCode& code, bool colour) {
    SecretText text;
    for (int y = -quiet; y < code.width() + quiet; ++y) {
        int before = -1;
        for (int x = -quiet; x < code.width() + quiet; ++x) {
            int dark = code.dark(x, y);
            if (colour && dark != before) text += dark ? "\033[48;5;16m" : "\033[48;5;231m";
            before = dark;
            text += dark || colour ? "  " : "##";
        }
        text += colour ? "\033[0m\n" : "\n";
    }
    return text;
}
} // namespace

QrCode::QrCode(const SecretText& uri)
    : code_(QRcode_encodeString(uri.c_str(), 0, QR_ECLEVEL_L, QR_MODE_8, 1)) {}

QrCode::~QrCode() {
    if (code_) OPENSSL_cleanse(code_->data, size_t(code_->width) * size_t(code_->width));
    QRcode_free(code_);
}

SecretText qr_text(const QrCode& code, bool colour, bool utf8, unsigned columns, unsigned rows) {
    if (!code) return {};
    unsigned side = unsigned(code.width() + 2 * quiet);
    bool fits = utf8 ? side <= columns && (side + 1) / 2 <= rows : side * 2 <= columns && side <= rows;
    if (!fits) return {};
    return utf8 ? half_blocks(code, colour) : two_columns(code, colour);
}

} // namespace totp
