// SPDX-License-Identifier: Apache-2.0
#include "helper_process.h"
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace totp {
namespace {

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

/// For the helper, root is who has the real uid of root: sudo has the caller's. Not libc's setresuid, which looks for the
/// threads of a process that this is none of.
void become_root_throughout() {
#ifdef SYS_setresuid32
    constexpr long call = SYS_setresuid32;
#else
    constexpr long call = SYS_setresuid;
#endif
    if (geteuid() == 0) (void)syscall(call, 0, 0, 0);
}

[[noreturn]] void become_helper(int fd, const Options& options) {
    const char* const conf = options.conf_given ? "--conf" : nullptr;
    const char* const moved[] = {TOTP_HELPER, "--store", options.place.store, "--key", options.place.key,
                                 conf,        options.conf, nullptr};
    const char* const usual[] = {TOTP_HELPER, nullptr};
    char* const nothing[] = {nullptr};
    (void)setsid(); // what is typed at the host's terminal, a Ctrl-C too, is not for it
    auto arguments = const_cast<char* const*>(options.moved ? moved : usual); // which execve leaves as they are
    become_root_throughout();
    if (dup2(fd, 0) == 0 && dup2(fd, 1) == 1) (void)execve(TOTP_HELPER, arguments, nothing);
    _exit(127);
}

} // namespace

bool start_helper(const Options& options, Fd& ours) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return false;
    ours = Fd(above_standard(ends[0]));
    Fd theirs(above_standard(ends[1]));
    if (!ours.is_open() || !theirs.is_open()) return false;
    // In a copy of the application its own handlers would go on, with all that it may do. The helper clears this.
    sigset_t all, before;
    sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0) return false;
    pid_t between = fork_with(0);
    if (between == 0) {
        pid_t helper = fork_with(SIGCHLD);
        if (helper == 0) become_helper(theirs.get(), options);
        _exit(helper > 0 ? 0 : 1);
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, nullptr);
    int status = 0; // and when another thread waits for whatever ends: then the socket tells
    while (between > 0 && waitpid(between, &status, __WCLONE) < 0 && errno == EINTR) {
    }
    return between > 0 && status == 0;
}

} // namespace totp
