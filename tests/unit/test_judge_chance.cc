// SPDX-License-Identifier: Apache-2.0
// Long random lives of a record, judged beside a small model of what a code is worth: a key and a counter,
// once. Answers are examined and appended in different orders, as at many logins at once; clocks jump.
#include "../support/cmocka.h"
#include "given.h"
#include <map>
#include <memory>
#include <random>
#include <set>
#include <vector>

using namespace totp;
using namespace totp::given;

namespace {
struct Life {
    std::mt19937_64 chance;
    Person person;
    std::vector<int> keys; ///< which key is in each slot; a key that was dropped never comes back
    std::vector<Entry> in_flight;
    u64 now = noon;
    int made = 0;
    u64 code_set = 0;
    unsigned accepted = 0, replayed = 0, stale = 0, two_needed = 0; ///< so that all of it is seen to happen

    // The model. `spent` is the highest counter of a key that was sent and reached the journal in time.
    std::map<int, i64> spent;
    std::set<std::pair<int, u64>> codes;        ///< accepted ones
    std::set<std::pair<u64, unsigned>> backups; ///< accepted ones
    u64 credential = 1;

    explicit Life(u64 seed) : chance(seed) {
        person.state.credential = 1;
        person.policy.bucket = {5, 3600};
        for (int i = 0; i < 3; ++i) keys.push_back(made++);
        lay_out();
    }

    u64 below(u64 n) { return chance() % n; }
    bool one_in(u64 n) { return below(n) == 0; }

    void lay_out() {
        std::destroy_at(&person.credential); // it is made to be read once, not to be assigned
        std::construct_at(&person.credential);
        add_backup_codes(person.credential, 8);
        for (int key : keys) {
            std::string bytes = "key of twenty bytes " + std::to_string(key);
            add_token(person.credential, "t", bytes, key % 3 == 2 ? Type::hotp : Type::totp);
        }
    }

    void move_clock() {
        now += below(20);
        if (one_in(150)) now += below(400) * day;
        if (one_in(150)) now -= std::min(now, below(400) * day);
        if (one_in(3000)) now = below(100);
        if (one_in(40)) now += day;
    }

    std::string typed() {
        size_t slot = below(keys.size());
        const Token& token = person.token(slot);
        u64 base = token.type == Type::totp ? step_of(token, now) : person.state.last[slot];
        u64 ahead = base + below(4), counter = ahead < 2 ? 0 : ahead - 2;
        switch (below(8)) {
        case 0: return backup_code(below(9));
        case 1: return "000000";
        case 2: return "unfit";
        case 3:
        case 4: return two_codes(token, counter);
        default: return code(token, counter);
        }
    }

    void answer() {
        person.policy.window = unsigned(below(4));
        person.policy.caller = one_in(3) ? Caller::helper : Caller::root;
        Finding finding = person.find(typed(), now);
        if (finding.append) in_flight.push_back(finding.entry);
    }

    /// Drops, adds and swaps tokens, as an entry that the next append may overtake.
    void change() {
        std::vector<int> old = keys;
        if (keys.size() > 1 && one_in(2)) keys.erase(keys.begin() + i64(below(keys.size())));
        if (keys.size() < most_tokens && one_in(2)) keys.push_back(made++);
        std::swap(keys[0], keys[below(keys.size())]);
        Entry entry;
        entry.kind = Kind::rotate;
        entry.time = now;
        entry.credential = credential;
        entry.next = credential + 1;
        entry.fresh_codes = one_in(2);
        for (size_t i = 0; i < keys.size(); ++i) {
            for (size_t j = 0; j < old.size(); ++j) {
                if (old[j] == keys[i]) entry.continues[i] = u8(j);
            }
        }
        Verdict verdict = judge(person.state, entry);
        assert_int_equal(verdict, Verdict::accepted);
        ++credential;
        if (entry.fresh_codes) ++code_set;
        lay_out();
    }

