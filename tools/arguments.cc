// SPDX-License-Identifier: Apache-2.0
#include "command.h"
#include "core/words.h"
#include "text.h"
#include <algorithm>

namespace totp {
namespace {
const std::vector<std::string> common{"-u", "--user", "--json", "--store", "--key", "--conf", "--help"};

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

/// What is wrong with a value, or "".
using Misfit = std::string;

template <typename N> Misfit set_number(const std::string& given, u64 least, u64 most, N& number) {
    u64 value = 0;
    if (!read_number(given, value) || value < least || value > most) {
        return text("a number from %1 to %2", {std::to_string(least), std::to_string(most)});
    }
    number = N(value);
    return "";
}

Misfit set_path(const std::string& given, bool absolute, std::string& path) {
    path = given;
    // The helper runs where it likes, so its paths begin at the root.
    if (absolute && !given.starts_with('/')) return text("a path that begins with /");
    return given.empty() ? text("a path") : "";
}

Misfit set_issuer(const std::string& given, std::string& issuer) {
    issuer = given;
    return given.empty() || given.find(':') != std::string::npos ? text("a name without a colon") : "";
}

Misfit set_name(const std::string& given, Text<32>& name) {
    name = Text<32>(given);
    return fits_as_token_name(given) ? "" : text("1 to 32 of the letters A to Z, digits, and . _ -");
}

Misfit set_text(const std::string& given, const std::string& what, Text<64>& room) {
    room = Text<64>(given == "none" ? "" : given);
    return given.empty() || room.cut() ? what : "";
}

Misfit set_account(const std::string& given, Text<255>& name) {
    name = Text<255>(given);
    return given.empty() || name.cut() ? text("an account's name") : "";
}

/// Names with commas between; false when one of them is empty.
bool add_groups(const std::string& given, std::vector<std::string>& groups) {
    std::string rest = given + ",";
    for (size_t comma = 0; (comma = rest.find(',')) != std::string::npos; rest.erase(0, comma + 1)) {
        if (comma == 0) return false;
        groups.push_back(rest.substr(0, comma));
    }
    return true;
}

Misfit set_duration(const std::string& given, u32& seconds) {
    constexpr u32 least = 30, most = 3600;
    bool fits = read_duration(given, seconds) && seconds >= least && seconds <= most;
    return fits ? "" : text("a time from 30s to 1h, such as 10m");
}

Misfit set_user(const std::string& given, std::string& user) {
    user = given;
    return given.empty() || given.size() > 255 ? text("an account's name") : "";
}

/// Where a login comes from, or whose a record was.
Misfit set_from(const Command& command, const std::string& value, Request& request) {
    bool is_account = command.run == run_rebind;
    return is_account ? set_account(value, request.from) : set_text(value, text("a numeric address, or none"), request.rhost);
}

Misfit set_value(const Command& command, const std::string& name, const std::string& value, Arguments& a) {
    Token& token = a.request.token;
    if (name == "-u" || name == "--user") return set_user(value, a.user);
    if (name == "--store") return set_path(value, true, a.store);
    if (name == "--key") return set_path(value, true, a.key);
    if (name == "--conf") return set_path(value, true, a.conf);
    if (name == "--root") return set_path(value, true, a.root);
    if (name == "--png") return set_path(value, false, a.png);
    if (name == "--svg") return set_path(value, false, a.svg);
    if (name == "--secret-file") return set_path(value, false, a.secret_file);
    if (name == "--service") return set_text(value, text("a service's name"), a.request.service);
    if (name == "--from") return set_from(command, value, a.request);
    if (name == "--group") return add_groups(value, a.groups), set_text(value, text("a group's name"), a.request.group);
    if (name == "--except-group") return add_groups(value, a.except_groups) ? "" : text("a group's name");
    if (name == "--undo-after") return set_duration(value, a.undo_after);
    if (name == "--issuer") return set_issuer(value, a.issuer);
    if (name == "--name") return set_name(value, token.name);
    if (name == "--algorithm") return read_hash(value, token.hash) ? "" : text("sha1, sha256 or sha512");
    if (name == "--digits") return set_number(value, least_digits, most_digits, token.digits);
    if (name == "--period") return set_number(value, least_period, most_period, token.period);
    return set_number(value, 0, UINT32_MAX - 1, a.request.counter); // --counter, the last one that there is
}

/// Sets an option that takes no value; false when it takes one.
bool set_flag(const std::string& name, Arguments& a) {
    if (name == "--json") return a.json = true;
    if (name == "--all") return a.all = true;
    if (name == "--restored") return true;
    if (name == "--uri") return a.uri = true;
    if (name == "--drop-old") return a.drop_old = true;
    if (name == "--codes-only") return a.request.codes_only = true;
    if (name == "--if-missing") return a.request.if_missing = true;
    if (name == "--no-confirm") return a.request.confirm = false, true;
    if (name == "--yes") return a.yes = true;
    for (const char* plain : {"--key-and-code", "--password-and-code", "--dry-run", "--unproved", "--at-deadline"}) {
        if (name == plain) return true; // see Arguments::has
    }
    if (name == "--hotp") return a.request.token.type = Type::hotp, true;
    return false;
}

void refuse(const Command& command, const std::string& word, const std::vector<std::string>& known) {
    if (!word.starts_with('-')) {
        throw Stop(exit_usage, text("%1 takes no '%2'; see: pam-totp %1 --help", {command.name, word}));
    }
    throw Stop(exit_usage, text("'%1' is not an option of %2;", {word, command.name}) + " " +
                               suggest(word, known, text("see: pam-totp %1 --help", {command.name})));
}
} // namespace

bool Arguments::has(const std::string& option) const {
    return std::find(given.begin(), given.end(), option) != given.end();
}

std::string suggest(const std::string& word, const std::vector<std::string>& known,
                    const std::string& otherwise) {
    std::string best;
    size_t least = word.size() / 3 + 2;
    for (const std::string& candidate : known) {
        size_t d = distance(word, candidate);
        if (d < least) least = d, best = candidate;
    }
    return best.empty() ? otherwise : text("did you mean '%1'?", {best});
}

void read_arguments(const Command& command, const std::vector<std::string>& words, Arguments& arguments) {
    std::vector<std::string> known = common;
    known.insert(known.end(), command.options.begin(), command.options.end());
    for (size_t i = 0; i < words.size(); ++i) {
        size_t equals = words[i].starts_with("--") ? words[i].find('=') : std::string::npos;
        bool inside = equals != std::string::npos;
        std::string name = words[i].substr(0, equals);
        if (command.operand && !name.starts_with('-') && arguments.operand.empty()) {
            arguments.operand = name;
            Misfit misfit = set_name(name, arguments.request.token.name);
            if (!misfit.empty()) throw Stop(exit_usage, text("%1 takes %2, not '%3'", {command.name, misfit, name}));
            continue;
        }
        if (std::find(known.begin(), known.end(), name) == known.end()) refuse(command, name, known);
        arguments.given.push_back(name);
        if (set_flag(name, arguments)) {
            if (inside) throw Stop(exit_usage, text("%1 takes no value", {name}));
            continue;
        }
        if (!inside && i + 1 == words.size()) throw Stop(exit_usage, text("%1 takes a value", {name}));
        std::string value = inside ? words[i].substr(equals + 1) : words[++i];
        Misfit misfit = set_value(command, name, value, arguments);
        if (!misfit.empty()) throw Stop(exit_usage, text("%1 takes %2, not '%3'", {name, misfit, value}));
    }
}

} // namespace totp
