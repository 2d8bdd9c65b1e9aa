// SPDX-License-Identifier: Apache-2.0
// The settings file: what is accepted is inside its bounds, and a misfit names the very line that does not fit.
#include "core/settings.h"
#include "fuzz.h"
#include <algorithm>

using namespace totp;

namespace {
void check_bounds(const Settings& s) {
    MUST(s.window <= most_window);
    MUST(s.bucket.guesses >= 1 && s.bucket.guesses <= 1000);
    MUST(s.bucket.refill >= 1 && s.bucket.refill <= 31 * 86400);
    for (char c : s.issuer.view()) MUST(u8(c) >= 32 && c != 127 && c != ':');
    MUST(!s.issuer.cut());
}

Match in_staff(const void*, string_view group) {
    return group.empty() ? Match::unknown : group[0] == 's' ? Match::yes : Match::no;
}

/// One rule decides, and it stands in the line that is named; the lines before it decide nothing.
void check_decision(string_view text, string_view rhost) {
    Visit visit{"alice", "sshd", rhost, 1800000000, in_staff, nullptr};
    Decision decision;
    Match match = decide(text, visit, decision);
    MUST((decision.line == 0) == (match == Match::no) && decision.is_made == (match == Match::yes));
    string_view rest = text, line;
    Decision before;
    for (unsigned n = 0; n < decision.line; ++n) line = next_line(rest);
    MUST(decide(slice(text, 0, size_t(line.data() - text.data())), visit, before) == Match::no || decision.line == 0);
}

/// The first `count` lines.
std::string lines(string_view text, unsigned count) {
    std::string kept;
    while (count-- > 0 && !text.empty()) kept.append(next_line(text)).append("\n");
    return kept;
}
} // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    auto input = fuzz::exact(data, size);
    string_view text(input.get(), size);
    Settings settings, again;
    Misfit misfit;
    if (read_settings(text, settings, misfit)) {
        MUST(misfit.reason.empty());
        check_bounds(settings);
        for (string_view rhost : {"", "203.0.113.9", "2001:db8::1", "host.example.org"}) check_decision(text, rhost);
        MUST(read_settings("# a comment\n\n" + std::string(text), again, misfit));
        MUST(again.window == settings.window && again.issuer == settings.issuer.view() &&
             again.self_setup == settings.self_setup && again.bucket.refill == settings.bucket.refill);
        return 0;
    }
    auto all = unsigned(std::count(text.begin(), text.end(), '\n')) + 1;
    unsigned line = misfit.line;
    MUST(line >= 1 && line <= all && !misfit.reason.empty());
    Settings before;
    MUST(read_settings(lines(text, line - 1), before, misfit));
    check_bounds(before);
    MUST(!read_settings(lines(text, line), again, misfit) && misfit.line == line);
    return 0;
}
