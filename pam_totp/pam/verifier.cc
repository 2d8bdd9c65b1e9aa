// SPDX-License-Identifier: Apache-2.0
#include "verifier.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace totp {
namespace {
constexpr i64 patience = 30; // seconds for the helper to answer

/// As fork(2), without the handlers of pthread_atfork, which are the application's. Between here and exec or _exit
/// the child makes system calls alone, as beside threads it must. `signal` is sent at its end; 0: none is, and no
/// wait of the application's finds it.
pid_t fork_with(long signal) {
#ifdef __s390__ // where the stack comes first
    return pid_t(syscall(SYS_clone, nullptr, signal, nullptr, nullptr, nullptr));
#else
    return pid_t(syscall(SYS_clone, signal, nullptr, nullptr, nullptr, nullptr));
#endif
}

[[noreturn]] void become_helper(int fd) {
    char name[] = TOTP_HELPER;
    char* const arguments[] = {name, nullptr};
    char* const nothing[] = {nullptr};
    (void)setsid(); // what is typed at the host's terminal, a Ctrl-C too, is not for it
    if (dup2(fd, 0) == 0 && dup2(fd, 1) == 1) (void)execve(name, arguments, nothing);
    _exit(127);
}

/// Starts the helper, as nobody's child: a child of the application's would run its handler for SIGCHLD, and be
/// found by its waits (exec sets the signal again, whatever the fork said). It ends when its socket is closed.
bool start(Fd& ours) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return false;
    ours = Fd(above_standard(ends[0]));
    Fd theirs(above_standard(ends[1]));
    if (!ours.is_open() || !theirs.is_open()) return false;
    pid_t between = fork_with(0);
    if (between == 0) {
        pid_t helper = fork_with(SIGCHLD);
        if (helper == 0) become_helper(theirs.get());
        _exit(helper > 0 ? 0 : 1);
    }
    int status = 1;
    while (between > 0 && waitpid(between, &status, __WCLONE) < 0 && errno == EINTR) {
    }
    return between > 0 && status == 0;
}
} // namespace

Verifier::Verifier()
    : detail_(string_view(TOTP_HELPER)), started_(start(socket_)),
      channel_(socket_.get(), monotonic_seconds() + patience) {}

Error Verifier::begin(RecordLine& record, Token& token, Ask& question) {
    Request request;
    request.verb = Verb::verify;
    if (!started_ || !channel_.send<const Request&>(write_request, request)) return Error::helper_missing;
    string_view line;
    bool has_token = false;
    while (channel_.receive(line)) {
        Token other;
        Verdict none;
        if (read_ask(line, question)) return Error::none;
        if (line.starts_with("done ")) return end(line, none);
        bool is_token = read_token_line(line, other);
        if (!is_token && !read_record_line(line, record)) break;
        if (is_token && !has_token) token.copy_from(other);
        has_token = has_token || is_token;
    }
    return Error::helper_missing;
}

Error Verifier::check(string_view code, Verdict& verdict) {
    Error error = send(code, verdict);
    if (error != Error::helper_missing || !is_gone()) return error;
    // One that ended without an answer has accepted nothing that another one could accept again.
    Verifier anew;
    RecordLine record;
    Token token;
    Ask question;
    error = anew.begin(record, token, question);
    return error == Error::none ? anew.send(code, verdict) : error;
}

Error Verifier::send(string_view code, Verdict& verdict) {
    string_view line;
    channel_.set_deadline(monotonic_seconds() + patience);
    code = slice(code, 0, 128); // more than any code has: cut, and not right in any case
    bool answered = channel_.send<string_view>(write_answer, code) && channel_.receive(line);
    return answered ? end(line, verdict) : Error::helper_missing;
}

bool Verifier::is_gone() const {
    pollfd one = {socket_.get(), 0, 0};
    return poll(&one, 1, 0) > 0;
}

Error Verifier::end(string_view line, Verdict& verdict) {
    Done done;
    if (!read_done(line, done)) return Error::helper_missing;
    verdict = done.verdict;
    if (!done.detail.empty()) detail_ = done.detail;
    return done.error;
}

} // namespace totp
