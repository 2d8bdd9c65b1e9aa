// SPDX-License-Identifier: Apache-2.0
// Texts in the person's language. Facts for programs (--json, exit statuses, words of the log) never go through here.
#pragma once
#include "core/phrase.h"
#include <string>
#include <vector>

namespace totp {

/// From now on in the language of the environment, where the catalogues have it.
void choose_language();

/// `message` in that language, with %1 to %9 replaced. No secret: it is not wiped.
std::string text(const char* message, const std::vector<std::string>& values = {});
/// The same for a number of things: %1 is `count`.
std::string text(const char* one, const char* many, unsigned long count);

/// What others chose, with `?` for what a terminal would obey: where it stands in no sentence.
std::string shown(string_view value);
/// Padded to `width` columns, of which each byte takes one; a blank behind it in any case.
std::string column(const std::string& words, size_t width);

} // namespace totp
