// SPDX-License-Identifier: Apache-2.0
// The QR code of a URI (ISO/IEC 18004), and how it looks on a terminal.
#pragma once
#include "core/modules.h"
#include "secret_text.h"
#include <qrencode.h>

namespace totp {

/// libqrencode's code, level L, wiped at its end.
class QrCode {
  public:
    explicit QrCode(const SecretText& uri);
    ~QrCode();
    QrCode(const QrCode&) = delete;
    QrCode& operator=(const QrCode&) = delete;
    explicit operator bool() const {
        return code_ != nullptr;
    } ///< false: no room in the largest code, no memory
    Modules modules() const { return {code_->data, code_->width}; }

  private:
    QRcode* code_;
};

/// With a quiet zone of 2: half blocks, or without UTF-8 two columns a module. `colour` sets both colours;
/// else it is light on dark, as most terminals are. Empty when that is too wide or too high.
SecretText qr_text(const QrCode& code, bool colour, bool utf8, unsigned columns, unsigned rows);

} // namespace totp
