// SPDX-License-Identifier: Apache-2.0
// At most once, and nobody kept waiting: many processes at once through the real libpam and the module.
#include "crew.h"
#include "disturbed.h"
#include "view.h"
#include <random>

using namespace bed;

namespace {

/// Rounds of a race: the first argument of the program.
int rounds = 1000;
bool has_view = false; ///< of /etc/passwd and /dev/log, for this process alone

/// In the odd rounds all have their prompt open before the first one answers.
Start start_of(int round) { return round % 2 ? Start::answer : Start::login; }

/// In how many rounds exactly one of 64 was let in. `answer` lays a round out and gives what all of them type.
template <typename Answer> int rounds_with_one(Bed& b, Answer answer) {
    b.put_stack(b.line(""));
    Crew crew(b);
    int once = 0;
    for (int round = 0; round < rounds; ++round) once += crew.log_in(start_of(round), answer(round)) == 1;
    return once;
}

void once_a_code_is_accepted_of_64(void**) {
    Bed b;
    b.enrol();
    int once = rounds_with_one(b, [&](int) { return renew(b), b.code(); });
    assert_int_equal(once, rounds);
}

void once_a_backup_code_is_accepted_of_64(void**) {
    Bed b;
    b.enrol();
    int once = rounds_with_one(b, [&](int) { return renew(b), std::string("01234-56789-ABCDE"); });
    assert_int_equal(once, rounds);
}

void once_a_counter_is_accepted_of_64(void**) {
    Bed b;
    b.enrol();
    renew(b, Type::hotp);
    int once = rounds_with_one(b, [&](int round) {
        u32 code = 0;
        (void)code_of(b.token, u64(round), code);
        std::string text = std::to_string(code);
        return std::string(6 - text.size(), '0') + text;
    });
    assert_int_equal(once, rounds);
}

// Wrong codes.

void counts_each_of_64_guesses_that_were_made_at_once(void**) {
    Bed b;
    b.enrol();
    b.put_stack(b.line(""));
    size_t in = 0;
    {
        Crew crew(b);
        in = crew.log_in(Start::answer, b.wrong());
    }
    bool opened = open_record(b.host, b.record) == Error::none;
    unsigned wrong = b.record.state().wrong;
    int one = b.login({b.code()}), two = b.login({b.code() + b.code(1)});
    assert_int_equal(in, 0);
    assert_true(opened);
    assert_int_equal(wrong, 64);
    assert_int_equal(one, PAM_AUTH_ERR);
    assert_int_equal(two, PAM_SUCCESS);
}

/// Prompts that were opened while there were guesses left are no way round the throttle.
void refuses_a_code_that_comes_behind_the_last_guess_of_64_open_prompts(void**) {
    Bed b;
    b.enrol();
    b.put_stack(b.line(""));
    Crew crew(b);
    int broken = 0;
    for (int round = 0; round < 50; ++round) {
        Entry unlock;
        unlock.kind = Kind::unlock;
        Verdict verdict;
        State after;
        if (open_record(b.host, b.record) != Error::none) abort();
        if (append(b.host, b.record.account, b.record.journal, unlock, verdict, after) != Error::none) abort();
        renew(b);
        std::string wrong = b.wrong(), right = b.code();
        size_t in = crew.log_in(
            Start::answer, [&](size_t i) { return i == 63 ? right : wrong; }, [&](size_t) { return b.user; });
        // Let in only when it stands among the first: with ten wrong ones before it the bucket is empty.
        if (open_record(b.host, b.record) != Error::none) abort();
        broken += in > 1 || (in == 1 && b.record.state().wrong > 63) || (in == 1 && b.record.state().wrong < 54);
    }
    assert_int_equal(broken, 0);
}

// Many people.

void keeps_64_people_at_once_from_keeping_each_other_out(void**) {
    if (!has_view) skip();
    Bed b;
    b.enrol();
    b.put_stack(b.line(""));
    for (size_t i = 0; i < crew_size; ++i) {
        Record record;
        Credential next;
        next.tokens.grow()->copy_from(b.token);
        bool made = make_account("person" + std::to_string(i), u32(70000 + i), record.account) == Error::none &&
                    open_record(b.host, record) == Error::no_record && rotate(b.host, record, &next, {}) == Error::none;
        if (!made) abort();
    }
    Crew crew(b);
    // One code for both: a time step that begins between them would bring a new one, and let it in again.
    auto one = [code = b.code()](size_t) { return code; };
    auto person = [](size_t i) { return "person" + std::to_string(i); };
    size_t in = crew.log_in(Start::login, one, person);
    size_t again = crew.log_in(Start::answer, one, person);
    assert_int_equal(in, 64);
    assert_int_equal(again, 0);
}

/// With a record of its own, or none, an alias would be a second try, or a way round.
void once_a_code_is_accepted_under_the_names_of_one_uid(void**) {
    if (!has_view) skip();
    Bed b;
    b.enrol();
    Record record;
    Credential next;
    next.tokens.grow()->copy_from(b.token);
    bool made = make_account("person0", first_person, record.account) == Error::none &&
                open_record(b.host, record) == Error::no_record && rotate(b.host, record, &next, {}) == Error::none;
    Talk unasked, right, again;
    right.answers = again.answers = {b.code()};
    int without = b.login_through(b.line("nullok after=password"), unasked, "alias0");
    int in = b.login_through(b.line("nullok after=password"), right, "alias0");
    int replay = b.login_through(b.line(""), again, "person0");
    assert_true(made);
    assert_int_equal(without, PAM_AUTH_ERR);
    assert_int_equal(in, PAM_SUCCESS);
    assert_int_equal(replay, PAM_AUTH_ERR);
}

// Processes that are stopped and killed.

/// So many logins with one code, of which any is stopped, and killed if `kills`, at any moment.
int accepted_of_the_disturbed(const Bed& b, bool kills, const std::string& answer, std::mt19937& chance) {
    auto* in = shared<std::atomic<int>>();
    std::vector<pid_t> pids;
    for (int i = 0; i < 16; ++i) pids.push_back(begin_login(b, answer, in));
    for (int i = 0; i < 60; ++i) {
        kill(pids[chance() % pids.size()], kills && chance() % 6 == 0 ? SIGKILL : chance() % 2 ? SIGSTOP : SIGCONT);
        usleep(useconds_t(chance() % 200));
    }
    for (pid_t pid : pids) kill(pid, SIGCONT);
    for (pid_t pid : pids) waitpid(pid, nullptr, 0);
    int accepted = *in;
    munmap(in, sizeof *in);
    return accepted;
}

void once_a_code_is_accepted_by_processes_that_are_stopped(void**) {
    Bed b;
    b.enrol();
    b.put_stack(b.line(""));
    std::mt19937 chance(7);
    int once = 0, count = 20 + rounds / 5;
    for (int round = 0; round < count; ++round) {
        renew(b);
        once += accepted_of_the_disturbed(b, false, b.code(), chance) == 1;
    }
    assert_int_equal(once, count);
}

void once_at_most_a_code_is_accepted_by_processes_that_are_killed(void**) {
    Bed b;
    b.enrol();
    b.put_stack(b.line(""));
    std::mt19937 chance(8);
    int twice = 0, none = 0, locked_out = 0, count = 20 + rounds / 5;
    for (int round = 0; round < count; ++round) {
        renew(b);
        std::string code = b.code(), next = b.code(1);
        int accepted = accepted_of_the_disturbed(b, true, code, chance);
        none += accepted == 0;
        accepted += b.login({code}) == PAM_SUCCESS;
        twice += accepted > 1;
        locked_out += b.login({next}) != PAM_SUCCESS;
    }
    assert_int_equal(twice, 0);
    assert_int_equal(locked_out, 0);
    assert_true(none < count);
}

/// How long a login in a process of its own takes, in microseconds.
useconds_t time_of_a_login(const Bed& b, std::atomic<int>* in) {
    timespec from = {}, to = {};
    clock_gettime(CLOCK_MONOTONIC, &from);
    waitpid(begin_login(b, b.wrong() + b.wrong(), in), nullptr, 0);
    clock_gettime(CLOCK_MONOTONIC, &to);
    return useconds_t((to.tv_sec - from.tv_sec) * 1000000 + (to.tv_nsec - from.tv_nsec) / 1000 + 1);
}

/// 63 are stopped anywhere between their beginning and their end; the 64th finds nothing held.
void keeps_nobody_waiting_beside_63_stopped_logins(void**) {
    Bed b;
    b.enrol();
    b.put_stack(b.line(""));
    auto* others = shared<std::atomic<int>>();
    std::mt19937 chance(9);
    int in = 0;
    for (int round = 0; round < 10; ++round) {
        renew(b);
        useconds_t whole = time_of_a_login(b, others);
        std::vector<pid_t> stopped;
        for (int i = 0; i < 63; ++i) {
            stopped.push_back(begin_login(b, b.wrong() + b.wrong(), others)); // two codes: counted, not throttled
            usleep(useconds_t(chance() % whole));
            kill(stopped.back(), SIGSTOP);
        }
        alarm(60); // it would wait for ever
        in += b.login({b.code()}) == PAM_SUCCESS;
        alarm(0);
        for (pid_t pid : stopped) kill(pid, SIGKILL), waitpid(pid, nullptr, 0);
    }
    munmap(others, sizeof *others);
    assert_int_equal(in, 10);
}
} // namespace

int main(int argc, char** argv) {
    find_module(argv[0]);
    if (argc > 1) rounds = atoi(argv[1]);
    has_view = make_view(crew_size);
    const CMUnitTest tests[] = {
        cmocka_unit_test(once_a_code_is_accepted_of_64),
        cmocka_unit_test(once_a_backup_code_is_accepted_of_64),
        cmocka_unit_test(once_a_counter_is_accepted_of_64),
        cmocka_unit_test(counts_each_of_64_guesses_that_were_made_at_once),
        cmocka_unit_test(refuses_a_code_that_comes_behind_the_last_guess_of_64_open_prompts),
        cmocka_unit_test(keeps_64_people_at_once_from_keeping_each_other_out),
        cmocka_unit_test(once_a_code_is_accepted_under_the_names_of_one_uid),
        cmocka_unit_test(once_a_code_is_accepted_by_processes_that_are_stopped),
        cmocka_unit_test(once_at_most_a_code_is_accepted_by_processes_that_are_killed),
        cmocka_unit_test(keeps_nobody_waiting_beside_63_stopped_logins),
    };
    return cmocka_run_group_tests_name("races", tests, nullptr, nullptr);
}
