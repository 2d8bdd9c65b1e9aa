# SPDX-License-Identifier: Apache-2.0
"""The bed of these tests: a store that is put back before each run, a log that is read after each, and logins."""
import functools
import os
import re
import shutil
import socket
import stat
import subprocess

from bed import BUILD, KEY, REPOSITORY, STORE, Bed, run, write
from promises import check

ALL = bool(os.environ.get("TOTP_ALL"))  # `make crash`: also what differs little from what was tried
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
    """The store as it stands now, to be put back."""

    def __init__(self):
        self.files = {}
        for name in os.listdir(STORE):
            with open(f"{STORE}/{name}", "rb") as file:
                self.files[name] = (file.read(), os.fstat(file.fileno()))

    def put(self):
        for name in os.listdir(STORE):
            os.unlink(f"{STORE}/{name}")
        for name, (text, found) in self.files.items():
            with open(f"{STORE}/{name}", "wb") as file:
                file.write(text)
                os.fchown(file.fileno(), found.st_uid, found.st_gid)
                os.fchmod(file.fileno(), stat.S_IMODE(found.st_mode))


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

    def __init__(self, service, person):
        self.process = subprocess.Popen([LOGIN, STACKS, service, person.name], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, bufsize=1)

    def result(self, answer):
        self.process.stdin.write(answer + "\n")
        while True:
            line = self.process.stdout.readline()
            check(line, "the application of the logins has ended")
            if line.startswith("result "):
                return int(line.split()[1])


class CrashBed(Bed):
    def __init__(self):  # pylint: disable=super-init-not-called
        self.people, self.pristine, self.syslog = [], {}, Log()
        self.install()
        os.mkdir(STACKS)

    def add_user(self, name, password=None):
        person = super().add_user(name, password)
        self.syslog.take()  # the queue holds few lines, and who logs one too many waits
        return person

    def stack(self, service, arguments):
        write(f"{STACKS}/{service}", STACK.format(arguments))

    def files(self, person):
        return sorted(name for name in os.listdir(STORE) if name.split(".")[0] == person.name)

    def check_files(self, person, enrolled):
        """Nothing is left over, and nothing is open to others."""
        names = self.files(person)
        journal, credential = person.name, rf"{person.name}\.[0-9a-f]{{16}}"
        right = len(names) == 2 and names[0] == journal and re.fullmatch(credential, names[1])
        check(right if enrolled else not names, f"left over: {names}")
        owner = int(run("id", "-u", person.name).stdout) if names else 0
        for name in names:
            found = os.lstat(f"{STORE}/{name}")
            check(stat.S_IMODE(found.st_mode) == 0o600 and found.st_uid == owner, f"{name}: {found}")

    def nothing_secret_was_logged(self):
        self.syslog.take()
        self.nothing_secret_in("\n".join(self.syslog.all))


def forget_host():
    """As before `pam-totp init`."""
    shutil.rmtree(STORE, ignore_errors=True)
    if os.path.exists(KEY):
        os.unlink(KEY)
