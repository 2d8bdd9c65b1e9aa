// SPDX-License-Identifier: Apache-2.0
// A QR code as a file: PNG or SVG, 8 pixels a module, quiet zone 4.
#pragma once
#include "qr.h"

namespace totp {

/// Files that hold a key which may never count: they are removed unless they are kept.
class Pictures {
  public:
    Pictures() = default;
    ~Pictures();
    Pictures(const Pictures&) = delete;
    Pictures& operator=(const Pictures&) = delete;

    /// Into a new file of mode 0600. Throw Stop when it is there already or cannot be written.
    void write_png(const QrCode& code, const std::string& path);
    void write_svg(const QrCode& code, const std::string& path);
    void keep() { made_.clear(); }

  private:
    void write(const std::string& path, string_view bytes);
    std::vector<std::string> made_;
};

} // namespace totp
