// SPDX-License-Identifier: Apache-2.0
// kill -9 at any moment of a login or a set-up, 300 times: other modules left files with secrets (issue 88 of
// google-authenticator-libpam), a lock that kept everybody out, or a code that could be used again (pam_oath).
#include "crew.h"
#include "helper.h"
#include "store/random.h"
#include <dirent.h>
#include <random>

using namespace bed;

namespace {

std::vector<std::string> names_in(const std::string& directory) {
    std::vector<std::string> names;
    DIR* list = opendir(directory.c_str());
    while (const dirent* entry = readdir(list)) names.push_back(entry->d_name);
    closedir(list);
    return names;
}

std::string hotp_code(const Token& token, u64 counter) {
    u32 code = 0;
    if (!code_of(token, counter, code)) abort();
    std::string text = std::to_string(code);
    return std::string(6 - text.size(), '0') + text;
}

int kills(int most) {
#ifdef __SANITIZE_ADDRESS__
    return most / 4;
#endif
    return most;
}

/// How long it takes, in microseconds.
template <typename Work> long duration_of(Work work) {
    timespec begin = {}, end = {};
    clock_gettime(CLOCK_MONOTONIC, &begin);
    work();
    clock_gettime(CLOCK_MONOTONIC, &end);
    return (end.tv_sec - begin.tv_sec) * 1000000 + (end.tv_nsec - begin.tv_nsec) / 1000;
}

struct Known : Bed {
    std::mt19937 chance{std::random_device{}()};
    std::atomic<u64>& behind = *shared<std::atomic<u64>>(); ///< the counter behind the last one that was accepted
    explicit Known(const std::string& under = "/tmp") : Bed(under) {
        token.type = Type::hotp;
        settings("guesses = 1000\n");
    }
    void wait_at_most(long microseconds) { usleep(unsigned(chance() % unsigned(microseconds))); }
    bool takes(const Token& of, u64 counter) const { return login({hotp_code(of, counter)}) == PAM_SUCCESS; }
};

/// Logs in with one counter after the other, and is killed in the middle of one that is not the first; the counter
/// behind the last that was accepted.
u64 killed_logins(Known& b, u64 first, long longest) {
    b.behind = first;
    pid_t pid = fork();
    if (pid == 0) {
        for (u64 counter = first; b.takes(b.token, counter);) b.behind = ++counter;
        _exit(1);
    }
    for (int i = 0; b.behind == first && i < 60000; ++i) usleep(500);
    b.wait_at_most(longest);
    kill(pid, SIGKILL);
    waitpid(pid, nullptr, 0);
    return b.behind;
}

void oath_killed_logins_keep_nobody_out_and_forget_no_code(void**) {
    Known b(access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"); // what a kill leaves does not depend on the disk
    b.enrol();
    std::vector<std::string> before = names_in(b.store);
    u64 next = 1;
    long longest = duration_of([&] { (void)b.takes(b.token, 0); });
    int accepted = 0, again = 0, kept_out = 0;
    for (int i = 0; i < kills(200); ++i) {
        u64 behind = killed_logins(b, next, longest);
        accepted += behind > next;
        again += b.takes(b.token, behind - 1);
        kept_out += !b.takes(b.token, behind + 1); // the one at `behind` may have been on its way
        next = behind + 2;
    }
    bool left_nothing = names_in(b.store).size() == before.size();
    assert_int_equal(accepted, kills(200));
    assert_int_equal(again, 0);
    assert_int_equal(kept_out, 0);
    assert_true(left_nothing);
}

/// What the helper is asked: a set-up by root with a key of its own, in `token`.
void ask_for_setup(const Known& b, Helper& helper, const Token& token) {
    Request request;
    request.verb = Verb::setup;
    request.user = Text<255>(string_view(b.user));
    request.token.copy_from(token);
    request.confirm = false;
    helper.say<const Request&>(write_request, request);
}

bool set_up(const Known& b, const Token& token) {
    Helper helper(b);
    ask_for_setup(b, helper, token);
    return helper.hear("done").find(" changed=1") != std::string::npos;
}

/// Files that hold a sealed secret. One that was killed before it wrote anything stays, empty: nobody can tell it
/// from one that is written just now.
size_t whole_credentials(const Bed& b) {
    size_t count = 0;
    for (const std::string& name : names_in(b.store)) {
        struct stat found = {};
        bool is_credential = name[0] != '.' && name.find('.') != std::string::npos;
        count += is_credential && stat((b.store + "/" + name).c_str(), &found) == 0 && found.st_size > 0;
    }
    return count;
}

/// When something in the store was last made or removed.
std::pair<time_t, long> touched(const Bed& b) {
    struct stat found = {};
    (void)stat(b.store.c_str(), &found);
    return {found.st_mtim.tv_sec, found.st_mtim.tv_nsec};
}

/// Killed at any moment, every other time at one from the first file on: they are few.
void killed_set_up(Known& b, const Token& token, long longest, bool at_files) {
    auto before = touched(b);
    Helper helper(b);
    ask_for_setup(b, helper, token);
    for (int i = 0; at_files && touched(b) == before && i < 100000; ++i) usleep(20);
    b.wait_at_most(at_files ? longest / 2 : longest);
    kill(helper.pid, SIGKILL);
}

/// As if nothing had ever been set up.
void remove_record(const Known& b) {
    for (const std::string& name : names_in(b.store)) {
        if (name[0] != '.') (void)unlink((b.store + "/" + name).c_str());
    }
}

void make_key(const Known& b, Token& token) {
    token.copy_from(b.token);
    token.name = Text<32>(string_view("phone"));
    if (!random_bytes(token.key.fill(20))) abort();
}

/// A set-up that is killed; which of the two keys counts now, or neither.
enum class Counts { old, next, neither };
Counts after_a_kill(Known& b, const Token& old, u64 counter, const Token& next, long longest, bool at_files) {
    killed_set_up(b, next, longest, at_files);
    if (b.takes(old, counter)) return Counts::old;
    return b.takes(next, 0) ? Counts::next : Counts::neither;
}

void google_authenticator_88_killed_set_ups_leave_nothing_and_keep_nobody_out(void**) {
    Known b; // on the disk, since a set-up waits for it between its files
    Token old, next;
    make_key(b, old);
    bool all_set_up = true;
    long longest = duration_of([&] { all_set_up = set_up(b, old); }) * 6 / 5;
    u64 counter = 0;
    size_t left = 1;
    int kept_out = 0, in_force[3] = {};
    for (int i = 0; i < kills(100); ++i) {
        make_key(b, next);
        bool first = i < kills(100) / 5; // there is nothing before it
        if (first) remove_record(b);
        Counts which = after_a_kill(b, old, counter++, next, longest, i % 2);
        ++in_force[int(which)];
        if (which == Counts::old) continue;
        if (which == Counts::neither) {
            kept_out += !first;
            all_set_up = set_up(b, next) && b.takes(next, 0) && all_set_up;
            left = std::max(left, whole_credentials(b));
        }
        old.copy_from(next);
        counter = 1;
    }
    make_key(b, next);
    all_set_up = set_up(b, next) && all_set_up;
    left = std::max(left, whole_credentials(b));
    assert_true(all_set_up);
    assert_int_equal(kept_out, 0);
    assert_int_equal(left, 1);
    assert_true(in_force[int(Counts::old)] > 0 && in_force[int(Counts::next)] > 0); // before and after the moment
}
} // namespace

int main(int, char** argv) {
    find_module(argv[0]);
    const CMUnitTest tests[] = {
        cmocka_unit_test(oath_killed_logins_keep_nobody_out_and_forget_no_code),
        cmocka_unit_test(google_authenticator_88_killed_set_ups_leave_nothing_and_keep_nobody_out),
    };
    return cmocka_run_group_tests_name("holes_kills", tests, nullptr, nullptr);
}
