// SPDX-License-Identifier: Apache-2.0
// What tells one place from another, and the session of a terminal from one that has its number again.
#include "../support/cmocka.h"
#include "calls.h"
#include "core/place.h"
#include "given.h"
#include "store/session.h"
#include <csignal>
#include <fstream>
#include <openssl/evp.h>
#include <set>
#include <sstream>
#include <string.h>
#include <sys/wait.h>

using namespace totp;
using namespace totp::given;

namespace {

u64 place_of(string_view service, string_view where, const Account& whose = account(), u64 key = key_id) {
    u64 place = 0;
    return make_place(*host().find(key), whose, service, where, place) ? place : 0;
}

void every_part_makes_another_place(void**) {
    std::set<u64> places{
        place_of("sshd", "from 203.0.113.9"),
        place_of("sshd", "from 203.0.113.1"),
        place_of("sudo", "from 203.0.113.9"),
        place_of("sshd", "from 203.0.113.9", account("bob")),
        place_of("sshd", "from 203.0.113.9", account("alice", 1001)),
        place_of("sshd", "from 203.0.113.9", account(), 2),
        place_of("sshd from", "203.0.113.9"),
        place_of("", "sshd from 203.0.113.9"),
        place_of("from", "sshd 203.0.113.9"),
    };
    assert_int_equal(places.size(), 9);
    assert_false(places.contains(0));
    assert_true(places.contains(place_of("sshd", "from 203.0.113.9")));
}

void is_the_mac_of_all_parts_by_the_signing_key(void**) {
    string_view message = "place 1000 alice ssh%20d from 203.0.113.9"; // begins as no entry and no sentinel does
    u8 mac[16] = {};
    EVP_Q_mac(nullptr, "CMAC", nullptr, "AES-256-CBC", nullptr, host().find(key_id)->signing.reveal().data(), 32,
              bytes_of(message).data(), message.size(), mac, sizeof mac, nullptr);
    u64 expected = 0, found = place_of("ssh d", "from 203.0.113.9");
    memcpy(&expected, mac, 8);
    assert_true(found == expected);
}

void refuses_what_is_too_long_to_be_told_apart(void**) {
    u64 longest = place_of(std::string(400, 's'), "at x"), longer = place_of(std::string(500, 's'), "at x");
    u64 other = place_of("sshd", std::string(600, 'x'));
    assert_true(longest != 0 && longer == 0 && other == 0);
}

void reads_the_start_time_behind_any_name(void**) {
    struct {
        std::string stat;
        u64 ticks; ///< 0: none
    } rows[] = {
        {"42 (sh) S 1 42 42 34816 50 4194560 1 2 3 4 5 6 7 8 20 0 1 0 7777 2621440 226 18446744073709551615\n", 7777},
        {"42 (a) S 1) S 1 42 42 34816 50 4194560 1 2 3 4 5 6 7 8 20 0 1 0 7778 2621440\n", 7778},
        {"42 () R 1 42 42 34816 50 4194560 1 2 3 4 5 6 7 8 20 0 1 0 7779", 7779},
        {"42 (sh) S 1 42 42 34816 50 4194560 1 2 3 4 5 6 7 8 20 0 1 0", 0},
        {"42 (sh) S 1 42 42 34816 50 4194560 1 2 3 4 5 6 7 8 20 0 1 0 x 2621440", 0},
        {"42 sh S 1 42 42 34816 50 4194560 1 2 3 4 5 6 7 8 20 0 1 0 7777 2621440", 0},
        {"42 (sshd) S 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 7777 2621440", 0}, // no terminal
        {"42 (sh", 0},
        {"42 (sh)", 0},
        {"", 0},
    };
    for (const auto& row : rows) {
        u64 ticks = 0;
        bool read = read_start_time(row.stat, ticks);
        if (read != (row.ticks != 0) || (read && ticks != row.ticks)) fail_msg("%s", row.stat.c_str());
    }
}

std::string session() {
    char room[128];
    Writer out(room);
    return describe_session(out) ? std::string(out.view()) : "none";
}

/// What a child says of itself.
template <typename What> std::string in_a_child(What what) {
    int ends[2];
    if (pipe(ends) != 0) return "no pipe";
    pid_t child = fork();
    if (child == 0) {
        std::string said = what();
        _exit(write(ends[1], said.data(), said.size()) == ssize_t(said.size()) ? 0 : 1);
    }
    close(ends[1]);
    char room[512];
    ssize_t got = read(ends[0], room, sizeof room);
    close(ends[0]);
    waitpid(child, nullptr, 0);
    return {room, got > 0 ? size_t(got) : 0};
}

/// As login and a terminal's window do: a session with a terminal of its own, for as long as the process lives.
void begin_at_a_terminal() {
    setsid();
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    bool made = terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0 && open(ptsname(terminal), O_RDWR) >= 0;
    if (!made) _exit(1);
}

/// What a new session is to be called, and what its first process and two others say.
struct Said {
    std::string expected, leader, one, other;
};
Said begin_a_session() {
    std::istringstream all(in_a_child([] {
        begin_at_a_terminal();
        std::ifstream stat("/proc/self/stat"), boot("/proc/sys/kernel/random/boot_id");
        std::string word, expected = std::to_string(getpid());
        for (int i = 0; i < 22; ++i) stat >> word; // the name of this program has no blank
        expected += " " + word;
        boot >> word;
        return expected + " " + word + "|" + session() + "|" + in_a_child(session) + "|" + in_a_child(session);
    }));
    Said said;
    for (std::string* part : {&said.expected, &said.leader, &said.one, &said.other}) std::getline(all, *part, '|');
    return said;
}

void a_session_is_one_for_all_in_it_and_for_nobody_else(void**) {
    Said first = begin_a_session(), second = begin_a_session();
    assert_text_equal(first.leader, "none"); // it ends with that very process
    assert_string_equal(first.one.c_str(), first.expected.c_str());
    assert_true(first.one == first.other);
    assert_true(second.one == second.other && second.one != first.one);
}

/// Whatever a daemon says of a terminal: all that it asks for would be one place.
void a_session_without_a_terminal_is_none(void**) {
    std::string said = in_a_child([] {
        setsid();
        return in_a_child(session);
    });
    assert_text_equal(said, "none");
}

void a_session_whose_leader_has_ended_is_none(void**) {
    std::string said = in_a_child([] {
        (void)signal(SIGCHLD, SIG_IGN); // or the leader stays as a zombie, which has its number still
        return in_a_child([] {
            (void)signal(SIGHUP, SIG_IGN); // which comes with the leader's end
            begin_at_a_terminal();
            pid_t leader = getpid();
            if (fork() != 0) _exit(0);
            while (kill(leader, 0) == 0) usleep(1000);
            return session();
        });
    });
    assert_text_equal(said, "none");
}

void a_session_is_none_when_anything_cannot_be_read(void**) {
    std::string usual = session();
    size_t calls = 0, none = 0;
    for (size_t at = 0; at < 10; ++at) {
        std::string found = calls::during({.at = at, .error = EACCES}, session);
        if (calls::made.size() <= at) break;
        ++calls;
        none += found == "none";
    }
    assert_true(usual != "none");
    assert_in_range(calls, 4, 9);
    assert_int_equal(none, calls);
}

/// The tests, by a process in the session of a terminal that it did not begin.
int at_a_terminal(int (*tests)()) {
    pid_t leader = fork();
    if (leader == 0) {
        begin_at_a_terminal();
        pid_t inside = fork();
        if (inside == 0) return tests();
        int status = 1;
        (void)waitpid(inside, &status, 0);
        _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
    }
    int status = 1;
    (void)waitpid(leader, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
int run_all() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(every_part_makes_another_place),
        cmocka_unit_test(is_the_mac_of_all_parts_by_the_signing_key),
        cmocka_unit_test(refuses_what_is_too_long_to_be_told_apart),
        cmocka_unit_test(reads_the_start_time_behind_any_name),
        cmocka_unit_test(a_session_is_one_for_all_in_it_and_for_nobody_else),
        cmocka_unit_test(a_session_without_a_terminal_is_none),
        cmocka_unit_test(a_session_whose_leader_has_ended_is_none),
        cmocka_unit_test(a_session_is_none_when_anything_cannot_be_read),
    };
    return cmocka_run_group_tests_name("place", tests, nullptr, nullptr);
}
} // namespace

int main() { return at_a_terminal(run_all); }
