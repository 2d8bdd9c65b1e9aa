// SPDX-License-Identifier: Apache-2.0
// Logins that the kernel freezes, all at once and anywhere in them: they hold nothing, and wake up into a
// right world.
#include "crew.h"
#include "disturbed.h"
#include "freezer.h"
#include "view.h"
#include <random>

using namespace bed;

namespace {

/// Somebody's logins with two wrong codes, which are counted and not throttled, on and on.
pid_t guess_on_and_on(const Bed& b, const Freezer& freezer) {
    pid_t pid = fork();
    if (pid != 0) return pid;
    freezer.enter();
    std::string wrong = b.wrong() + b.wrong();
    for (;;) {
        Talk talk;
        talk.answers = {wrong};
        (void)b.authenticate({converse, &talk});
    }
}

/// Waits for it, but not for ever.
bool ends(pid_t pid) {
    for (int i = 0; i < 30000; ++i, usleep(1000)) {
        if (waitpid(pid, nullptr, WNOHANG) == pid) return true;
    }
    kill(pid, SIGKILL), waitpid(pid, nullptr, 0);
    return false;
}

struct Kept {
    int in = 0, changed = 0;
};

/// With 63 frozen at a time the owner sets up anew and logs in, `rounds` times.
Kept log_in_beside_the_frozen(int rounds) {
    Bed b;
    b.enrol();
    b.put_stack(b.line(""));
    auto& in = *shared<std::atomic<int>>();
    std::mt19937 chance(5);
    std::vector<pid_t> pids;
    Kept kept;
    {
        Freezer freezer;
        for (int i = 0; i < 63; ++i) pids.push_back(guess_on_and_on(b, freezer));
        for (int round = 0; round < rounds; ++round) {
            usleep(useconds_t(chance() % 50000));
            freezer.freeze();
            pid_t change = fork();
            if (change == 0) renew(b), _exit(0);
            if (!ends(change) || open_record(b.host, b.record) != Error::none) break;
            ++kept.changed;
            b.token.key.assign(b.record.credential.tokens[0].key.reveal());
            if (!ends(begin_login(b, b.code(), &in))) break;
            freezer.freeze(false);
        }
    }
    for (pid_t pid : pids) waitpid(pid, nullptr, 0);
    kept.in = in;
    return kept;
}

void keeps_nobody_waiting_beside_63_frozen_logins(void**) {
    constexpr int rounds = 8;
    Kept kept = log_in_beside_the_frozen(rounds);
    assert_int_equal(kept.changed, rounds);
    assert_int_equal(kept.in, rounds);
}

/// Sixteen logins with one code, frozen and woken a few times; how many were let in.
int accepted_of_the_frozen(const Bed& b, const Freezer& freezer, std::mt19937& chance) {
    auto& in = *shared<std::atomic<int>>();
    std::vector<pid_t> pids;
    std::string code = b.code();
    for (int i = 0; i < 16; ++i) {
        pid_t pid = fork();
        if (pid == 0) {
            freezer.enter();
            Talk talk;
            talk.answers = {code};
            in += b.authenticate({converse, &talk}) == PAM_SUCCESS;
            _exit(0);
        }
        pids.push_back(pid);
    }
    for (int i = 0; i < 4; ++i) {
        usleep(useconds_t(chance() % 3000));
        freezer.freeze();
        freezer.freeze(false);
    }
    for (pid_t pid : pids) waitpid(pid, nullptr, 0);
    int accepted = in;
    munmap(&in, sizeof in);
    return accepted;
}

void once_a_code_is_accepted_by_processes_that_are_frozen(void**) {
    Bed b;
    b.enrol();
    b.put_stack(b.line(""));
    std::mt19937 chance(6);
    int once = 0;
    {
        Freezer freezer;
        for (int round = 0; round < 20; ++round) {
            renew(b);
            once += accepted_of_the_frozen(b, freezer, chance) == 1;
        }
    }
    assert_int_equal(once, 20);
}
} // namespace

int main(int, char** argv) {
    find_module(argv[0]);
    (void)make_view(0);
    std::string missing = Freezer().why();
    if (!missing.empty()) {
        print_message("skip races_frozen: no freezer of control groups here: %s\n", missing.c_str());
        return 77;
    }
    const CMUnitTest tests[] = {
        cmocka_unit_test(keeps_nobody_waiting_beside_63_frozen_logins),
        cmocka_unit_test(once_a_code_is_accepted_by_processes_that_are_frozen),
    };
    return cmocka_run_group_tests_name("races_frozen", tests, nullptr, nullptr);
}
