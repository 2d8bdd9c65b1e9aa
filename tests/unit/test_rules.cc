// SPDX-License-Identifier: Apache-2.0
// Rules as values: what is a rule, whom it matches, and which one decides. The numbers are those of core/rule.h.
#include "../support/cmocka.h"
#include "core/address.h"
#include "core/settings.h"
#include <string>

using namespace totp;

namespace {
constexpr u64 day = 86400;

/// alice is in staff; the service does not answer for groups whose name begins with `lost`.
Match member(const void*, string_view group) {
    if (group.starts_with("lost")) return Match::unknown;
    return group == "staff" || group == "users" ? Match::yes : Match::no;
}
Visit visit_of(string_view user = "alice", string_view service = "sshd", string_view rhost = "203.0.113.9", u64 now = day) {
    return {user, service, rhost, now, member, nullptr};
}

/// The reason why the line is no rule, or "".
std::string misfit_of(string_view line) {
    Rule rule;
    return std::string(read_rule(line, rule));
}

/// "no", "yes" or "unknown"; or why the line does not fit.
std::string match_of(string_view line, const Visit& visit = visit_of()) {
    Rule rule;
    string_view why = read_rule(line, rule);
    if (!why.empty()) return std::string(why);
    Match match = matches(rule, visit);
    return match == Match::yes ? "yes" : match == Match::no ? "no" : "unknown";
}
std::string from(string_view line, string_view rhost) { return match_of(line, visit_of("alice", "sshd", rhost)); }

void knows_a_rule_by_its_first_word(void**) {
    for (string_view line : {"require", "skip user=a", "if-enrolled\tuser=a", "optional", "skip #", "enroll", "enrol user=a"}) {
        assert_true(is_rule(line));
    }
    for (string_view line : {"", "window = 1", "skip=1", "skipped", "Skip", "deny", "requires user=a", "enrolls"}) {
        assert_false(is_rule(line));
    }
    Rule rule;
    string_view misfit = read_rule("optional", rule);
    Demand demand = rule.demand;
    assert_true(misfit.empty());
    assert_int_equal(demand, Demand::if_enrolled);
}

void reads_every_key(void**) {
    Rule rule;
    string_view misfit = read_rule("skip  user=a,b group!=c service=d\tfrom=10.0.0.0/8,none until=2027-03-31 "
                                   "reason=\"night  jobs, all\"",
                                   rule);
    assert_true(misfit.empty());
    assert_int_equal(rule.demand, Demand::skip);
    assert_text_equal(rule.user.words, "a,b");
    assert_text_equal(rule.group.words, "c");
    assert_true(rule.group.is_negated && !rule.user.is_negated);
    assert_text_equal(rule.service.words, "d");
    assert_text_equal(rule.from.words, "10.0.0.0/8,none");
    assert_text_equal(rule.reason, "night  jobs, all");
    assert_int_equal(rule.until, 1806537600); // 2027-04-01T00:00:00Z
    assert_int_equal(rule.remember, 0);
}

void remembers_for_minutes_hours_or_days(void**) {
    struct {
        const char* line;
        u32 seconds; ///< 0: it does not fit
    } rows[] = {
        {"require remember=1m", 60},         {"require remember=8h", 28800},      {"if-enrolled remember=30d", 2592000},
        {"optional remember=720h", 2592000}, {"require remember=721h", 0},        {"require remember=31d", 0},
        {"require remember=0m", 0},          {"require remember=3600", 0},        {"require remember=60s", 0},
        {"require remember=h", 0},           {"require remember=\"\"", 0},      {"require remember=-1h", 0},
        {"require remember=1H", 0},          {"require remember=8h,9h", 0},       {"require remember=1.5h", 0},
        {"require remember=18446744073709551616h", 0}, {"require remember=213503982334601d", 0},
    };
    for (const auto& row : rows) {
        Rule rule;
        std::string why(read_rule(row.line, rule));
        assert_text_equal(why, row.seconds ? "" : "remember takes 1m to 30d, such as 8h");
        if (row.seconds) assert_int_equal(rule.remember, row.seconds);
    }
    assert_text_equal(misfit_of("require remember=8h remember=8h"), "this key is given twice");
    assert_text_equal(misfit_of("require remember!=8h"), "only user, group, service and from take !=");
    assert_text_equal(misfit_of("skip remember=8h"), "skip asks nobody, so there is nothing to remember");
}

void puts_off_a_set_up_until_a_day(void**) {
    Rule rule;
    string_view misfit = read_rule("enrol group=staff defer=2027-01-31 until=2028-01-31 remember=1h", rule);
    assert_true(misfit.empty());
    assert_int_equal(rule.demand, Demand::enroll);
    assert_int_equal(rule.defer, 1801440000); // 2027-02-01T00:00:00Z
    misfit = read_rule("enroll", rule);
    assert_true(misfit.empty());
    assert_int_equal(rule.defer, 0);
    assert_text_equal(misfit_of("require defer=2027-01-31"), "defer belongs to enroll");
    assert_text_equal(misfit_of("if-enrolled defer=2027-01-31"), "defer belongs to enroll");
    assert_text_equal(misfit_of("enroll defer=soon"), "until and defer take a date such as 2027-03-31");
    assert_text_equal(misfit_of("enroll defer=2027-01-31 defer=2027-01-31"), "this key is given twice");
    assert_text_equal(misfit_of("enroll defer!=2027-01-31"), "only user, group, service and from take !=");
}

void shows_a_set_up_where_the_rule_names_it_and_never_at_su(void**) {
    auto shows = [](string_view rules, string_view service) {
        Decision decision;
        (void)decide(rules, visit_of("alice", service), decision);
        return shows_set_up(decision, service);
    };
    assert_true(shows("enroll\n", "sshd"));
    assert_true(shows("enroll\n", "login"));
    assert_false(shows("enroll\n", "sudo"));
    assert_false(shows("enroll service!=cron\n", "sudo"));
    assert_true(shows("enroll service=sudo,login\n", "sudo"));
    assert_false(shows("enroll service=su,su-l\n", "su"));
    assert_false(shows("enroll service=su,su-l\n", "su-l"));
    assert_false(shows("require\n", "sshd"));
    assert_false(shows("", "sshd"));
    assert_false(shows("enroll group=lost\n", "sshd")); // unknown: refused before
}

void refuses_what_is_no_rule_and_says_why(void**) {
    struct {
        const char *line, *why;
    } slips[] = {
        {"skip user", "expected: key=value"},
        {"skip user=", "a value is missing"},
        {"skip user=a,", "a value is missing"},
        {"skip user=,a", "a value is missing"},
        {"skip =a", "expected: key=value"},
        {"skip !=a", "expected: key=value"},
        {"skip user =a", "expected: key=value"},
        {"skip user=a user=b", "this key is given twice"},
        {"skip until=2027-01-01 until=2027-01-01", "this key is given twice"},
        {"skip reason=a reason=b", "this key is given twice"},
        {"skip users=a", "unknown key; version " TOTP_VERSION " knows user, group, service, from, until, defer, remember, reason"},
        {"skip # why", "expected: key=value"},
        {"skip reason=\"a", "a quotation mark is missing, or something stands behind one"},
        {"skip reason=\"a\"b", "a quotation mark is missing, or something stands behind one"},
        {"skip user=a\"b\"", "a quotation mark is missing, or something stands behind one"},
        {"skip reason=\"\"", "reason takes 1 to 120 bytes"},
        {"skip reason=\"a\tb\"", "reason takes 1 to 120 bytes"},
        {"skip until!=2027-01-01", "only user, group, service and from take !="},
    };
    for (const auto& slip : slips) assert_text_equal(misfit_of(slip.line), slip.why);
    assert_text_equal(misfit_of("skip reason=" + std::string(121, 'a')), "reason takes 1 to 120 bytes");
    for (string_view date : {"2027-02-29", "2027-13-01", "2027-00-01", "2027-01-00", "2027-1-1", "27-01-01", "1969-12-31",
                             "2027/01/01", "2027-04-31", "tomorrow", "2027-01-01T00:00"}) {
        assert_text_equal(misfit_of("skip until=" + std::string(date)), "until and defer take a date such as 2027-03-31");
    }
    for (string_view network : {"10.0.0.1/8", "10.0.0.0/33", "10.0.0/8", "010.0.0.1", "example.org", "::1/129", "2001:db8::1/64",
                                "10.0.0.0/", "10.0.0.0/-1", "None", "fe80::1%eth0", "*"}) {
        assert_text_equal(misfit_of("skip from=" + std::string(network)),
                          "from takes numeric addresses, networks such as 10.0.0.0/8, and none");
    }
}

void matches_when_every_key_does_1(void**) {
    assert_text_equal(match_of("skip"), "yes");
    assert_text_equal(match_of("skip user=bob,alice service=sshd"), "yes");
    assert_text_equal(match_of("skip user=alice service=sudo"), "no");
    assert_text_equal(match_of("skip user=alic"), "no");
    assert_text_equal(match_of("skip user=ALICE"), "no");
    assert_text_equal(match_of("skip user!=alice"), "no");
    assert_text_equal(match_of("skip user!=bob,carol"), "yes");
    assert_text_equal(match_of("skip user!=bob,alice"), "no");
    assert_text_equal(match_of("skip group=admins,staff"), "yes");
    assert_text_equal(match_of("skip group!=admins"), "yes");
    assert_text_equal(match_of("skip group!=admins,staff"), "no");
    assert_text_equal(match_of("skip service!=sshd"), "no");
    // Whoever has no account has no name.
    assert_text_equal(match_of("skip user=alice", visit_of("")), "no");
}

void finds_addresses_in_networks_2(void**) {
    assert_text_equal(from("skip from=203.0.113.9", "203.0.113.9"), "yes");
    assert_text_equal(from("skip from=203.0.113.9", "203.0.113.8"), "no");
    assert_text_equal(from("skip from=203.0.113.0/24", "203.0.113.255"), "yes");
    assert_text_equal(from("skip from=203.0.112.0/23", "203.0.113.1"), "yes");
    assert_text_equal(from("skip from=203.0.112.0/24", "203.0.113.1"), "no");
    assert_text_equal(from("skip from=0.0.0.0/0", "203.0.113.1"), "yes");
    assert_text_equal(from("skip from=0.0.0.0/0", "2001:db8::1"), "no");
    assert_text_equal(from("skip from=::/0", "203.0.113.1"), "yes"); // as it holds the mapped ones
    assert_text_equal(from("skip from=203.0.113.9", "::ffff:203.0.113.9"), "yes");
    assert_text_equal(from("skip from=::ffff:203.0.113.9", "203.0.113.9"), "yes");
    assert_text_equal(from("skip from=2001:db8::/32", "2001:DB8:ffff::1"), "yes");
    assert_text_equal(from("skip from=2001:db8::/33", "2001:db8:8000::1"), "no");
    assert_text_equal(from("skip from=none", ""), "yes");
    assert_text_equal(from("skip from=none", "UNKNOWN"), "yes");
    assert_text_equal(from("skip from=none", "203.0.113.1"), "no");
    assert_text_equal(from("skip from!=none", "203.0.113.1"), "yes");
    assert_text_equal(from("skip from!=10.0.0.0/8", ""), "yes");
    assert_text_equal(from("skip from!=10.0.0.0/8,none", ""), "no");
}

void a_name_is_neither_inside_nor_outside_unless_a_code_is_asked_for_2(void**) {
    for (string_view name : {"host.example.org", "10.0.0.1.example.org", "0x7f.1", "127.1", "10.0.0.1 ", "fe80::1%eth0", "none"}) {
        assert_text_equal(from("skip from=10.0.0.0/8,none,0.0.0.0/0,::/0", name), "no");
        assert_text_equal(from("skip from!=10.0.0.0/8", name), "no");
        assert_text_equal(from("if-enrolled from!=10.0.0.0/8", name), "no");
        assert_text_equal(from("require from=10.0.0.0/8", name), "no");
        assert_text_equal(from("require from!=10.0.0.0/8", name), "yes");
    }
}

void a_group_that_cannot_be_looked_up_is_neither_3(void**) {
    assert_text_equal(match_of("skip group=lost"), "unknown");
    assert_text_equal(match_of("require group!=lost"), "unknown");
    assert_text_equal(match_of("skip group=staff,lost"), "unknown");
    assert_text_equal(match_of("skip group=lost user=bob"), "no"); // not reached
    assert_text_equal(match_of("skip group=lost from=10.0.0.0/8"), "no");
}

void ends_with_the_last_day_4(void**) {
    u64 last = 1806537600;
    assert_text_equal(match_of("skip until=2027-03-31", visit_of("a", "b", "", last - 1)), "yes");
    assert_text_equal(match_of("skip until=2027-03-31", visit_of("a", "b", "", last)), "no");
    assert_text_equal(match_of("skip until=1970-01-01", visit_of("a", "b", "", day - 1)), "yes");
    assert_text_equal(match_of("skip until=2028-02-29", visit_of("a", "b", "", 1835481600 - 1)), "yes");
    assert_text_equal(match_of("skip until=2028-02-29", visit_of("a", "b", "", 1835481600)), "no");
    assert_text_equal(match_of("skip until=2100-12-31", visit_of("a", "b", "", 4133980800)), "no");
}

/// "LINE word", with what the first rule that matches says; "-" when none does, "?" when it cannot be told.
std::string decision_of(string_view text, const Visit& visit = visit_of()) {
    Settings settings;
    Misfit misfit;
    Decision decision;
    if (!read_settings(text, settings, misfit)) return std::to_string(misfit.line) + ": " + std::string(misfit.reason);
    Match match = decide(text, visit, decision);
    if (match == Match::no) return decision.is_made || decision.line ? "a decision" : "-";
    if (match == Match::unknown) return decision.is_made ? "a decision" : "? " + std::to_string(decision.line);
    return std::to_string(decision.line) + " " + std::string(word(decision.demand));
}

void the_first_rule_that_matches_decides(void**) {
    assert_text_equal(decision_of(""), "-");
    assert_text_equal(decision_of("window = 2\n"), "-");
    assert_text_equal(decision_of("# skip\n  skip user=bob\n\twindow = 2\n if-enrolled group=staff \r\nrequire\n"), "4 if-enrolled");
    assert_text_equal(decision_of("require\nskip\n"), "1 require");
    assert_text_equal(decision_of("skip until=1970-01-01\nskip"), "2 skip");
    assert_text_equal(decision_of("skip user=bob\n"), "-");
    assert_text_equal(decision_of("skip group=lost\nrequire\n"), "? 1");
    assert_text_equal(decision_of("require user=alice\nskip group=lost\n"), "1 require");
}

void one_line_that_does_not_fit_spoils_all(void**) {
    assert_text_equal(decision_of("require\n\nskip user\n"), "3: expected: key=value");
    assert_text_equal(decision_of("skip\nwindow = x\n"), "2: window takes 0 to 10 steps");
}

void says_the_reason_of_the_rule(void**) {
    Decision decision;
    (void)decide("skip reason=\"backup hosts\" until=2027-03-31", visit_of(), decision);
    assert_text_equal(decision.reason.view(), "backup hosts");
    assert_int_equal(decision.until, 1806537600);
    assert_int_equal(decision.remember, 0);
    (void)decide("require user=bob remember=1h\nrequire remember=8h", visit_of(), decision);
    assert_int_equal(decision.remember, 28800);
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(knows_a_rule_by_its_first_word),
        cmocka_unit_test(reads_every_key),
        cmocka_unit_test(remembers_for_minutes_hours_or_days),
        cmocka_unit_test(puts_off_a_set_up_until_a_day),
        cmocka_unit_test(shows_a_set_up_where_the_rule_names_it_and_never_at_su),
        cmocka_unit_test(refuses_what_is_no_rule_and_says_why),
        cmocka_unit_test(matches_when_every_key_does_1),
        cmocka_unit_test(finds_addresses_in_networks_2),
        cmocka_unit_test(a_name_is_neither_inside_nor_outside_unless_a_code_is_asked_for_2),
        cmocka_unit_test(a_group_that_cannot_be_looked_up_is_neither_3),
        cmocka_unit_test(ends_with_the_last_day_4),
        cmocka_unit_test(the_first_rule_that_matches_decides),
        cmocka_unit_test(one_line_that_does_not_fit_spoils_all),
        cmocka_unit_test(says_the_reason_of_the_rule),
    };
    return cmocka_run_group_tests_name("rules", tests, nullptr, nullptr);
}
