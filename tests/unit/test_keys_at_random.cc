// SPDX-License-Identifier: Apache-2.0
// Logins that wait at their prompts, changes of the host key, moves to another name and void bytes in any order, each of
// the changes also ended half-way: no code is accepted twice, and the next right one always is.
#include "calls.h"
#include "scene.h"
#include "store/key_file.h"
#include "store/rebind.h"
#include "store/rekey.h"
#include <random>
#include <set>

using namespace bed;

namespace {

/// A process that read the key file and the record at some time.
struct Process {
    Host host;
    Record record;
    Error error;
    Process(const Scene& s, const Account& account) {
        record.account = account;
        error = open_host(s.place(), host);
        if (error == Error::none) error = open_record(host, record);
    }
};

struct Chaos : Scene {
    std::mt19937 random;
    Account account, other; ///< under which name the record is, and under which it may be
    std::vector<std::unique_ptr<Process>> waiting;
    std::set<u32> accepted;
    u32 newest = 10;
    bool is_half_moved = false;
    std::string done; ///< for who reads of a failure

    explicit Chaos(unsigned seed) : random(seed) {
        enrol();
        account = record.account;
        (void)make_account("other", account.uid, other);
    }
    unsigned below(unsigned end) { return unsigned(random() % end); }
    void say(const std::string& what) { done += what + " "; }

    void use(Process& process, u32 counter) {
        Result result = use_code(process.host, process.record, counter);
        bool is_in = result.error == Error::none && result.verdict == Verdict::accepted;
        if (is_in && !accepted.insert(counter).second) fail_msg("%u twice: %s", counter, done.c_str());
        // A login opens the record anew, and asks again.
        process.error = result.verdict == Verdict::stale ? open_record(process.host, process.record) : result.error;
    }
    void wait() {
        if (waiting.size() > 5) waiting.erase(waiting.begin() + below(6));
        auto process = std::make_unique<Process>(*this, account);
        if (process->error == Error::none) waiting.push_back(std::move(process));
    }
    void answer() {
        if (waiting.empty()) return;
        u32 counter = below(2) ? ++newest : newest - below(3);
        size_t whose = below(unsigned(waiting.size()));
        use(*waiting[whose], counter);
        if (waiting[whose]->error != Error::none) waiting.erase(waiting.begin() + long(whose));
    }
    void log_in() {
        Process process(*this, account);
        if (is_half_moved) return assert_int_not_equal(process.error, Error::none);
        if (process.error != Error::none) fail_msg("%s: %s", std::string(word(process.error)).c_str(), done.c_str());
        u32 counter = ++newest;
        use(process, counter);
        if (!accepted.count(counter)) fail_msg("not let in: %s", done.c_str());
    }
    void replay() {
        Process process(*this, account);
        if (process.error == Error::none && !accepted.empty()) use(process, *accepted.rbegin());
    }
    /// Entries that spend nothing: whoever has no code can append as well.
    void crowd() {
        Process fresh(*this, account);
        bool is_late = !waiting.empty() && below(2);
        size_t whose = is_late ? below(unsigned(waiting.size())) : 0;
        Process& process = is_late ? *waiting[whose] : fresh;
        Verdict verdict = Verdict::accepted;
        for (unsigned left = below(66); left > 0 && process.error == Error::none && verdict == Verdict::accepted; --left) {
            Entry entry;
            entry.kind = Kind::forget;
            State after;
            const Folded known = process.record.journal.folded;
            process.error = append(process.host, process.record.account, process.record.journal, entry, verdict, after);
            if (is_late) process.record.journal.folded = known; // as if many had waited, each for itself
        }
        bool is_over = process.error != Error::none || verdict != Verdict::accepted;
        if (is_late && is_over) waiting.erase(waiting.begin() + long(whose));
    }
    void write_nothing() {
        std::string path = store + "/" + std::string(account.file.view());
        if (access(path.c_str(), F_OK) == 0) std::ofstream(path, std::ios::app) << std::string(below(4) ? below(1500) : below(20000), '-');
    }

    /// As root does it; now and then one of its calls fails, and it ends there.
    template <typename What> Error change(What what) {
        Process root(*this, account);
        calls::Fault fault;
        if (below(2)) fault.at = below(60), fault.error = EIO;
        Error error = calls::during(fault, [&] { return what(root); });
        if (fault.at < calls::made.size()) say("(" + calls::made[fault.at] + ":" + std::string(word(error)) + ")");
        return error;
    }
    void change_key() {
        (void)change([](Process& root) {
            Error error = root.host.keyring.sets.size() < 4 ? add_key_set(root.host) : Error::none;
            return error == Error::none ? renew_sentinel(root.host) : error;
        });
    }
    void move_record() {
        (void)change([](Process& root) {
            bool moved = false;
            return rekey_record(root.host, root.record, {}, moved);
        });
    }
    void drop_keys() {
        if (is_half_moved) return; // rekey finds no account that has the old name, and refuses
        (void)change([](Process& root) {
            bool moved = false;
            Error error = rekey_record(root.host, root.record, {}, moved);
            if (error == Error::none) error = outgrow_older_keys(root.host, root.record, {});
            return error == Error::none ? retire_key_sets(root.host) : error;
        });
    }
    void rebind() {
        Error error = change([this](Process& root) { return rebind_record(root.host, account, other, {}); });
        if (error == Error::none) std::swap(account, other);
        bool is_there = Process(*this, account).error == Error::none;
        is_half_moved = !is_there;
    }
    void complete() {
        if (!is_half_moved) return;
        Process root(*this, account);
        Error error = rebind_record(root.host, account, other, {});
        if (error != Error::none) fail_msg("cannot be completed, %s: %s", std::string(word(error)).c_str(), done.c_str());
        std::swap(account, other);
        is_half_moved = false;
    }
    void go_on() {
        struct {
            const char* name;
            void (Chaos::*what)();
        } all[] = {{"wait", &Chaos::wait},         {"wait", &Chaos::wait},          {"answer", &Chaos::answer},
                   {"answer", &Chaos::answer},     {"log_in", &Chaos::log_in},      {"replay", &Chaos::replay},
                   {"crowd", &Chaos::crowd},       {"void", &Chaos::write_nothing}, {"key", &Chaos::change_key},
                   {"move", &Chaos::move_record},  {"drop", &Chaos::drop_keys},     {"rebind", &Chaos::rebind},
                   {"complete", &Chaos::complete}, {"key", &Chaos::change_key},     {"replay", &Chaos::replay}};
        const auto& one = all[below(sizeof all / sizeof *all)];
        say(one.name);
        (this->*one.what)();
    }
};

void once_only_a_code_is_accepted_and_the_next_one_is_in_any_order_of_changes(void**) {
    const char* first = getenv("SEED");
    const char* count = getenv("COUNT");
    unsigned from = first ? unsigned(atoi(first)) : 0, to = from + (count ? unsigned(atoi(count)) : 60);
    for (unsigned seed = from; seed < to; ++seed) {
        Chaos chaos(seed);
        chaos.say("seed " + std::to_string(seed) + ":");
        for (int i = 0; i < 60; ++i) chaos.go_on();
        chaos.complete();
        chaos.replay();
        chaos.log_in();
    }
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(once_only_a_code_is_accepted_and_the_next_one_is_in_any_order_of_changes),
    };
    return cmocka_run_group_tests_name("keys_at_random", tests, nullptr, nullptr);
}
