// SPDX-License-Identifier: Apache-2.0
// What SECURITY.md says of guessing, counted: a year of virtual time in which somebody who knows the password
// guesses without end, while the owner logs in. No codes are drawn: what counts is how many answers are
// looked at, and how many would have been right. The settings are those that hold when nothing is set.
#include "../support/cmocka.h"
#include "given.h"
#include <cmath>
#include <memory>
#include <random>
#include <set>
#include <vector>

using namespace totp;
using namespace totp::given;

namespace {
constexpr u64 whole_year = 365 * day;
constexpr u64 pause = 600;         ///< seconds between two bursts of guesses
constexpr size_t prompts = 16;     ///< that are open at once in a burst
constexpr u64 pairs_a_second = 50; ///< what sshd's own limits let through; SECURITY.md says why

struct Year : Person {
    std::mt19937_64 chance{1};
    u64 now = noon;
    std::array<u64, most_tokens> pressed{}; ///< how often a counter-based device was
    u64 judged = 0, pairs = 0;              ///< guesses, and two codes in a row, that were looked at
    size_t right = 0, right_pairs = 0;      ///< the most that were right at one time
    unsigned in_with_one = 0, in_with_two = 0, kept_out = 0;

    Year(Type type, size_t tokens) {
        for (size_t i = 0; i < tokens; ++i) {
            add_token(credential, "t", "key of twenty bytes " + std::to_string(i), type);
        }
    }

    /// What is right now: codes, or two in a row. From so far around that a wider window would show.
    std::set<std::string> all_right(bool two) const {
        std::set<std::string> found;
        for (size_t slot = 0; slot < credential.tokens.size(); ++slot) {
            const Token& token = credential.tokens[slot];
            u64 middle = token.type == Type::totp ? step_of(token, now) : state.last[slot];
            for (u64 counter = middle - std::min<u64>(middle, 15); counter < middle + 16; ++counter) {
                std::string typed = two ? two_codes(token, counter) : code(token, counter);
                Finding finding = find(typed, now);
                State after = state;
                if (finding.append && judge(after, finding.entry) == Verdict::accepted) found.insert(typed);
            }
        }
        return found;
    }
    void count_right() {
        right_pairs = std::max(right_pairs, all_right(true).size());
        State kept = state;
        state.full_at = {}; // to see what a guess could be worth
        right = std::max(right, all_right(false).size());
        state = kept;
    }

    /// Many prompts at once: all are opened before the first answer counts. And a try with two codes.
    void guess() {
        std::vector<Entry> open;
        for (size_t i = 0; i < prompts; ++i) {
            Finding finding = find("9999999", now); // right for no token: the owner's state is his own
            if (finding.append) open.push_back(finding.entry);
        }
        for (const Entry& entry : open) judged += judge(state, entry) == Verdict::wrong;
        pairs += answer("9999999 9999999", now) == Verdict::wrong;
    }

    std::string shown(size_t slot) {
        const Token& own = token(slot);
        return code(own, own.type == Type::totp ? step_of(own, now) : pressed[slot]++);
    }
    /// One code; when it is refused the next one and the one behind it, as the prompt asks.
    void log_in() {
        size_t slot = chance() % credential.tokens.size();
        if (answer(shown(slot), now) == Verdict::accepted) {
            ++in_with_one;
            return;
        }
        guess();
        now += 30 - now % 30 + 3;
        std::string two = shown(slot);
        now += 30;
        two += " " + shown(slot);
        guess();
        ++(answer(two, now) == Verdict::accepted ? in_with_two : kept_out);
    }

