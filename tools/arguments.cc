// SPDX-License-Identifier: Apache-2.0
#include "command.h"
#include <algorithm>
#include <functional>
#include <iostream>
#include <map>

namespace totp {
namespace {
const std::vector<std::string> common{"-u", "--user", "--json", "--store", "--key", "--conf"};

/// Levenshtein distance.
size_t distance(const std::string& a, const std::string& b) {
    std::vector<size_t> row(b.size() + 1);
    for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (size_t i = 1; i <= a.size(); ++i) {
        size_t diagonal = row[0]++;
        for (size_t j = 1; j <= b.size(); ++j) {
            size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
        }
    }
    return row.back();
}

bool number(const std::string& text, u64 least, u64 most, u64& value) {
    return read_number(text, value) && value >= least && value <= most;
}

/// Sets one option that takes a value; false when the value does not fit.
bool set(const std::string& name, const std::string& value, Arguments& a) {
    u64 n = 0;
    Token& token = a.request.token;
    if (name == "-u" || name == "--user") return a.user = value, !value.empty();
    if (name == "--store") return a.store = value, value.starts_with('/');
    if (name == "--key") return a.key = value, value.starts_with('/');
    if (name == "--conf") return a.conf = value, value.starts_with('/');
    if (name == "--png") return a.png = value, !value.empty();
    if (name == "--svg") return a.svg = value, !value.empty();
    if (name == "--issuer") return a.issuer = value, !value.empty() && value.find(':') == std::string::npos;
    if (name == "--secret-file") return a.secret_file = value, !value.empty();
    if (name == "--name") return token.name = Text<32>(value), fits_as_token_name(value);
    if (name == "--algorithm") return read_hash(value, token.hash);
    if (name == "--digits") return number(value, least_digits, most_digits, n) && (token.digits = unsigned(n), true);
    if (name == "--period") return number(value, least_period, most_period, n) && (token.period = unsigned(n), true);
    if (name == "--counter") return number(value, 0, UINT32_MAX - 1, n) && (a.request.counter = u32(n), true);
    return false;
}

/// Options without a value.
bool* flag(const std::string& name, Arguments& a) {
    const std::map<std::string, bool*> flags{{"--json", &a.json},       {"--all", &a.all},
                                             {"--uri", &a.uri},         {"--codes-only", &a.request.codes_only},
                                             {"--if-missing", &a.request.if_missing}};
    auto found = flags.find(name);
    return found == flags.end() ? nullptr : found->second;
}

bool unknown_option(const Command& command, const std::string& word, const std::vector<std::string>& known) {
    std::string near = nearest(word, known);
    complain("'" + word + "' is not an option of " + command.name +
             (near.empty() ? "; see: pam-totp " + std::string(command.name) + " --help"
                           : "; did you mean '" + near + "'?"));
    return false;
}
} // namespace

std::string nearest(const std::string& word, const std::vector<std::string>& known) {
    std::string best;
    size_t least = word.size() / 3 + 2;
    for (const std::string& candidate : known) {
        size_t d = distance(word, candidate);
        if (d < least) least = d, best = candidate;
    }
    return best;
}

void complain(const std::string& text) { std::cerr << "pam-totp: " << text << '\n'; }

bool read_arguments(const Command& command, const std::vector<std::string>& words, Arguments& arguments) {
    std::vector<std::string> known = common;
    known.insert(known.end(), command.options.begin(), command.options.end());
    for (size_t i = 0; i < words.size(); ++i) {
        size_t equals = words[i].starts_with("--") ? words[i].find('=') : std::string::npos;
        std::string name = words[i].substr(0, equals);
        if (std::find(known.begin(), known.end(), name) == known.end()) return unknown_option(command, name, known);
        if (name == "--no-confirm" || name == "--hotp" || flag(name, arguments)) {
            if (name == "--no-confirm") arguments.request.confirm = false;
            else if (name == "--hotp") arguments.request.token.type = Type::hotp;
            else *flag(name, arguments) = true;
            continue;
        }
        bool inside = equals != std::string::npos;
        if (!inside && i + 1 == words.size()) return complain(name + " takes a value"), false;
        std::string value = inside ? words[i].substr(equals + 1) : words[++i];
        if (!set(name, value, arguments)) return complain("'" + value + "' does not fit " + name), false;
    }
    return true;
}

} // namespace totp
