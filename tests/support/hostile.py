# SPDX-License-Identifier: Apache-2.0
"""What a caller without root can do to a set-id program before it starts it: a table of names and preparations."""
import ctypes
import os
import resource
import signal
import subprocess
from collections import namedtuple
from resource import RLIM_INFINITY as ENDLESS

# prepare(size) runs in the child, as the caller, before the program; `size` is that of the journal it will touch.
# `harmless`: a right code must get in all the same.
Setting = namedtuple("Setting", "prepare harmless environment before", defaults=(False, {}, ()))

MINE = "/home/hostile"  # where callers put what set-id programs must not take
PLANTED, LOADED = f"{MINE}/planted.so", f"{MINE}/loaded"
NO_NEW_PRIVS = 38
_libc = ctypes.CDLL(None, use_errno=True)
_all_signals = [number for number in range(1, 65) if number not in (signal.SIGKILL, signal.SIGSTOP, 32, 33)]


def _limit(which, soft, hard=None):
    return lambda size: resource.setrlimit(which, (soft, soft if hard is None else hard))


def _file_size(more):
    """With SIGXFSZ ignored a write beyond it comes back short."""
    def prepare(size):
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + more, size + more))
    return prepare


def _handle_all(action):
    def prepare(_):
        for number in _all_signals:
            signal.signal(number, action)
    return prepare


def _close(*numbers):
    def prepare(_):
        for number in numbers:
            os.close(number)
    return prepare


def _open_many(_):
    for _ in range(200):
        os.dup2(2, os.dup(2), inheritable=True)


def _timer(which, seconds, action=signal.SIG_DFL):
    def prepare(_):
        for number in (signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF):
            signal.signal(number, action)
        signal.setitimer(which, seconds, seconds)
    return prepare


def _in_a_directory_that_is_gone(_):
    path = f"{MINE}/gone-{os.getpid()}"
    os.mkdir(path)
    os.chdir(path)
    os.rmdir(path)


def _in_a_closed_directory(_):
    path = f"{MINE}/closed-{os.getpid()}"
    os.mkdir(path)
    os.chdir(path)
    os.chmod(path, 0)


def _nothing(_):
    pass


SMALL = {"AS": 16 << 20, "CORE": 1, "CPU": 1, "DATA": 1 << 20, "FSIZE": 100, "MEMLOCK": 4096, "MSGQUEUE": 1, "NICE": 0,
         "NOFILE": 5, "NPROC": 1, "RSS": 4096, "RTPRIO": 0, "RTTIME": 1, "SIGPENDING": 1, "STACK": 64 << 10}
HARMLESS = {"CORE", "MEMLOCK", "MSGQUEUE", "NICE", "RSS", "RTPRIO"}
SEARCHED = {name: MINE for name in ("GCONV_PATH", "LOCPATH", "NLSPATH", "LD_LIBRARY_PATH", "OPENSSL_MODULES",
                                    "OPENSSL_ENGINES", "PATH", "HOME", "TMPDIR", "RESOLV_HOST_CONF", "HOSTALIASES")}
LIBRARIES = {"LD_PRELOAD": PLANTED, "LD_AUDIT": PLANTED, "OPENSSL_CONF": f"{MINE}/openssl.cnf", "LD_DEBUG": "libs",
             "LD_DEBUG_OUTPUT": f"{MINE}/debug", "LD_ORIGIN_PATH": MINE}

# A library that leaves a trace when a set-id program loads it.
_PLANTED = f"""
#include <fcntl.h>
#include <sys/auxv.h>
__attribute__((constructor)) static void loaded(void) {{ if (getauxval(AT_SECURE)) open("{LOADED}", O_CREAT, 0600); }}
int OSSL_provider_init(void *a, void *b, void **c, void **d) {{ loaded(); return 0; }}
"""
_CONFIGURATION = f"""openssl_conf = begin
[begin]
providers = providers
[providers]
planted = planted
[planted]
module = {PLANTED}
activate = 1
"""


