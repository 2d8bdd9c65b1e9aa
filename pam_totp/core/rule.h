// SPDX-License-Identifier: Apache-2.0
// Who must give a code: rules in the settings, of which the first that matches decides. Pure functions.
//
//   skip        group=robots until=2027-03-31 reason="backup hosts"
//   if-enrolled from=10.0.0.0/8,none
//   enroll      group=staff defer=2027-01-31
//   require     group!=guests remember=8h
//
// What must hold (the tests cite the numbers):
//  1. A rule matches when every one of its keys does; a key does when one of its words does, with != when none does.
//  2. `from` knows numeric addresses alone. A name is in no network; and it is not outside of one either, unless
//     the rule asks for a code.
//  3. A group that cannot be looked up when its rule is reached is a refusal, neither a yes nor a no.
//  4. After the day of `until`, in UTC, a rule matches nobody. After that of `defer` nobody puts a set-up off.
#pragma once
#include "bytes.h"
#include "error.h"

namespace totp {

enum class Demand : u8 {
    require,     ///< a code, also of whoever has nothing set up: so nobody sees who has
    enroll,      ///< a code; whoever has nothing set up does that during the login
    if_enrolled, ///< a code of whoever has something set up
    skip,        ///< no code
};
string_view word(Demand demand);

/// The words of one key, with commas between; empty when the key is not given.
struct Pattern {
    string_view words;
    bool is_negated = false;
};

struct Rule {
    Demand demand = Demand::require;
    Pattern user, group, service, from;
    u64 until = 0; ///< the first second behind its last day, since 1970; 0: no end
    u64 defer = 0; ///< enroll: the same of the last day on which the set-up may be put off; 0: it may not
    string_view reason;
    u32 remember = 0; ///< seconds for which nobody is asked again at the same place; 0: always
};

/// Whether a line of the settings is a rule, by its first word.
bool is_rule(string_view line);
/// Reads the line into `rule`, which points into it. "" or the reason why it does not fit.
string_view read_rule(string_view line, Rule& rule);

enum class Match : u8 { no, yes, unknown };

/// A login as rules see it.
struct Visit {
    string_view user, service;
    string_view rhost;                 ///< PAM_RHOST; `none` stands for an empty one, and for UNKNOWN
    u64 now = 0;                       ///< seconds since 1970
    Match (*is_member)(const void* of, string_view group) = nullptr;
    const void* of = nullptr;          ///< for is_member
};

Match matches(const Rule& rule, const Visit& visit);

} // namespace totp
