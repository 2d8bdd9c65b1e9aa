// SPDX-License-Identifier: Apache-2.0
#include "text.h"
#include "beside.h"
#include <clocale>
#include <libintl.h>
#include <unistd.h>

namespace totp {
namespace {
constexpr const char* domain = "pam_totp";

struct Out {
    std::string text;
    void add(char c) { text += c; }
    void add(string_view piece) { text += piece; }
};

std::string filled(const char* form, const std::vector<std::string>& values) {
    std::vector<string_view> views(values.begin(), values.end());
    Out out;
    fill_in(form, views, out);
    return out.text;
}

/// The catalogues beside this program, as it was built; else the installed ones. With the slash, since beside the
/// installed program stands locale(1).
std::string catalogues() {
    std::string beside = beside_this_program("locale/");
    return access(beside.c_str(), X_OK) == 0 ? beside : TOTP_LOCALES;
}
} // namespace

void choose_language() {
    (void)std::setlocale(LC_CTYPE, "");
    (void)std::setlocale(LC_MESSAGES, "");
    bindtextdomain(domain, catalogues().c_str());
    textdomain(domain);
}

std::string text(const char* message, const std::vector<std::string>& values) {
    return filled(gettext(message), values);
}

std::string text(const char* one, const char* many, unsigned long count) {
    return filled(ngettext(one, many, count), {std::to_string(count)});
}

std::string shown(string_view value) {
    Out out;
    add_shown(value, out);
    return out.text;
}

std::string column(const std::string& words, size_t width) {
    return words + std::string(words.size() < width ? width - words.size() : 1, ' ');
}

} // namespace totp
