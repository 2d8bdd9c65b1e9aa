// SPDX-License-Identifier: Apache-2.0
// Set-up, new codes and removal against each other and against logins of the same person.
#include "crew.h"
#include "store/random.h"
#include "view.h"
#include <dirent.h>

using namespace bed;

namespace {

/// For how long changes and logins run against each other, in seconds: the first argument of the program.
unsigned duration = 10;

size_t files(const Bed& b) {
    size_t count = 0;
    DIR* list = opendir(b.store.c_str());
    while (const dirent* entry = readdir(list)) count += entry->d_name[0] != '.';
    closedir(list);
    return count;
}

/// Another key and other codes, as `setup` and `codes` do; or nothing, as `remove` does.
Error change(const Bed& b, Record& record, bool removes) {
    if (removes) return rotate(b.host, record, nullptr, {});
    Credential next;
    Token* token = next.tokens.grow();
    token->name = Text<32>(string_view("phone"));
    if (!random_bytes(token->key.fill(20))) return Error::crypto;
    return rotate(b.host, record, &next, {});
}

/// Which code was let in how often. More than its places would be more logins than the test can make.
struct Accepted {
    struct Place {
        std::atomic<u64> what{0};
        std::atomic<int> times{0};
    };
    Place places[1 << 16];
    std::atomic<int> logins{0}, changes{0}, broken{0};

    void note(u64 what) {
        for (size_t i = what % std::size(places);; i = (i + 1) % std::size(places)) {
            u64 there = 0;
            if (places[i].what.compare_exchange_strong(there, what) || there == what) {
                ++places[i].times;
                return;
            }
        }
    }
    int twice() const {
        return int(std::count_if(std::begin(places), std::end(places), [](const Place& p) { return p.times > 1; }));
    }
};

[[noreturn]] void change_on_and_on(const Bed& b, Accepted& accepted, bool removes) {
    for (unsigned i = 0;; ++i) {
        Record record;
        record.account = b.record.account;
        Error opened = open_record(b.host, record);
        if (opened == Error::none || opened == Error::no_record) {
            Error error = change(b, record, removes && opened == Error::none && i % 2);
            accepted.changes += error == Error::none;
            accepted.broken += error != Error::none && error != Error::stale;
        } else {
            ++accepted.broken;
        }
        usleep(3000); // so that a login has a chance between
    }
}

[[noreturn]] void log_in_on_and_on(Bed& b, Accepted& accepted) {
    for (;;) {
        Record record;
        record.account = b.record.account;
        Error error = open_record(b.host, record);
        accepted.broken += error != Error::none && error != Error::no_record;
        if (error != Error::none) continue;
        b.token.key.assign(record.credential.tokens[0].key.reveal());
        u64 step = step_of(b.token, u64(time(nullptr)));
        Talk talk;
        talk.answers = {b.code()};
        int result = b.authenticate({converse, &talk});
        accepted.broken += result != PAM_SUCCESS && result != PAM_AUTH_ERR;
        if (result != PAM_SUCCESS || step != step_of(b.token, u64(time(nullptr)))) continue;
        ++accepted.logins;
        accepted.note(record.state().credential ^ step << 1);
    }
}

template <typename Work> void start(std::vector<pid_t>& pids, size_t count, Work work) {
    for (size_t i = 0; i < count; ++i) {
        pid_t pid = fork();
        if (pid == 0) work(i);
        pids.push_back(pid);
    }
}

void once_only_a_code_is_accepted_while_everything_is_changed(void**) {
    Bed b;
    b.enrol();
    b.put_stack(b.line(""));
    auto& accepted = *shared<Accepted>();
    std::vector<pid_t> pids;
    start(pids, 3, [&](size_t i) { change_on_and_on(b, accepted, i == 0); });
    start(pids, 6, [&](size_t) { log_in_on_and_on(b, accepted); });
    for (unsigned i = 0; i < duration * 50; ++i) { // stopped anywhere
        pid_t pid = pids[i % pids.size()];
        kill(pid, SIGSTOP);
        usleep(20000);
        kill(pid, SIGCONT);
    }
    for (pid_t pid : pids) kill(pid, SIGKILL), waitpid(pid, nullptr, 0);
    Error error = open_record(b.host, b.record); // what the killed left goes with the next change
    if (error == Error::none || error == Error::no_record) error = change(b, b.record, false);
    size_t left = files(b);
    if (open_record(b.host, b.record) == Error::none) {
        b.token.key.assign(b.record.credential.tokens[0].key.reveal());
    }
    int last = b.login({b.code()});
    int twice = accepted.twice(), logins = accepted.logins, changes = accepted.changes, broken = accepted.broken;
    printf("%d changes, %d logins\n", changes, logins);
    assert_int_equal(twice, 0);
    assert_int_equal(broken, 0);
    assert_true(logins > 0 && changes > 0);
    assert_int_equal(int(error), int(Error::none));
    assert_int_equal(left, 2); // the journal and the credential in force
    assert_int_equal(last, PAM_SUCCESS);
}

/// Somebody's programs hold first set-ups open, each with a key of theirs, until the person has set up.
void refuses_64_first_setups_held_open_across_the_owners_own(void**) {
    Bed b;
    b.put_stack(b.line(""));
    auto* gate = shared<pthread_barrier_t>();
    pthread_barrierattr_t across;
    pthread_barrierattr_init(&across);
    pthread_barrierattr_setpshared(&across, PTHREAD_PROCESS_SHARED);
    pthread_barrier_init(gate, &across, 65);
    auto& won = *shared<std::atomic<int>>();
    std::vector<pid_t> pids;
    start(pids, 64, [&](size_t) {
        Record record;
        record.account = b.record.account;
        bool open = open_record(b.host, record) == Error::no_record;
        pthread_barrier_wait(gate); // all are open
        pthread_barrier_wait(gate); // the owner has set up
        Error error = open ? change(b, record, false) : Error::none;
        won += error != Error::stale;
        _exit(0);
    });
    pthread_barrier_wait(gate);
    b.enrol();
    u64 owners = b.record.state().credential;
    pthread_barrier_wait(gate);
    for (pid_t pid : pids) waitpid(pid, nullptr, 0);
    bool opened = open_record(b.host, b.record) == Error::none;
    u64 in_force = b.record.state().credential;
    int in = b.login({b.code()}), others = won;
    assert_int_equal(others, 0);
    assert_true(opened && in_force == owners);
    assert_int_equal(files(b), 2);
    assert_int_equal(in, PAM_SUCCESS);
}
} // namespace

int main(int argc, char** argv) {
    find_module(argv[0]);
    if (argc > 1) duration = unsigned(atoi(argv[1]));
    (void)make_view(0);
    const CMUnitTest tests[] = {
        cmocka_unit_test(once_only_a_code_is_accepted_while_everything_is_changed),
        cmocka_unit_test(refuses_64_first_setups_held_open_across_the_owners_own),
    };
    return cmocka_run_group_tests_name("races_of_changes", tests, nullptr, nullptr);
}