    void live(unsigned logins_a_day) {
        constexpr u64 bursts_a_day = day / pause;
        for (u64 at = 0; at <= whole_year; at += pause) {
            now = noon + at;
            guess();
            if (at % (61 * day) == 0) count_right();
            if (chance() % bursts_a_day < logins_a_day) log_in();
        }
    }
    double odds() const { return double(judged) * double(right) / 1e6; }
    double odds_of_pairs() const { return double(pairs_a_second * whole_year) * double(right_pairs) / 1e12; }
};

/// A line of the table in SECURITY.md.
struct Line {
    Type type;
    size_t tokens, right;
    double odds, odds_of_pairs;
};
constexpr Line table[] = {
    {Type::totp, 1, 3, 1.1e-3, 4.7e-3},
    {Type::totp, 8, 24, 9.0e-3, 3.8e-2},
    {Type::hotp, 1, 10, 3.8e-3, 1.6e-2},
    {Type::hotp, 8, 80, 3.0e-2, 1.3e-1},
};

/// To two digits, as the table has it.
bool rounds_to(double value, double said) { return std::abs(value / said - 1) < 0.03; }

/// A year of each line and of owners who log in never, rarely and often, lived once for all tests.
struct Lived {
    const Line& line;
    unsigned logins_a_day;
    std::unique_ptr<Year> year;
};
const std::vector<Lived>& all_lived() {
    static const std::vector<Lived> all = [] {
        std::vector<Lived> lived;
        for (const Line& line : table) {
            for (unsigned logins : {0u, 1u, 48u}) {
                lived.push_back({line, logins, std::make_unique<Year>(line.type, line.tokens)});
                lived.back().year->live(logins);
            }
        }
        return lived;
    }();
    return all;
}

void keeps_the_odds_of_guesses_whatever_the_owner_does(void**) {
    for (const auto& [line, logins, lived] : all_lived()) {
        assert_int_equal(lived->judged, 375);
        assert_int_equal(lived->right, line.right);
        assert_true(rounds_to(lived->odds(), line.odds));
    }
}

void keeps_the_odds_of_two_codes_that_are_always_looked_at(void**) {
    for (const auto& [line, logins, lived] : all_lived()) {
        assert_true(lived->pairs > whole_year / pause); // so that each was
        assert_int_equal(lived->right_pairs, line.right);
        assert_true(rounds_to(lived->odds_of_pairs(), line.odds_of_pairs));
    }
}

void lets_the_owner_in_by_the_second_answer_every_time(void**) {
    for (const auto& [line, logins, lived] : all_lived()) {
        assert_int_equal(lived->kept_out, 0);
        assert_true(lived->in_with_one + lived->in_with_two >= 300 * logins);
        assert_true(lived->in_with_two >= 250 * logins); // the bucket was empty nearly always
    }
}

void gives_the_persons_own_programs_a_bucket_of_the_same_size(void**) {
    Year lived(Type::totp, 1);
    for (u64 at = 0; at <= whole_year; at += pause) {
        lived.now = noon + at;
        for (Caller caller : {Caller::root, Caller::helper}) lived.policy.caller = caller, lived.guess();
    }
    assert_int_equal(lived.judged, 2 * 375);
}

/// His code went over the wire, so it is spent, and a pair that begins with it is not fresh. The next pair is, which
/// is why the prompt asks for that.
void lets_the_owner_in_by_the_second_answer_when_a_guess_overtook_his_first(void**) {
    Owner owner;
    u64 step = noon / 30;
    while (owner.guesses(noon) > 1) (void)owner.answer("9999999", noon);
    Finding first = owner.find(code(owner.token(), step), noon);
    Verdict guess = owner.answer("9999999", noon);
    Verdict one = judge(owner.state, first.entry);
    State before = owner.state;
    Verdict same = owner.answer(two_codes(owner.token(), step), noon + 30);
    owner.state = before;
    Verdict two = owner.answer(two_codes(owner.token(), step + 1), noon + 60);
    assert_int_equal(guess, Verdict::wrong);
    assert_int_equal(one, Verdict::two_needed);
    assert_int_equal(same, Verdict::replayed);
    assert_int_equal(two, Verdict::accepted);
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_odds_of_guesses_whatever_the_owner_does),
        cmocka_unit_test(keeps_the_odds_of_two_codes_that_are_always_looked_at),
        cmocka_unit_test(lets_the_owner_in_by_the_second_answer_every_time),
        cmocka_unit_test(gives_the_persons_own_programs_a_bucket_of_the_same_size),
        cmocka_unit_test(lets_the_owner_in_by_the_second_answer_when_a_guess_overtook_his_first),
    };
    return cmocka_run_group_tests_name("odds", tests, nullptr, nullptr);
}
