#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every recipe of INSTALL.md as it stands there, with the real programs: who gets in, and who does not."""
import glob
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
import recipes  # noqa: E402
from bed import CONF, PROMPT, REPOSITORY, Bed, as_user, run, write  # noqa: E402
from ptydrive import Driven, drive  # noqa: E402
from results import let_in, refused  # noqa: E402
from sshd import Sshd, authorize, make_keys  # noqa: E402

PASSWORD = r"(?i)password[^\n]*: "
CTRL_C = b"\x03"

bed = Bed()
make_keys()
for group in ("robots", "admins"):
    run("groupadd", "-f", group)
anna, ulf, rob = bed.setup_user(bed.add_user("anna"), "--hotp"), bed.add_user("ulf"), bed.add_user("rob")
run("usermod", "-aG", "admins", "anna")
run("usermod", "-aG", "robots", "rob")
for someone in (anna, ulf, rob):
    authorize(someone)
    write(f"/etc/sudoers.d/{someone.name}", f"{someone.name} ALL=(ALL) ALL\n", 0o440)


def settings(text):
    write(CONF, text)


def shipped():
    with open(f"{REPOSITORY}/packaging/pam_totp.conf", encoding="ascii") as file:
        settings(file.read())


class Recipe:
    """In force inside of a with, for sshd with a server of its own."""

    def __init__(self, heading, port=None):
        self.heading, self.port, self.server = heading, port, None

    def __enter__(self):
        self.undo = recipes.apply(self.heading)
        if self.port:
            self.server = Sshd(self.port, drop_ins=True).start()
        return self.server

    def __exit__(self, *_):
        if self.server:
            self.server.stop()
        self.undo()


def code_of(person):
    return lambda _: person.phone.take()


@promise
def ssh_by_key_and_code():
    shipped()
    with Recipe("ssh: key, then code", 2301) as server:
        let_in(server.login(anna, (PROMPT, code_of(anna))), "anna")
        refused(server.login(anna, (PROMPT, lambda _: anna.phone.spent())))
        refused(server.login(anna, (PROMPT, code_of(anna)), key=False))
        check(PROMPT not in let_in(server.login(ulf), "ulf"), "a code was asked for")
        for someone in (anna, ulf, "nobody-at-all"):
            check("QR" not in refused(server.login(someone, (PROMPT, "123456"), key=False)), "a set-up without a first factor")
        settings("require\n")
        refused(server.login(ulf, (PROMPT, "123456")))


@promise
def ssh_by_password_and_code():
    shipped()
    with Recipe("ssh: password, then code", 2302) as server:
        let_in(server.login(anna, (PASSWORD, anna.password), (PROMPT, code_of(anna)), key=False), "anna")
        refused(server.login(anna, (PASSWORD, anna.password), (PROMPT, lambda _: anna.phone.spent()), key=False))
        check(PROMPT not in refused(server.login(anna, (PASSWORD, "no"), key=False)), "a code was asked for")
        check(PROMPT not in let_in(server.login(ulf, (PASSWORD, ulf.password), key=False), "ulf"), "a code was asked for")
        refused(server.login(ulf, (PASSWORD, "no"), key=False))
        settings("require\n")
        refused(server.login(ulf, (PASSWORD, ulf.password), (PROMPT, "123456"), key=False))


@promise
def ssh_with_a_code_for_one_group_and_robots_by_key():
    settings("require\n")
    with Recipe("ssh: a code for one group, and robots by key alone", 2303) as server:
        let_in(server.login(anna, (PROMPT, code_of(anna))), "anna")
        refused(server.login(anna, (PROMPT, lambda _: anna.phone.spent())))
        let_in(server.login(rob, more=["BatchMode=yes"]), "rob")
        let_in(server.login(ulf), "ulf")
        for someone in (anna, rob, ulf):
            refused(server.login(someone, key=False))


def sudo(person, *answers, how=""):
    return drive(as_user(person.name, "sh", "-c", f"sudo -k; sudo {how} sh -c 'echo in as $(id -un)'"),
                 [*answers, (f"{PASSWORD}|{PROMPT}", CTRL_C)])


@promise
def sudo_by_password_and_code_once_for_all_terminals():
    settings("require\n")
    with Recipe("sudo"):
        run("visudo", "-c")
        let_in(sudo(anna, (PASSWORD, anna.password), (PROMPT, code_of(anna))), "root")
        again = drive(as_user("anna", "sudo", "sh", "-c", "echo in as $(id -un)"))  # on a terminal of its own
        check(PROMPT not in let_in(again, "root"), "asked on another terminal")
        refused(sudo(anna, (PASSWORD, anna.password), (PROMPT, lambda _: anna.phone.spent())))
        refused(sudo(anna, (PASSWORD, anna.password), (PROMPT, lambda _: anna.phone.spent()), how="-i"))
        refused(sudo(anna, (PASSWORD, "no")))
        refused(sudo(ulf, (PASSWORD, ulf.password), (PROMPT, "123456")))


@promise
def su_by_the_others_password_and_code():
    settings("require\n")

    def su(*answers):
        return drive(as_user("ulf", "su", "anna", "-c", "echo in as $(id -un)"), answers)
    with Recipe("su"):
        let_in(su((PASSWORD, anna.password), (PROMPT, code_of(anna))), "anna")
        refused(su((PASSWORD, anna.password), (PROMPT, lambda _: anna.phone.spent())))
        refused(su((PASSWORD, "no")))


@promise
def login_by_password_and_code():
    settings("require\n")
    with Recipe("login"):
        for code, shell in ((code_of(anna), True), (lambda _: anna.phone.spent(), False)):
            session = Driven(["login"])
            for regex, answer in (("login: ", "anna"), (PASSWORD, anna.password), (PROMPT, code)):
                check(session.expect(regex), session.seen)
                session.answer(answer)
            session.expect(r"in:\$ |login: ")
            check(("in:$" in session.seen) == shell, session.seen)
            session.end()


@promise
def a_locker_by_one_field():
    settings("require\n")

    def unlocks(typed):
        return run(*as_user("anna", "pamtester", "i3lock", "anna", "authenticate", "acct_mgmt"), input=typed + "\n",
                   check=False).returncode == 0
    with Recipe("Screen lockers and other one-field programs"):
        check(unlocks(anna.password + anna.phone.take()), "the right password and code")
        for typed in (anna.password + anna.phone.spent(), "no" + anna.phone.take(), anna.password, anna.phone.take()):
            check(not unlocks(typed), "something else")


@promise
def every_recipe_is_tried():
    elsewhere = ""  # one that needs more programs has a file of its own
    for path in glob.glob(f"{REPOSITORY}/tests/system/test_*.py"):
        with open(path, encoding="utf-8") as file:
            elsewhere += file.read() if not os.path.samefile(path, __file__) else ""
    missing = {heading for heading in recipes.with_a_stack() - recipes.applied if f'"{heading}"' not in elsewhere}
    check(not missing, missing)


if __name__ == "__main__":
    keep_all()