    void check_right(const Entry& entry, Verdict verdict) {
        bool fresh = true;
        for (size_t i = 0; i < keys.size(); ++i) {
            if (entry.spent[i] == 0) continue;
            i64 counter = i64(entry.spent[i]) - 1, first = counter - (entry.form == Form::two_codes ? 1 : 0);
            i64 highest = spent.contains(keys[i]) ? spent[keys[i]] : -1;
            fresh = fresh && first > highest;
            spent[keys[i]] = std::max(highest, counter);
            if (verdict != Verdict::accepted) continue;
            bool first_time = codes.insert({keys[i], u64(counter)}).second;
            if (first != counter) first_time = codes.insert({keys[i], u64(first)}).second && first_time;
            assert_true(first_time);
        }
        if (verdict == Verdict::accepted) assert_true(fresh);
        if (verdict == Verdict::replayed) assert_false(fresh);
    }

    void check_backup(const Entry& entry, Verdict verdict) {
        bool first_time = backups.insert({code_set, entry.backup_index}).second;
        assert_int_equal(verdict, first_time ? Verdict::accepted_backup : Verdict::replayed);
    }

    void append(const Entry& entry) {
        State before = person.state;
        u32 guesses = guesses_left(before.full_at[size_t(entry.caller)], entry.bucket, entry.time);
        Verdict verdict = judge(person.state, entry);
        const State& after = person.state;
        bool late = entry.credential != credential, same = before == after;
        assert_int_equal(verdict == Verdict::stale, late);
        if (late) {
            ++stale;
            assert_true(same);
            return;
        }
        if (entry.kind == Kind::right) check_right(entry, verdict);
        if (entry.kind == Kind::backup) check_backup(entry, verdict);
        if (entry.kind == Kind::wrong)
            assert_true(verdict == Verdict::wrong || verdict == Verdict::two_needed);
        bool single = entry.form == Form::one_code || entry.form == Form::unfit;
        assert_int_equal(verdict == Verdict::two_needed, single && guesses == 0);
        for (size_t c = 0; c < 2; ++c) {
            u64 highest = entry.time + u64(entry.bucket.guesses) * entry.bucket.refill;
            assert_true(after.full_at[c] <= highest);
            assert_true(after.full_at[c] >=
                        std::min(before.full_at[c], highest)); // no success gives any back
        }
        assert_int_equal(after.used & before.used, before.used);
        accepted += verdict == Verdict::accepted || verdict == Verdict::accepted_backup;
        replayed += verdict == Verdict::replayed;
        two_needed += verdict == Verdict::two_needed;
        check_counters();
    }

    void check_counters() const {
        for (size_t i = 0; i < most_tokens; ++i) {
            i64 highest = -1;
            if (i < keys.size() && spent.contains(keys[i])) highest = spent.at(keys[i]);
            assert_int_equal(person.state.last[i], highest + 1);
        }
    }

    void live(unsigned steps) {
        for (unsigned i = 0; i < steps; ++i) {
            move_clock();
            answer();
            if (one_in(120)) change();
            check_counters();
            while (in_flight.size() > 3 || (!in_flight.empty() && one_in(2))) {
                size_t which = below(in_flight.size());
                Entry entry = in_flight[which];
                // An entry that is there twice is a journal put together wrongly, and worth no more.
                if (!one_in(10)) in_flight.erase(in_flight.begin() + i64(which));
                append(entry);
            }
        }
    }
};

void once_only_accepts_whatever_happens(void**) {
    unsigned accepted = 0, replayed = 0, stale = 0, two_needed = 0;
    for (unsigned seed : {1u, 2u, 3u, 4u, 5u}) {
        Life life(seed);
        life.live(4000);
        accepted += life.accepted, replayed += life.replayed, stale += life.stale,
            two_needed += life.two_needed;
    }
    assert_true(accepted > 1000);
    assert_true(replayed > 1000);
    assert_true(stale > 50);
    assert_true(two_needed > 50);
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(once_only_accepts_whatever_happens),
    };
    return cmocka_run_group_tests_name("judge_chance", tests, nullptr, nullptr);
}