def plant():
    """What the environments below name."""
    os.mkdir(MINE)
    os.chmod(MINE, 0o1777)
    subprocess.run(["g++", "-x", "c", "-shared", "-fPIC", "-o", PLANTED, "-"], input=_PLANTED, text=True, check=True)
    for name, text in (("openssl.cnf", _CONFIGURATION), ("gconv-modules", "module INTERNAL UTF-8// planted 1\n")):
        with open(f"{MINE}/{name}", "w", encoding="ascii") as file:
            file.write(text)
    os.mkfifo(f"{MINE}/fifo")


SETTINGS = {
    "nothing special": Setting(_nothing, True),
    **{f"RLIMIT_{name} {value}": Setting(_limit(getattr(resource, f"RLIMIT_{name}"), value), name in HARMLESS)
       for name, small in SMALL.items() for value in {0, small}},
    **{f"RLIMIT_{name} 0, which can be raised again": Setting(_limit(getattr(resource, f"RLIMIT_{name}"), 0, ENDLESS))
       for name in ("CORE", "FSIZE")},
    **{f"a file size limit {more} bytes above the journal's": Setting(_file_size(more)) for more in (0, 1, 36, 255, 256)},
    "SIGXFSZ ignored": Setting(lambda _: signal.signal(signal.SIGXFSZ, signal.SIG_IGN), True),
    "SIGCHLD ignored": Setting(lambda _: signal.signal(signal.SIGCHLD, signal.SIG_IGN)),
    "all signals ignored": Setting(_handle_all(signal.SIG_IGN)),
    "all signals blocked": Setting(lambda _: signal.pthread_sigmask(signal.SIG_BLOCK, _all_signals), True),
    "descriptors 1 and 2 closed": Setting(_close(1, 2)),
    "descriptors 0 to 2 closed": Setting(_close(0, 1, 2)),
    "200 descriptors": Setting(_open_many, True),
    **{f"a {name} timer of {1000 * seconds:.0f} ms": Setting(_timer(which, seconds))
       for name, which in (("real", signal.ITIMER_REAL), ("virtual", signal.ITIMER_VIRTUAL), ("profiling", signal.ITIMER_PROF))
       for seconds in (0.005, 0.02, 0.1)},
    "a timer that is ignored": Setting(_timer(signal.ITIMER_REAL, 0.001, signal.SIG_IGN), True),
    "no new privileges": Setting(lambda _: _libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0)),
    "a user name space with root in it": Setting(_nothing, before=("unshare", "--user", "--map-root-user")),
    "a tracer": Setting(_nothing, before=("strace", "-f", "-o", "/dev/null")),
    "an empty argv": Setting(None),
    "a working directory that is gone": Setting(_in_a_directory_that_is_gone, True),
    "a working directory that is closed": Setting(_in_a_closed_directory, True),
    "umask 0": Setting(lambda _: os.umask(0), True),
    "umask 777": Setting(lambda _: os.umask(0o777), True),
    "libraries in the environment": Setting(_nothing, True, LIBRARIES),
    "directories in the environment": Setting(_nothing, True, SEARCHED),
    "a FIFO for a time zone": Setting(_nothing, True, {"TZ": f":{MINE}/fifo", "TZDIR": MINE}),
    "malloc told to be odd": Setting(_nothing, True, {
        "MALLOC_PERTURB_": "85", "MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "1", "MALLOC_TOP_PAD_": "0",
        "GLIBC_TUNABLES": "glibc.malloc.check=3:glibc.malloc.tcache_count=0:glibc.malloc.perturb=85"}),
    "a shell's variables": Setting(_nothing, True, {"IFS": "ao/", "ENV": f"{MINE}/openssl.cnf", "BASH_ENV": f"{MINE}/fifo",
                                                    "PS4": "$(id)", "SHELLOPTS": "xtrace", "CDPATH": MINE}),
    "variables of a login": Setting(_nothing, True, {"SSH_AUTH_INFO_0": "publickey ssh-ed25519 AAAA", "SUDO_USER": "root",
                                                     "PAM_USER": "root", "PAM_AUTHTOK": "x", "SSH_CONNECTION": "::1 1 ::1 22"}),
    "a very long variable": Setting(_nothing, True, {"LONG": "x" * 100000, "LANG": "x" * 30000, "TERM": "%n" * 15000}),
    "thousands of variables": Setting(_nothing, True, {f"V{number}": "%s%n" for number in range(8000)}),
}
