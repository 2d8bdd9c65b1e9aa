// SPDX-License-Identifier: Apache-2.0
#include "rule.h"
#include "address.h"
#include "date.h"
#include "list.h"
#include "state.h"
#include "words.h"

namespace totp {
namespace {
constexpr size_t longest_reason = 120;
constexpr string_view twice = "this key is given twice";

struct Name {
    string_view word;
    Demand demand;
};
constexpr Name names[] = {{"require", Demand::require},
                          {"enroll", Demand::enroll},
                          {"enrol", Demand::enroll},
                          {"if-enrolled", Demand::if_enrolled},
                          {"optional", Demand::if_enrolled},
                          {"skip", Demand::skip}};

bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// Takes the blanks at the beginning, and what comes up to the next one.
string_view take_word(string_view& rest) {
    while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
    size_t end = 0;
    while (end < rest.size() && !is_blank(rest[end]) && rest[end] != '=') ++end;
    string_view word = slice(rest, 0, end);
    rest.remove_prefix(end);
    return word;
}

/// The next word of a list with commas between.
string_view take_item(string_view& list) {
    size_t comma = list.find(',');
    string_view item = slice(list, 0, comma);
    list = comma == string_view::npos ? string_view{} : slice(list, comma + 1);
    return item;
}

/// A value, in quotes where it has blanks.
bool take_value(string_view& rest, string_view& value) {
    bool quoted = !rest.empty() && rest[0] == '"';
    if (quoted) rest.remove_prefix(1);
    size_t end = 0;
    while (end < rest.size() && (quoted ? rest[end] != '"' : !is_blank(rest[end]) && rest[end] != '"')) ++end;
    value = slice(rest, 0, end);
    rest.remove_prefix(end);
    if (quoted && rest.empty()) return false;
    if (quoted) rest.remove_prefix(1);
    return rest.empty() || is_blank(rest[0]);
}

/// "" between two commas would be a slip that matches nobody.
bool has_empty_item(string_view list) {
    bool more = true;
    while (more) {
        more = list.find(',') != string_view::npos;
        if (take_item(list).empty()) return true;
    }
    return false;
}

bool are_networks(string_view list) {
    while (!list.empty()) {
        Network network;
        string_view item = take_item(list);
        if (item != "none" && !read_network(item, network)) return false;
    }
    return true;
}

bool is_printable(string_view text) {
    for (char c : text) {
        if (u8(c) < 32 || c == 127) return false;
    }
    return true;
}

string_view set_date(u64& date, string_view value) {
    if (date != 0) return twice;
    return read_date(value, date) ? "" : "until and defer take a date such as 2027-03-31";
}

string_view set_pattern(Pattern& pattern, string_view value, bool is_negated) {
    if (!pattern.words.empty()) return twice;
    if (has_empty_item(value)) return "a value is missing";
    pattern = {value, is_negated};
    return "";
}

/// A number and its unit: of a bare number nobody knows whether it means seconds or hours.
string_view set_remember(Rule& rule, string_view value) {
    if (rule.demand == Demand::skip) return "skip asks nobody, so there is nothing to remember";
    if (rule.remember != 0) return twice;
    bool has_unit = !value.empty() && (value.back() == 'm' || value.back() == 'h' || value.back() == 'd');
    bool fits = has_unit && read_duration(value, rule.remember) && rule.remember <= longest_remembered;
    return fits ? "" : "remember takes 1m to 30d, such as 8h";
}

string_view set(Rule& rule, string_view key, string_view value, bool is_negated) {
    if (key == "user") return set_pattern(rule.user, value, is_negated);
    if (key == "group") return set_pattern(rule.group, value, is_negated);
    if (key == "service") return set_pattern(rule.service, value, is_negated);
    if (key == "from") {
        if (!are_networks(value)) return "from takes numeric addresses, networks such as 10.0.0.0/8, and none";
        return set_pattern(rule.from, value, is_negated);
    }
    bool is_known = key == "until" || key == "defer" || key == "reason" || key == "remember";
    if (!is_known) return "unknown key; version " TOTP_VERSION " knows user, group, service, from, until, defer, remember, reason";
    if (is_negated) return "only user, group, service and from take !=";
    if (key == "remember") return set_remember(rule, value);
    if (key == "until") return set_date(rule.until, value);
    if (key == "defer") return rule.demand == Demand::enroll ? set_date(rule.defer, value) : "defer belongs to enroll";
    if (!rule.reason.empty()) return twice;
    rule.reason = value;
    bool fits = !value.empty() && value.size() <= longest_reason && is_printable(value);
    return fits ? "" : "reason takes 1 to 120 bytes";
}

bool is_in(string_view list, string_view name) {
    while (!list.empty()) {
        if (take_item(list) == name) return true;
    }
    return false;
}

bool fits(const Pattern& pattern, string_view name) {
    return pattern.words.empty() || is_in(pattern.words, name) != pattern.is_negated;
}

bool fits_from(const Rule& rule, string_view rhost) {
    string_view list = rule.from.words;
    if (list.empty()) return true;
    bool is_none = rhost.empty() || rhost == "UNKNOWN";
    Address address;
    if (!is_none && !read_address(rhost, address)) return rule.from.is_negated && rule.demand == Demand::require;
    bool inside = false;
    while (!list.empty()) {
        Network network;
        string_view item = take_item(list);
        if (item == "none") inside = inside || is_none;
        else inside = inside || (!is_none && read_network(item, network) && contains(network, address));
    }
    return inside != rule.from.is_negated;
}

Match fits_group(const Pattern& pattern, const Visit& visit) {
    string_view list = pattern.words;
    bool inside = false;
    while (!list.empty()) {
        Match member = visit.is_member(visit.of, take_item(list));
        if (member == Match::unknown) return Match::unknown;
        inside = inside || member == Match::yes;
    }
    return pattern.words.empty() || inside != pattern.is_negated ? Match::yes : Match::no;
}
} // namespace

string_view word(Demand demand) {
    switch (demand) {
    case Demand::require: return "require";
    case Demand::enroll: return "enroll";
    case Demand::if_enrolled: return "if-enrolled";
    case Demand::skip: return "skip";
    }
    return "unknown";
}

bool is_rule(string_view line) {
    string_view rest = line, first = take_word(rest);
    for (const Name& name : names) {
        if (first == name.word) return rest.empty() || is_blank(rest[0]);
    }
    return false;
}

string_view read_rule(string_view line, Rule& rule) {
    rule = {};
    string_view rest = line, first = take_word(rest);
    for (const Name& name : names) {
        if (first == name.word) rule.demand = name.demand;
    }
    for (;;) {
        string_view key = take_word(rest), value;
        if (key.empty() && rest.empty()) return "";
        bool is_negated = !key.empty() && key.back() == '!';
        if (is_negated) key.remove_suffix(1);
        if (key.empty() || rest.empty() || rest[0] != '=') return "expected: key=value";
        rest.remove_prefix(1);
        if (!take_value(rest, value)) return "a quotation mark is missing, or something stands behind one";
        string_view why = set(rule, key, value, is_negated);
        if (!why.empty()) return why;
    }
}

Match matches(const Rule& rule, const Visit& visit) {
    bool over = rule.until != 0 && visit.now >= rule.until;
    if (over || !fits(rule.user, visit.user) || !fits(rule.service, visit.service) || !fits_from(rule, visit.rhost)) {
        return Match::no;
    }
    return fits_group(rule.group, visit);
}

} // namespace totp
