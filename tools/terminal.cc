// SPDX-License-Identifier: Apache-2.0
#include "terminal.h"
#include "command.h"
#include "text.h"
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <langinfo.h>
#include <poll.h>
#include <regex.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace totp {
namespace {
int talk = STDOUT_FILENO;
bool said = true;
int watched = -1;
volatile std::sig_atomic_t interrupt = 0;

void note(int signal) { interrupt = signal; }

bool write_all(int fd, string_view text) {
    while (!text.empty()) {
        ssize_t put = write(fd, text.data(), text.size());
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return false;
        text.remove_prefix(size_t(put));
    }
    return true;
}
} // namespace

void prepare_terminal() {
    for (int fd = 0; fd <= 2; ++fd) {
        if (fcntl(fd, F_GETFD) < 0) (void)open("/dev/null", O_RDWR); // the lowest free one: this one
    }
    (void)std::signal(SIGPIPE, SIG_IGN);
    struct sigaction action = {};
    action.sa_handler = note;
    sigset_t ours;
    sigemptyset(&ours);
    for (int signal : {SIGINT, SIGTERM, SIGHUP}) {
        struct sigaction before = {};
        sigaction(signal, nullptr, &before);
        if (before.sa_handler == SIG_IGN) continue; // as nohup and background jobs want it
        sigaction(signal, &action, nullptr);
        sigaddset(&ours, signal);
    }
    // Blocked outside wait_for, so that none is lost between a look and a wait.
    sigprocmask(SIG_BLOCK, &ours, nullptr);
}

void wait_for(int fd) {
    sigset_t none;
    sigemptyset(&none);
    pollfd both[] = {{fd, POLLIN, 0}, {fd == watched ? -1 : watched, 0, 0}};
    while (ppoll(both, 2, nullptr, &none) < 0 && errno == EINTR && !interrupt) {
    }
    if (!interrupt && both[1].revents == 0) return;
    say("\n");
    if (!interrupt) throw Stop(exit_refused, text("that took too long: nothing was changed; begin again"));
    throw Stop(128 + interrupt, text("interrupted; what counts now says: pam-totp status"));
}

bool pause_for(unsigned milliseconds) {
    sigset_t none;
    sigemptyset(&none);
    timespec time = {time_t(milliseconds / 1000), long(milliseconds % 1000) * 1000000};
    return (ppoll(nullptr, 0, &time, &none) >= 0 || errno != EINTR) && !interrupt;
}

void watch(int socket) { watched = socket; }

void talk_beside_json() {
    talk = STDERR_FILENO;
    if (isatty(STDERR_FILENO) || !isatty(STDIN_FILENO)) return;
    int terminal = open("/dev/tty", O_WRONLY | O_NOCTTY | O_CLOEXEC);
    if (terminal >= 0) talk = terminal;
}

void say(string_view words) { said = write_all(talk, words) && said; }

bool all_was_said() { return said; }

void print_text(string_view facts) {
    if (write_all(STDOUT_FILENO, facts)) return;
    throw Stop(exit_store, text("standard output: %1", {std::strerror(errno)}));
}

void print_line(string_view facts) {
    print_text(facts);
    print_text("\n");
}

void complain(const std::string& what) { (void)write_all(STDERR_FILENO, "pam-totp: " + what + "\n"); }

bool read_line(int fd, Secret<256>& line) {
    bool fits = true, any = false;
    line.wipe();
    for (u8 byte = 0;;) {
        wait_for(fd);
        ssize_t got = read(fd, &byte, 1);
        if (got < 0 && errno == EINTR) continue;
        if (got == 1) any = true;
        if (got != 1 || byte == '\n') break;
        fits = line.push(byte) && fits;
    }
    if (!fits) line.wipe();
    return any && fits;
}

bool ask(string_view question, Secret<256>& answer) {
    say(question);
    bool answered = read_line(STDIN_FILENO, answer);
    if (!answered || !isatty(STDIN_FILENO)) say("\n"); // the terminal shows the person's own
    return answered;
}

bool is_yes(const std::string& answer) {
    regex_t yes;
    if (regcomp(&yes, nl_langinfo(YESEXPR), REG_EXTENDED | REG_NOSUB) != 0) return false;
    bool matches = regexec(&yes, answer.c_str(), 0, nullptr, 0) == 0;
    regfree(&yes);
    return matches;
}

bool agrees(string_view question) {
    Secret<256> answer;
    if (!ask(question, answer)) return false;
    return answer.empty() || is_yes(std::string(answer.reveal_text()));
}

bool talks_to_terminal() { return isatty(talk) == 1; }

bool has_colour() {
    const char* term = std::getenv("TERM");
    const char* no = std::getenv("NO_COLOR");
    return talks_to_terminal() && (!no || !*no) && term && *term && string_view(term) != "dumb";
}

bool has_utf8() {
    return string_view(nl_langinfo(CODESET)) == "UTF-8";
}

void terminal_size(unsigned& columns, unsigned& rows) {
    winsize size = {};
    bool known = ioctl(talk, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0;
    columns = known ? size.ws_col : 80;
    rows = known ? size.ws_row : 24;
}

} // namespace totp
