# SPDX-License-Identifier: Apache-2.0
"""With what each system call can fail, and which failures harm nobody."""
import re

from bed import CONF, KEY, STORE

# From the manual pages, what a program may see of each on Linux. `retval=` is a call that did less than it should.
WITH = {
    "access": "EACCES ENOENT",
    "brk": "retval=0",
    "chdir": "EACCES",
    "chmod": "EPERM EIO",
    "chown": "EPERM EIO",
    "clone": "EAGAIN ENOMEM",
    "close": "EIO EINTR",
    "close_range": "ENOSYS",
    "connect": "ECONNREFUSED EACCES",
    "fallocate": "EOPNOTSUPP ENOSPC EIO",
    "fchmod": "EPERM EIO",
    "fchown": "EPERM EIO",
    "fcntl": "EINVAL",
    "fdatasync": "EIO ENOSPC EDQUOT",
    "fstatfs": "EIO ENOSYS",
    "fsync": "EIO ENOSPC EDQUOT",
    "getdents64": "EIO",
    "getrandom": "ENOSYS EINTR",
    "ioctl": "ENOTTY",
    "lseek": "EINVAL ESPIPE",
    "mkdir": "EACCES ENOSPC",
    "mmap": "ENOMEM",
    "newfstatat": "EIO ENOMEM EACCES",
    "openat": "EACCES EMFILE ENFILE ENOENT ELOOP ENOMEM EIO EINTR ENOSPC EROFS",
    "poll": "ENOMEM EINTR",
    "ppoll": "ENOMEM EINTR",
    "prctl": "EINVAL",
    "pread64": "EIO EINTR retval=0 retval=100",
    "prlimit64": "EPERM",
    "read": "EIO EINTR",
    "readlink": "EACCES",
    "recvfrom": "ECONNRESET EINTR",
    "renameat2": "EINVAL ENOSPC EIO",
    "rt_sigaction": "EINVAL",
    "rt_sigprocmask": "EINVAL",
    "sendto": "EPIPE EINTR",
    "setitimer": "EINVAL",
    "setpgid": "EPERM",
    "socket": "EMFILE EACCES",
    "socketpair": "EMFILE",
    "statx": "EIO ENOMEM EACCES",
    "uname": "EFAULT",
    "unlinkat": "EIO EROFS EACCES",
    "wait4": "ECHILD",
    "write": "ENOSPC EDQUOT EFBIG EIO EINTR retval=100",
}
# By their manual pages these cannot fail for a caller whose pointers are good.
NEVER = ("exit_group", "futex", "getegid", "geteuid", "getgid", "getpid", "getppid", "getuid", "gettid", "munmap",
         "umask")


def errors_of(call):
    """What there is to try. A name that stands in neither list is tried with an error that everything knows.

    A file that is written on after 100 bytes would have none of them: strace does not do what it says was done.
    """
    # nss-systemd takes it for sure that it can block signals, and aborts.
    of_nss = call.name == "rt_sigprocmask" and "SIG_BLOCK" in call.line
    errors = [] if call.name in NEVER or of_nss else WITH.get(call.name, "EIO").split()
    return [how for how in errors if not (how == "retval=100" and ".new>" in call.line)]


def is_ours(line):
    return any(path in line for path in (STORE, KEY, CONF))


def sample(found, most):
    """Each of these calls with `most` of its errors, another choice for each so that all are tried somewhere; with
    one where it is not about our files."""
    for at, call in enumerate(found):
        errors = errors_of(call)
        for i in range(min(most if is_ours(call.line) else 1, len(errors))):
            yield call, errors[(at + i) % len(errors)]


def place_of(failed, name):
    """Where the administrator has to look: strace shows a descriptor as what it is open on."""
    settings = re.search(rf"{CONF}(\.d(/[\w.-]+)?)?", failed)
    if settings or KEY in failed:
        return settings[0] if settings else KEY
    of_store = f'{STORE}>, ""' in failed or f'"{STORE}"' in failed or f"{STORE}>)" in failed or ".store" in failed
    return STORE if of_store else f"{STORE}/{name}"


class Harmless:
    """Failures after which everything may go on as without them: what strace writes of them, by the reason why.

    Each must be met, or it is not needed any more.
    """

    def __init__(self, patterns):
        self.patterns, self.met = patterns, set()

    def fits(self, line):
        found = {reason for reason, pattern in self.patterns.items() if re.search(pattern, line)}
        self.met |= found
        return bool(found)

    def unmet(self):
        return set(self.patterns) - self.met
