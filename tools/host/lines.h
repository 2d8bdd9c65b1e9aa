// SPDX-License-Identifier: Apache-2.0
// The lines of a text.
#pragma once
#include <string>
#include <vector>

namespace totp::host {

std::vector<std::string> lines_of(const std::string& text); ///< without their newlines
std::string text_of_lines(const std::vector<std::string>& lines);

std::string lower(std::string word); ///< in small letters, of ASCII

} // namespace totp::host
