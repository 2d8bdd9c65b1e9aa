// SPDX-License-Identifier: Apache-2.0
// A line between the helper and whoever runs it: whole or not at all, by the deadline, and no signal for the host.
#include "../support/cmocka.h"
#include "store/channel.h"
#include <csignal>
#include <cstdlib>
#include <string>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

using namespace totp;

namespace {
struct Ends {
    int ours = -1, theirs = -1;
    Ends() {
        int pair[2];
        if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) abort();
        ours = pair[0], theirs = pair[1];
    }
    ~Ends() { close(ours), hang_up(); }
    void hang_up() {
        if (theirs >= 0) close(theirs);
        theirs = -1;
    }
    void put(const std::string& text) const {
        if (::send(theirs, text.data(), text.size(), 0) != ssize_t(text.size())) abort();
    }
};

i64 in_seconds(i64 seconds) { return monotonic_seconds() + seconds; }

/// What is received, or why not.
std::string next(Channel& channel) {
    string_view line;
    return channel.receive(line) ? std::string(line) : "nothing";
}

void gives_whole_lines_however_they_arrive(void**) {
    Ends ends;
    Channel channel(ends.ours, in_seconds(10));
    ends.put("one\ntwo\n\nthr");
    assert_text_equal(next(channel), "one");
    assert_text_equal(next(channel), "two");
    assert_text_equal(next(channel), "");
    ends.put("ee\n");
    assert_text_equal(next(channel), "three");
}

void half_a_line_is_none_when_its_writer_goes(void**) {
    Ends ends;
    i64 deadline = in_seconds(10);
    Channel channel(ends.ours, deadline);
    ends.put("one\nhalf a li");
    ends.hang_up();
    assert_text_equal(next(channel), "one");
    assert_text_equal(next(channel), "nothing");
    assert_text_equal(next(channel), "nothing");
    assert_true(monotonic_seconds() < deadline - 5); // nobody waits for one who is gone
}

void refuses_a_line_that_has_no_end(void**) {
    Ends longest, endless;
    i64 deadline = in_seconds(10);
    Channel fits(longest.ours, deadline), does_not(endless.ours, deadline);
    std::string line(longest_message - 1, 'x');
    longest.put(line + "\n");
    endless.put(line + "xx\n");
    assert_true(next(fits) == line);
    assert_text_equal(next(does_not), "nothing");
    assert_true(monotonic_seconds() < deadline - 5); // nor for the rest of it
}

void waits_until_the_deadline_and_no_longer(void**) {
    Ends ends;
    Channel late(ends.ours, in_seconds(0)), soon(ends.ours, in_seconds(1));
    ends.put("one");
    i64 before = monotonic_seconds();
    assert_text_equal(next(soon), "nothing");
    assert_in_range(monotonic_seconds() - before, 0, 5);
    ends.put("\n");
    assert_text_equal(next(late), "nothing");
    soon.set_deadline(in_seconds(10));
    assert_text_equal(next(soon), "one");
}

/// A nobody who reads would end the helper by SIGPIPE, or keep it for ever.
void gives_up_a_reader_that_is_gone_or_does_not_read(void**) {
    Ends gone, idle;
    gone.hang_up();
    Channel to_none(gone.ours, in_seconds(10)), to_idle(idle.ours, in_seconds(1));
    bool sent = to_none.send<i64>(write_skew, 30);
    assert_false(sent);
    size_t lines = 0;
    while (lines < 1000000 && to_idle.send<i64>(write_skew, 30)) ++lines;
    assert_in_range(lines, 1, 999999);
}

void a_message_that_does_not_fit_a_line_is_not_sent(void**) {
    Ends ends;
    Channel channel(ends.ours, in_seconds(10));
    // Escaped, each byte is three.
    bool sent = channel.send<string_view>(write_answer, std::string(longest_message / 2, '\n'));
    assert_false(sent);
    ends.hang_up();
}

void signals_of_the_host_do_not_end_a_wait(void**) {
    Ends ends;
    pid_t child = fork();
    if (child == 0) {
        usleep(100000);
        ends.put("one\n");
        _exit(0);
    }
    struct sigaction on_alarm = {};
    on_alarm.sa_handler = [](int) {};
    sigaction(SIGALRM, &on_alarm, nullptr);
    itimerval often = {{0, 5000}, {0, 5000}}, never = {};
    setitimer(ITIMER_REAL, &often, nullptr);
    Channel channel(ends.ours, in_seconds(10));
    std::string line = next(channel);
    setitimer(ITIMER_REAL, &never, nullptr);
    assert_text_equal(line, "one");
}

void refuses_when_there_is_no_socket(void**) {
    Channel none(-1, in_seconds(1));
    bool sent = none.send<i64>(write_skew, 30);
    assert_false(sent);
    int pipes[2];
    if (pipe(pipes) != 0) abort();
    (void)!write(pipes[1], "one\n", 4);
    Channel no_socket(pipes[0], in_seconds(1));
    assert_text_equal(next(no_socket), "nothing");
    close(pipes[0]), close(pipes[1]);
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(gives_whole_lines_however_they_arrive),
        cmocka_unit_test(half_a_line_is_none_when_its_writer_goes),
        cmocka_unit_test(refuses_a_line_that_has_no_end),
        cmocka_unit_test(waits_until_the_deadline_and_no_longer),
        cmocka_unit_test(gives_up_a_reader_that_is_gone_or_does_not_read),
        cmocka_unit_test(a_message_that_does_not_fit_a_line_is_not_sent),
        cmocka_unit_test(signals_of_the_host_do_not_end_a_wait),
        cmocka_unit_test(refuses_when_there_is_no_socket),
    };
    return cmocka_run_group_tests_name("channel", tests, nullptr, nullptr);
}
