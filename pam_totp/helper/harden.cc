// SPDX-License-Identifier: Apache-2.0
#include "harden.h"
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

namespace totp {
namespace {
constexpr rlim_t least_file_size = rlim_t(1) << 30; // a journal is sparse: its size is apparent, not on the disk
constexpr rlim_t least_files = 16;

void reset_signals() {
    struct sigaction plain = {};
    plain.sa_handler = SIG_DFL;
    for (int s = 1; s < NSIG; ++s) (void)sigaction(s, &plain, nullptr); // KILL and STOP refuse, and need not
    sigset_t none;
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, nullptr);
    itimerval off = {};
    for (auto timer : {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF}) (void)setitimer(timer, &off, nullptr);
}

/// 0 to 2 are open, so that no record gets such a number; everything above is closed.
bool reset_descriptors() {
    for (int fd = 0; fd <= 2; ++fd) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR | O_NOCTTY) != fd) return false;
    }
    return syscall(SYS_close_range, 3u, ~0u, 0u) == 0;
}

/// glibc has a type of its own for which limit it is, others an int.
bool raise(decltype(RLIMIT_FSIZE) which, rlim_t least) {
    struct rlimit limit = {};
    if (getrlimit(which, &limit) != 0 || (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < least)) return false;
    limit.rlim_cur = limit.rlim_max;
    return setrlimit(which, &limit) == 0;
}
} // namespace

bool is_privileged() {
    if (getuid() == 0) return false;
    const group* ours = getgrnam(TOTP_GROUP);
    return getuid() != geteuid() || getgid() != getegid() || getauxval(AT_SECURE) != 0 ||
           (ours && getegid() == ours->gr_gid);
}

Error harden() {
    struct rlimit no_core = {};
    (void)prctl(PR_SET_DUMPABLE, 0); // no core file, no ptrace, no /proc/PID/mem
    (void)setrlimit(RLIMIT_CORE, &no_core);
    (void)clearenv();
    reset_signals();
    (void)umask(077);
    if (!reset_descriptors() || chdir("/") != 0) return Error::io;
    return raise(RLIMIT_FSIZE, least_file_size) && raise(RLIMIT_NOFILE, least_files) ? Error::none : Error::limits;
}

} // namespace totp
