// SPDX-License-Identifier: Apache-2.0
#include "../support/cmocka.h"
#include "core/settings.h"
#include <memory>
#include <string.h>
#include <vector>

using namespace totp;

namespace {
/// "" when `text` was read, else "line: reason". From a copy of exactly its size, so that a sanitizer sees
/// every byte that is read beyond it.
std::string misfit_of(string_view text, Settings& settings) {
    auto copy = std::make_unique<char[]>(text.size());
    memcpy(copy.get(), text.data(), text.size());
    Misfit misfit;
    if (read_settings({copy.get(), text.size()}, settings, misfit)) return "";
    return std::to_string(misfit.line) + ": " + std::string(misfit.reason);
}
std::string misfit_of(string_view text) {
    Settings settings;
    return misfit_of(text, settings);
}

void keeps_the_defaults_when_nothing_is_said(void**) {
    for (string_view text : {"", "\n", "# window = 5\n", "   \n\t# x\n\r\n", "#"}) {
        Settings settings;
        std::string misfit = misfit_of(text, settings);
        assert_text_equal(misfit, "");
        assert_int_equal(settings.window, 1);
        assert_int_equal(settings.bucket.guesses, 10);
        assert_int_equal(settings.bucket.refill, 86400);
        assert_true(settings.issuer.empty());
        assert_true(settings.self_setup);
    }
}

void reads_every_setting(void**) {
    Settings settings;
    std::string misfit = misfit_of("window = 3\nguesses=5\n  guess_refill\t=\t12h  \r\n"
                                   "issuer = Example Org = us\nself-setup = no\nqr = ascii",
                                   settings);
    assert_text_equal(misfit, "");
    assert_int_equal(settings.window, 3);
    assert_int_equal(settings.bucket.guesses, 5);
    assert_int_equal(settings.bucket.refill, 43200);
    assert_text_equal(settings.issuer.view(), "Example Org = us");
    assert_false(settings.self_setup);
    assert_int_equal(settings.qr, Picture::ascii);
}

void reads_over_what_is_there(void**) {
    Settings settings;
    settings.window = 7;
    settings.self_setup = false;
    std::string misfit = misfit_of("guesses = 1\nself-setup = yes\n", settings);
    assert_text_equal(misfit, "");
    assert_int_equal(settings.window, 7);
    assert_int_equal(settings.bucket.guesses, 1);
    assert_true(settings.self_setup);
}

void says_where_and_why_a_line_does_not_fit(void**) {
    assert_text_equal(misfit_of("\n# x\nwindow = 1\nwidow = 1\n"),
                      "4: unknown setting; version " TOTP_VERSION " knows window, guesses, guess_refill, issuer, self-setup, qr, "
                      "key, and the rules require, enroll, if-enrolled, skip");
    assert_text_equal(misfit_of("window = 1\nwindow = 1\n"), "2: this setting is given twice");
    assert_text_equal(misfit_of("window 1\n"), "1: expected: name = value");
    assert_text_equal(misfit_of("window = 11"), "1: window takes 0 to 10 steps");
    assert_text_equal(misfit_of("guesses = 0"), "1: guesses takes 1 to 1000");
    assert_text_equal(misfit_of("guess_refill = 0"), "1: guess_refill takes 1s to 31d, such as 1d or 12h");
    assert_text_equal(misfit_of("issuer = a:b"), "1: issuer takes 1 to 64 bytes without a colon");
    assert_text_equal(misfit_of("self-setup = maybe"), "1: self-setup takes yes or no");
    assert_text_equal(misfit_of("qr = colour"), "1: qr takes utf8, ascii or none");
    assert_text_equal(misfit_of("key = key"), "1: key takes an absolute path of at most 200 bytes");
}

void accepts_only_values_within_bounds(void**) {
    struct {
        const char* name;
        std::vector<std::string> good, bad;
    } rows[] = {
        {"window", {"0", "1", "10"}, {"", "-1", "11", "1.5", "0x1", "1 2", "18446744073709551617"}},
        {"guesses", {"1", "1000"}, {"", "0", "1001", "-1", "ten", "4294967297"}},
        {"guess_refill",
         {"1", "1s", "60s", "1m", "24h", "31d", "744h", "44640m", "2678400", "2678400s"},
         {"", "0", "0s", "0d", "32d", "745h", "2678401", "s", "d", "1w", "1D", "1 d", "-1d", "1.5d", "1dd",
          "18446744073709551615d", "213503982334602d"}},
        {"issuer",
         {"a", "example.org", "Büro", std::string(64, 'i')},
         {"", "a:b", "a\tb", "a\x7f", "a\x1b[0m", std::string(65, 'i')}},
        {"qr", {"utf8", "ascii", "none"}, {"", "UTF8", "ansi", "utf-8", "yes"}},
        {"self-setup", {"yes", "no"}, {"", "Yes", "true", "1", "on", "yes no"}},
        {"key", {"/run/pam_totp/key", "/" + std::string(199, 'k')}, {"", "key", "./key", "~/key", "/" + std::string(200, 'k')}},
    };
    for (const auto& row : rows) {
        for (const std::string& value : row.good) {
            std::string misfit = misfit_of(std::string(row.name) + " = " + value);
            assert_text_equal(misfit, "");
        }
        for (const std::string& value : row.bad) {
            std::string misfit = misfit_of(std::string(row.name) + " =" + value);
            if (misfit.empty()) fail_msg("%s accepts '%s'", row.name, value.c_str());
        }
    }
}

void reads_durations_with_units(void**) {
    struct {
        const char* text;
        u32 seconds;
    } rows[] = {{"90", 90}, {"90s", 90}, {"2m", 120}, {"3h", 10800}, {"1d", 86400}, {"31d", 2678400}};
    for (const auto& row : rows) {
        Settings settings;
        (void)misfit_of(std::string("guess_refill = ") + row.text, settings);
        assert_int_equal(settings.bucket.refill, row.seconds);
    }
}

void knows_names_exactly(void**) {
    for (string_view text :
         {"Window = 1", "windo = 1", "windows = 1", "= 1", "guess-refill = 1", "self_setup = no"}) {
        std::string misfit = misfit_of(text);
        assert_int_equal(misfit.substr(0, 12) == "1: unknown s", true);
    }
}

void reads_a_window_for_an_argument(void**) {
    unsigned window = 99;
    bool ten = read_window("10", window);
    assert_true(ten);
    assert_int_equal(window, 10);
    for (string_view text : {"", "11", "-1", " 1", "1 "}) {
        bool read = read_window(text, window);
        assert_false(read);
    }
    assert_int_equal(window, 10);
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_defaults_when_nothing_is_said),
        cmocka_unit_test(reads_every_setting),
        cmocka_unit_test(reads_over_what_is_there),
        cmocka_unit_test(says_where_and_why_a_line_does_not_fit),
        cmocka_unit_test(accepts_only_values_within_bounds),
        cmocka_unit_test(reads_durations_with_units),
        cmocka_unit_test(knows_names_exactly),
        cmocka_unit_test(reads_a_window_for_an_argument),
    };
    return cmocka_run_group_tests_name("settings", tests, nullptr, nullptr);
}
