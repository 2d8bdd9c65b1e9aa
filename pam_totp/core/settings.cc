// SPDX-License-Identifier: Apache-2.0
#include "settings.h"
#include "words.h"

namespace totp {
namespace {

string_view trimmed(string_view text) {
    auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

bool read_between(string_view text, u64 least, u64 most, u64& number) {
    return read_number(text, number) && number >= least && number <= most;
}

/// What an otpauth label can hold: no colon, no control bytes.
bool read_issuer(string_view text, Text<64>& issuer) {
    issuer = Text<64>(text);
    for (char c : text) {
        if (u8(c) < 32 || c == 127 || c == ':') return false;
    }
    return !text.empty() && !issuer.cut();
}

bool read_yes(string_view text, bool& yes) {
    yes = text == "yes";
    return yes || text == "no";
}

bool read_picture(string_view text, Picture& picture) {
    picture = text == "none" ? Picture::none : text == "ascii" ? Picture::ascii : Picture::utf8;
    return picture != Picture::utf8 || text == "utf8";
}

bool read_path(string_view text, Text<200>& path) {
    path = Text<200>(text);
    return text.starts_with('/') && !path.cut();
}

constexpr string_view names[] = {"window", "guesses", "guess_refill", "issuer", "self-setup", "qr", "key"};

/// The reason why `value` does not fit the setting, or nothing.
string_view set(size_t which, string_view value, Settings& settings) {
    u64 number = 0;
    switch (which) {
    case 0: return read_window(value, settings.window) ? "" : "window takes 0 to 10 steps";
    case 1:
        if (!read_between(value, 1, 1000, number)) return "guesses takes 1 to 1000";
        settings.bucket.guesses = u32(number);
        return "";
    case 2:
        return read_duration(value, settings.bucket.refill) ? "" : "guess_refill takes 1s to 31d, such as 1d or 12h";
    case 3: return read_issuer(value, settings.issuer) ? "" : "issuer takes 1 to 64 bytes without a colon";
    case 4: return read_yes(value, settings.self_setup) ? "" : "self-setup takes yes or no";
    case 5: return read_picture(value, settings.qr) ? "" : "qr takes utf8, ascii or none";
    default: return read_path(value, settings.key) ? "" : "key takes an absolute path of at most 200 bytes";
    }
}

string_view read_line(string_view line, u32& seen, Settings& settings) {
    Rule rule;
    if (is_rule(line)) return read_rule(line, rule);
    size_t equals = line.find('=');
    if (equals == string_view::npos) return "expected: name = value";
    string_view name = trimmed(slice(line, 0, equals)), value = trimmed(slice(line, equals + 1));
    for (size_t i = 0; i < std::size(names); ++i) {
        if (name != names[i]) continue;
        if (seen & (1u << i)) return "this setting is given twice";
        seen |= 1u << i;
        Settings unused;
        bool is_first = !(settings.given & 1u << i);
        settings.given |= 1u << i;
        return set(i, value, is_first ? settings : unused);
    }
    return "unknown setting; version " TOTP_VERSION " knows window, guesses, guess_refill, issuer, self-setup, qr, key, and "
           "the rules require, enroll, if-enrolled, skip";
}
} // namespace

bool read_window(string_view text, unsigned& window) {
    u64 number = 0;
    if (!read_between(text, 0, most_window, number)) return false;
    window = unsigned(number);
    return true;
}

bool read_settings(string_view text, Settings& settings, Misfit& misfit) {
    u32 seen = 0;
    for (misfit = {}; !text.empty();) {
        ++misfit.line;
        string_view line = trimmed(next_line(text));
        if (line.empty() || line[0] == '#') continue;
        misfit.reason = read_line(line, seen, settings);
        if (!misfit.reason.empty()) return false;
    }
    return true;
}

Match decide(string_view text, const Visit& visit, Decision& decision) {
    decision = {};
    for (unsigned number = 1; !text.empty(); ++number) {
        string_view line = trimmed(next_line(text));
        Rule rule;
        if (!is_rule(line) || !read_rule(line, rule).empty()) continue;
        Match match = matches(rule, visit);
        if (match == Match::no) continue;
        bool names_service = !rule.service.words.empty() && !rule.service.is_negated;
        decision = {match == Match::yes, rule.demand, number, rule.until, rule.defer, names_service,
                    Text<120>(rule.reason), rule.remember};
        return match;
    }
    return Match::no;
}

namespace {
bool shows_by_itself(string_view service) { return service == "sshd" || service == "login"; }
} // namespace

bool shows_set_up(const Decision& decision, string_view service) {
    if (!decision.is_made || decision.demand != Demand::enroll || service == "su" || service == "su-l") return false;
    return decision.names_service || shows_by_itself(service);
}

bool takes_recovery(const Decision& decision, string_view service) {
    return shows_set_up(decision, service) || shows_by_itself(service);
}

} // namespace totp
