// SPDX-License-Identifier: Apache-2.0
#include "qr.h"

namespace totp {
namespace {
SecretText half_blocks(const Modules& code, bool colour) {
    SecretText text;
    for (int y = -quiet_zone; y < code.width + quiet_zone; y += 2) {
        if (colour) text += "\033[38;5;231;48;5;16m";
        add_half_blocks(code, y, [&text](string_view block) { text += block; });
        text += colour ? "\033[0m\n" : "\n";
    }
    return text;
}

/// With colours the cells are filled, since a `#` leaves most of its cell dark.
SecretText two_columns(const Modules& code, bool colour) {
    const char *light = colour ? "\033[48;5;231m  " : "##", *dark = colour ? "\033[48;5;16m  " : "  ";
    SecretText text;
    for (int y = -quiet_zone; y < code.width + quiet_zone; ++y) {
        add_squares(code, y, light, dark, [&text](string_view cell) { text += cell; });
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
    Modules modules = code.modules();
    unsigned side = unsigned(modules.side());
    bool fits = utf8 ? side <= columns && (side + 1) / 2 <= rows : side * 2 <= columns && side <= rows;
    if (!fits) return {};
    return utf8 ? half_blocks(modules, colour) : two_columns(modules, colour);
}

} // namespace totp
