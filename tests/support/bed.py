# SPDX-License-Identifier: Apache-2.0
"""The machine under test, inside the sandbox: people, PAM files, the installed product and its log."""
import json
import os
import pwd
import re
import shutil
import socket
import struct
import subprocess
import threading
import time

from phone import Counting, Phone
from promises import check

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("TOTP_BUILD", "build")
STORE, KEY, CONF = "/var/lib/pam_totp", "/etc/security/pam_totp.key", "/etc/security/pam_totp.conf"
HOST = "nas"
# The prompt that automation looks for: part of the contract.
PROMPT = r"Verification code: "


def run(*argv, **more):
    """Runs a program and returns its output; raises CalledProcessError when it fails."""
    more = {"text": True, "capture_output": True, "check": True, "stdin": subprocess.DEVNULL, **more}
    if "input" in more:
        del more["stdin"]
    return subprocess.run(list(argv), **more)


def write(path, text, mode=0o644):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)


def as_user(name, *argv):
    """The command line that runs `argv` as somebody who has just logged in."""
    return ["setpriv", f"--reuid={name}", f"--regid={name}", "--init-groups", "--reset-env", "--", *argv]


class Person:
    """An account with a password and, when set up, a phone and backup codes."""

    def __init__(self, name, password):
        self.name, self.password = name, password
        self.phone, self.backup_codes, self.uri = None, [], ""

    def secrets(self):
        """What must never be seen in a log."""
        found = {self.password, *self.backup_codes, *(code.replace("-", "") for code in self.backup_codes)}
        return found | ({self.phone.secret} | self.phone.shown if self.phone else set())

    def spare_code(self, *_):
        return self.backup_codes.pop()


class Syslog:
    """Stands in for syslogd, which nobody runs in the sandbox."""

    def __init__(self):
        self.lines, self.uids = [], []  # and of whom each line came
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.socket.bind("/dev/log")
        os.chmod("/dev/log", 0o666)
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            data, credentials, _, _ = self.socket.recvmsg(65536, socket.CMSG_SPACE(12))
            line = data.decode(errors="replace").rstrip("\0\n")
            self.uids.append(struct.unpack("3i", credentials[0][2])[1])
            self.lines.append(re.sub(r"^<\d+>", "", line))

    def mark(self):
        return len(self.lines)

    def find(self, regex, since=0, seconds=5):
        """The first line after `since` that matches; it may be still on its way."""
        until = time.monotonic() + seconds
        while True:
            for line in self.lines[since:]:
                if re.search(regex, line):
                    return line
            if time.monotonic() > until:
                raise AssertionError(f"no log line like {regex!r}:\n" + "\n".join(self.lines[since:]))
            time.sleep(0.02)


class Bed:
    """Made once in each test program. `people` are all who were ever added."""

    def __init__(self, product=True):
        self.people, self.pristine = [], {}
        run("hostname", HOST)
        write("/etc/hosts", f"127.0.0.1 localhost {HOST}\n")
        write("/run/utmp", "", 0o664)
        for path in ("/var/log/wtmp", "/var/log/btmp", "/var/log/lastlog"):
            if os.path.exists(path):
                os.truncate(path, 0)
        self.syslog = Syslog()
        if product:
            self.install()

    def install(self):
        """`make install` of what is built already, over nothing that the machine may have of its own."""
        shutil.rmtree(STORE, ignore_errors=True)
        for path in (KEY, CONF):
            if os.path.exists(path):
                os.unlink(path)
        shutil.rmtree(CONF + ".d", ignore_errors=True)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
        run("make", "-C", REPOSITORY, "-o", "all", f"B={BUILD}", "install", env=environment)
        os.unlink(CONF)  # with it nobody is asked who has nothing set up; without it everybody is

    def add_user(self, name, password=None):
        """An account of this name; one that the machine has already is replaced, in the sandbox alone."""
        if any(entry.pw_name == name for entry in pwd.getpwall()):
            run("userdel", "-f", "-r", name, check=False)
        run("useradd", "-m", "-s", "/bin/sh", "-U", name)
        person = Person(name, password or f"Pass-of-{name}-{len(self.people)}")
        run("chpasswd", input=f"{name}:{person.password}\n")
        write(f"/home/{name}/.profile", 'PS1="in:\\$ "\n')
        self.people.append(person)
        return person

    def setup_user(self, person, *options):
        """What an administrator does: `pam-totp setup -u NAME --no-confirm`. The codes come with it."""
        said = self.tool("setup", "-u", person.name, "--no-confirm", "--json", *options)
        check(said.returncode == 0, f"setup: {said.returncode}\n{said.stdout}{said.stderr}")
        return self.take_setup(person, json.loads(said.stdout))

    def take_setup(self, person, facts):
        kinds = {"totp": Phone, "hotp": Counting}
        check(facts["user"] == person.name and facts["uri"][:15] in ("otpauth://totp/", "otpauth://hotp/"), facts)
        person.phone = kinds[facts["uri"][10:14]](facts["secret"])
        person.backup_codes, person.uri = list(facts["backup_codes"]), facts["uri"]
        check(len(person.backup_codes) == 10, facts)
        return person

    def person(self, name, setup=True):
        person = self.add_user(name)
        return self.setup_user(person) if setup else person

    def tool(self, *words, user=None, input=""):
        """Runs pam-totp as root or as `user`, without a terminal."""
        argv = ["pam-totp", *words]
        return run(*(as_user(user, *argv) if user else argv), check=False, input=input)

    def status(self, person):
        said = self.tool("status", "-u", person.name, "--json")
        check(said.returncode in (0, 3), f"status: {said.returncode}\n{said.stdout}{said.stderr}")
        return json.loads(said.stdout) if said.stdout else {"enrolled": False}

    def pam(self, service, *lines):
        """The service's own file with its `@include common-auth` replaced by these lines."""
        path = f"/etc/pam.d/{service}"
        if service not in self.pristine:
            with open(path, encoding="utf-8") as file:
                self.pristine[service] = file.read()
        text, count = re.subn(r"(?m)^@include\s+common-auth.*$", lambda _: "\n".join(lines), self.pristine[service])
        check(count == 1, f"{path} does not include common-auth once:\n{self.pristine[service]}")
        write(path, text)

    def nothing_secret_in(self, text):
        """Fails when a key, a code or a password of anybody's stands in it."""
        for person in self.people:
            for secret in person.secrets():
                at = re.search(rf"(?<![\w.]){re.escape(secret)}(?![\w.])", text)
                check(not at, f"a secret of {person.name}'s: …{text[max(0, at.start() - 80):at.end() + 20]}…" if at else "")
