#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The version before is replaced while people log in, and the same version is installed once more."""
import glob
import os
import sys
import threading

sys.dont_write_bytecode = True
sys.path[1:1] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support")]
from promises import check, keep_all, require_sandbox  # noqa: E402

require_sandbox()
import doors  # noqa: E402
from bed import PROMPT, as_user  # noqa: E402
from guest import CONF, KEY, on_each  # noqa: E402

HELPER = "/usr/lib/pam-totp/pam_totp_helper"


class Logins:
    """One login behind the other, through each door in turn, until it is told to stop; the first refusal ends it."""

    def __init__(self, guest, person):
        self.guest, self.person, self.count, self.why, self.going_on = guest, person, 0, "", True
        self.enough = threading.Condition()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        try:
            while self.going_on:
                doors.lets_in(doors.ALL[self.count % len(doors.ALL)], self.guest, self.person,
                              lambda _: self.person.phone.take())
                with self.enough:
                    self.count += 1
                    self.enough.notify()
        except Exception as why:  # told by the promise itself
            with self.enough:
                self.why = str(why) or repr(why)
                self.enough.notify()

    def wait_for(self, more):
        with self.enough:
            wanted = self.count + more
            self.enough.wait_for(lambda: self.why or self.count >= wanted, 120)
            check(not self.why, f"login {self.count + 1}: {self.why}")
            check(self.count >= wanted, f"{self.count} logins in two minutes")

    def stop(self):
        self.going_on = False
        self.thread.join(60)
        check(not self.why, f"login {self.count + 1}: {self.why}")


def holders_of_the_old_module(guest):
    found = []
    for path in glob.glob("/proc/[0-9]*/maps"):
        try:
            with open(path, encoding="utf-8") as file:
                mapped = file.read()
            inside = os.readlink(path.replace("maps", "root")) == guest.root
        except OSError:
            continue
        if inside and any("pam_totp.so" in line and "(deleted)" in line for line in mapped.splitlines()):
            found.append(path)
    return found


def waiting_at(guest, door, person):
    """A login that has come as far as the question for a code."""
    words = doors.ssh_words(guest, person) if door == "sshd" else as_user(person.name, "sudo", "sh", "-c", doors.IN)
    session = guest.begin(*words)
    if door == "sudo":
        check(session.expect(doors.PASSWORD), session.seen)
        session.answer(person.password)
    check(session.expect(PROMPT), session.seen)
    return session


@on_each
def nobody_is_kept_out_by_an_upgrade(guest):
    guest.install("packages-before")
    old = guest.version()
    ann, bob, carl, dora = (doors.open_to(guest, guest.person(name)) for name in ("ann", "bob", "carl", "dora"))
    for door in doors.ALL:
        doors.switch_on(door, guest, ann)
    by_ssh, wrong_by_ssh, by_sudo = (waiting_at(guest, "sshd", bob), waiting_at(guest, "sshd", ann),
                                     waiting_at(guest, "sudo", carl))
    logins = Logins(guest, dora)
    logins.wait_for(2)
    guest.install()
    check(guest.version() != old, old)
    guest.whole()
    logins.wait_for(4)
    logins.stop()
    check(len(holders_of_the_old_module(guest)) >= 3, "no process holds the old module any more")
    by_ssh.answer(bob.phone.take())
    check(by_ssh.wait() == 0 and "in as bob" in by_ssh.seen, by_ssh.seen)
    wrong_by_ssh.answer(ann.phone.wrong())
    check(wrong_by_ssh.wait() != 0 and "in as" not in wrong_by_ssh.seen, wrong_by_ssh.seen)
    by_sudo.answer(carl.phone.wrong())  # sudo asks once more, with what it has loaded
    for regex, answer in ((doors.PASSWORD, carl.password), (PROMPT, carl.phone.take())):
        check(by_sudo.expect(regex), by_sudo.seen)
        by_sudo.answer(answer)
    check(by_sudo.wait() == 0 and "in as root" in by_sudo.seen, by_sudo.seen)
    for door in doors.ALL:
        doors.asks(door, guest, ann)


@on_each
def installed_once_more_it_changes_nothing(guest):
    guest.install()
    ann = doors.open_to(guest, guest.person("ann"))
    doors.switch_on("sshd", guest, ann)
    guest.write(CONF, "window = 2\nif-enrolled\n")
    key, helper, stack = guest.read(KEY), os.stat(guest.path(HELPER)), guest.read("/etc/pam.d/sshd")
    for directory in ("packages", "packages"):
        guest.install(directory, "--reinstall")
        guest.whole()
        now = os.stat(guest.path(HELPER))
        check((now.st_mode, now.st_gid) == (helper.st_mode, helper.st_gid) and now.st_mode & 0o7777 == 0o2755, oct(now.st_mode))
        check(guest.read(KEY) == key and guest.read("/etc/pam.d/sshd") == stack, "the host key or the stack is another")
        check(guest.read(CONF) == "window = 2\nif-enrolled\n", guest.read(CONF))
        doors.asks("sshd", guest, ann)


keep_all()
