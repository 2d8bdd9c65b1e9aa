// SPDX-License-Identifier: Apache-2.0
#include "options.h"
#include "core/words.h"

namespace totp {
namespace {

constexpr const char* unknown = "unknown argument; known are store= key= conf= after= services= tries= window= prompt= nullok echo "
                                "try_first_pass use_first_pass forward_pass debug";

bool read_flag(string_view name, Options& o) {
    if (name == "nullok") return o.nullok = true;
    if (name == "echo") return o.echo = true;
    if (name == "debug") return o.debug = true;
    if (name == "forward_pass") return o.forward_pass = true;
    if (name == "try_first_pass") return o.first_pass = FirstPass::try_it, true;
    if (name == "use_first_pass") return o.first_pass = FirstPass::use_it, true;
    return false;
}

/// The reason why one argument does not fit, or nullptr.
const char* read_option(const char* argument, Options& o) {
    string_view text(argument);
    size_t equals = text.find('=');
    string_view name = slice(text, 0, equals);
    const char* value = equals == string_view::npos ? nullptr : argument + equals + 1;
    if (!value) return read_flag(name, o) ? nullptr : unknown;
    bool is_path = name == "store" || name == "key" || name == "conf";
    if (is_path && *value != '/') return "takes an absolute path";
    if (is_path) o.moved = true;
    if (name == "store") return o.place.store = value, nullptr;
    if (name == "key") return o.place.key = value, o.key_given = true, nullptr;
    if (name == "conf") return o.conf = value, o.conf_given = true, nullptr;
    if (name == "prompt") return o.prompt = value, *value ? nullptr : "takes a text";
    if (name == "services") return o.services = value, *value ? nullptr : "takes names with commas between";
    if (name == "after") return o.after_password = true, string_view(value) == "password" ? nullptr : "takes: password";
    u64 number = 0;
    bool is_number = read_number(value, number);
    if (name == "tries") return o.tries = unsigned(number), is_number && number >= 1 && number <= 5 ? nullptr : "takes 1 to 5";
    if (name == "window") return o.window = int(number), is_number && number <= most_window ? nullptr : "takes 0 to 10";
    return unknown;
}
} // namespace

bool read_options(int argc, const char** argv, Options& options, const char*& culprit, const char*& reason) {
    for (int i = 0; i < argc; ++i) {
        culprit = argv[i];
        reason = read_option(argv[i], options);
        if (reason) return false;
    }
    return true;
}

bool serves(const Options& options, string_view service) {
    if (!options.services) return true;
    string_view rest(options.services);
    while (!rest.empty()) {
        size_t comma = rest.find(',');
        if (slice(rest, 0, comma) == service) return true;
        rest = comma == string_view::npos ? string_view{} : slice(rest, comma + 1);
    }
    return false;
}

} // namespace totp
