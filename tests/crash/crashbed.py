# SPDX-License-Identifier: Apache-2.0
"""The bed of these tests: a store that is put back before each run, a log that is read after each, and logins."""
import functools
import os
import pwd
import re
import select
import shutil
import socket
import stat
import subprocess
import sys

from bed import BUILD, CONF, KEY, REPOSITORY, STORE, Bed, write
from calls import HANG
from promises import check

ALL = "all" in sys.argv[1:]  # also what differs little from what was tried
if ALL:
    sys.argv.remove("all")  # what else stands there are names of promises
LOGIN, STACKS = os.path.join(REPOSITORY, BUILD, "tests/crash/login"), "/tmp/pam.d"
SUCCESS, ABSENT = 0, 8

# A success of the module jumps over the second line, which turns its PAM_IGNORE into a result of its own.
STACK = """auth [success=1 ignore=ignore default=die] pam_totp.so {}
auth required pam_debug.so auth=cred_insufficient
auth required pam_permit.so
"""


class Log:
    """Stands in for syslogd. Nothing is lost and nothing comes late: it is read when the writer has ended."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.socket.bind("/dev/log")
        os.chmod("/dev/log", 0o666)
        self.all = []

    def take(self):
        """What was logged since the last look."""
        lines = []
        while True:
            try:
                lines.append(self.socket.recv(65536).decode(errors="replace").rstrip("\0\n"))
            except BlockingIOError:
                self.all += lines
                return "\n".join(lines)


class Store:
    """The store and the host key as they stand now, to be put back."""

    def __init__(self):
        self.directory, self.files = os.stat(STORE), {}
        for path in (KEY, *(f"{STORE}/{name}" for name in os.listdir(STORE))):
            with open(path, "rb") as file:
                self.files[path] = (file.read(), os.fstat(file.fileno()))

    def put(self):
        forget_host()
        os.mkdir(STORE)
        give(STORE, self.directory)
        for path, (text, found) in self.files.items():
            with open(path, "wb") as file:
                file.write(text)
            give(path, found)


def give(path, found):
    os.chown(path, found.st_uid, found.st_gid)
    os.chmod(path, stat.S_IMODE(found.st_mode))


class Codes:
    """What the phone shows, worked out once a step: thousands of logins type it."""

    def __init__(self, phone):
        self.phone, self.at = phone, functools.lru_cache(phone.at)
        self.wrong_near = functools.lru_cache(lambda step: phone.wrong())

    def now(self):
        return self.at(self.phone.step())

    def two(self):
        return f"{self.now()} {self.at(self.phone.step() + 1)}"

    def wrong(self):
        return self.wrong_near(self.phone.step())


class Logins:
    """Logins of one person that nothing happens to, in a process that stays."""

    def __init__(self, service, person, log):
        self.name, self.log = person.name, log
        self.process = subprocess.Popen([LOGIN, STACKS, service, person.name], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, bufsize=0)

    def result(self, answer):
        self.process.stdin.write(f"{answer}\n".encode())
        said = b""
        while not (found := re.search(rb"^result (\d+)\n", said, re.M)):
            ready, _, _ = select.select([self.process.stdout], [], [], HANG)
            piece = self.process.stdout.read(4096) if ready else b""
            check(piece, f"the logins have ended, or hang: {said}")
            said += piece
        self.log.take()
        return int(found[1])

    def accepts(self, answer):
        return self.result(answer) == SUCCESS

    def fill_window(self, wrong, spare):
        """The entry of the next login frees the beginning of the journal, and allocates more behind it."""
        while os.path.getsize(f"{STORE}/{self.name}") < 10 * 4096 - 2 * 256:
            self.result(f"{wrong} {wrong}")  # two codes in a row are always judged
        check(self.accepts(spare), "a backup code")  # so that the next prompt has no reason to tell

    def check_after(self, typed, acknowledged, fresh, where):
        """After a login with `typed` that something happened to: it is accepted once in all, `fresh` as ever."""
        first, second = self.accepts(typed), self.accepts(typed)
        check(not (first and acknowledged), f"accepted again after {where}")
        check(not second, f"accepted twice after {where}")
        check(self.accepts(fresh), f"no other code is accepted after {where}")
        return first


class CrashBed(Bed):
    def __init__(self):  # pylint: disable=super-init-not-called
        self.people, self.pristine, self.syslog = [], {}, Log()
        self.install()
        os.mkdir(STACKS)
        write(f"{STACKS}/other", "auth requisite pam_deny.so\n")
        write(CONF, "guesses = 10\n")
        os.mkdir(f"{CONF}.d")
        write(f"{CONF}.d/10-site.conf", "window = 1\n")

    def add_user(self, name, password=None):
        person = super().add_user(name, password)
        self.syslog.take()  # the queue holds few lines, and who logs one too many waits
        return person

    def stack(self, service, arguments):
        write(f"{STACKS}/{service}", STACK.format(arguments))

    def nothing_secret_was_logged(self, *typed):
        """Nor what was typed beside the codes that are right."""
        self.syslog.take()
        log = "\n".join(self.syslog.all)
        check("verdict=" in log, "nothing was logged")
        self.nothing_secret_in(log)
        for code in typed:
            check(code not in log, f"{code} was logged")


def check_files(person, enrolled):
    """Nothing is left over, and nothing is open to others."""
    names = sorted(name for name in os.listdir(STORE) if name.split(".")[0] == person.name)
    right = len(names) == 2 and names[0] == person.name and re.fullmatch(r"\w+\.[0-9a-f]{16}", names[1])
    check(right if enrolled else not names, f"left over: {names}")
    for name in names:
        found = os.lstat(f"{STORE}/{name}")
        own = found.st_uid == pwd.getpwnam(person.name).pw_uid
        check(own and stat.S_IMODE(found.st_mode) == 0o600, f"{name}: {found}")


def forget_host():
    """As before `pam-totp init`."""
    shutil.rmtree(STORE, ignore_errors=True)
    if os.path.exists(KEY):
        os.unlink(KEY)
