// SPDX-License-Identifier: Apache-2.0
// The QR code of a URI (ISO/IEC 18004), as text for a terminal, as PNG and as SVG.
#pragma once
#include "core/bytes.h"
#include <string>

namespace totp {

/// Half blocks with a quiet zone of 2; `colour` sets both colours, else it is made for a dark background.
/// Without UTF-8 two columns a module. Empty when it does not fit into `columns`, or there is no code.
std::string qr_text(string_view uri, bool colour, bool utf8, unsigned columns);

/// Write a picture, 8 pixels a module, quiet zone 4, mode 0600, into a file that is not there yet.
bool write_qr_png(string_view uri, const std::string& path, std::string& reason);
bool write_qr_svg(string_view uri, const std::string& path, std::string& reason);

} // namespace totp
