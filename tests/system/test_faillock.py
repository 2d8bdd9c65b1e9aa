#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The recipes of INSTALL.md with pam_faillock beside them: wrong passwords lock, codes do not touch that."""
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
import recipes  # noqa: E402
from bed import PROMPT, Bed, as_user, run, write  # noqa: E402
from ptydrive import Driven, drive  # noqa: E402
from results import let_in, refused  # noqa: E402
from sshd import Sshd, authorize, make_keys  # noqa: E402

PASSWORD = r"(?i)password[^\n]*: "
INCORRECT = "Login incorrect"
FAILLOCK = "pam_faillock beside it"
SAYS_WHO = "echo in as $(id -un)"
DENY = 3  # as pam_faillock has it where nobody says more

bed = Bed()
make_keys()
caller = bed.add_user("caller")


def by_ssh(person, *answers):
    with recipes.in_force("ssh: password, then code"):
        server = Sshd(2321, drop_ins=True).start()
        try:
            return server.login(person, *answers, key=False)
        finally:
            server.stop()


def by_sudo(person, *answers):
    with recipes.in_force("sudo"):
        # One try: a second prompt that is given up would be counted as well.
        one_try = f"Defaults:{person.name} passwd_tries=1\n{person.name} ALL=(ALL) ALL\n"
        write(f"/etc/sudoers.d/{person.name}", one_try, 0o440)
        command = "test $(id -u) = 0 && echo in as $SUDO_USER"
        return drive(as_user(person.name, "sudo", "-k", "sh", "-c", command), answers)


def by_su(person, *answers):
    with recipes.in_force("su"):
        return drive(as_user(caller.name, "su", person.name, "-c", SAYS_WHO), answers)


def by_login(person, *answers):
    with recipes.in_force("login"):
        session = Driven(["login"])
        for regex, answer in (("login: ", person.name), *answers):
            if not session.expect(f"{regex}|{INCORRECT}") or "incorrect" in session.seen:
                break
            session.answer(answer)
        if "incorrect" not in session.seen:
            session.expect(rf"in:\$ |{INCORRECT}")
        got_in = "in:$" in session.seen
        session.end()
        return session.seen + f"in as {person.name}" * got_in, 0 if got_in else 1


def by_each(name, keep):
    """Side by side, since each waits for refusals that are delayed: keep(login, person) with somebody of its own."""
    ways = (by_ssh, by_sudo, by_su, by_login)
    people = [person(f"{name}-{way.__name__[3:]}") for way in ways]
    with recipes.in_force(FAILLOCK), ThreadPoolExecutor() as threads:
        list(threads.map(keep, ways, people))


def counted(person):
    """The wrong passwords that pam_faillock counts for somebody."""
    return sum(line.endswith(" V") for line in run("faillock", "--user", person.name).stdout.split("\n"))


def person(name):
    return bed.setup_user(bed.add_user(name), "--hotp")


def right(someone):
    """A password and a code that is spent only when it is asked for."""
    return (PASSWORD, someone.password), (PROMPT, lambda _: someone.phone.take())


@promise
def wrong_passwords_lock_and_a_locked_account_is_asked_for_nothing():
    def keep(login, someone):
        for count in range(DENY):
            check(counted(someone) == count, (someone.name, counted(someone)))
            said = refused(login(someone, (PASSWORD, "no")))
            check(PROMPT not in said, said)
        said = refused(login(someone, *right(someone)))
        check(not re.search(f"{PASSWORD}|{PROMPT}", said) and someone.phone.used == 0, said)
        run("faillock", "--user", someone.name, "--reset")
        let_in(login(someone, *right(someone)), someone.name)
    by_each("locked", keep)


@promise
def wrong_codes_are_no_wrong_passwords():
    def keep(login, someone):
        for _ in range(DENY):
            said = refused(login(someone, (PASSWORD, someone.password), (PROMPT, lambda _: someone.phone.wrong())))
            check(PROMPT in said and counted(someone) == 0, said)
        check(bed.status(someone)["guesses_left"] == 10 - DENY, bed.status(someone))
        let_in(login(someone, *right(someone)), someone.name)
        refused(login(someone, (PASSWORD, someone.password), (PROMPT, lambda _: someone.phone.spent())))
    by_each("codes", keep)


@promise
def a_key_and_a_code_set_no_count_of_passwords_back_and_a_right_password_does():
    someone = person("keyed")
    authorize(someone)
    with recipes.in_force(FAILLOCK):
        for _ in range(DENY - 1):
            refused(by_su(someone, (PASSWORD, "no")))
        with recipes.in_force("ssh: key, then code"):
            server = Sshd(2322, drop_ins=True).start()
            let_in(server.login(someone, (PROMPT, lambda _: someone.phone.take())), someone.name)
            server.stop()
        check(counted(someone) == DENY - 1, counted(someone))
        let_in(by_su(someone, *right(someone)), someone.name)
        check(counted(someone) == 0, counted(someone))


@promise
def a_locker_stays_as_it_was():
    someone = person("locker")
    with recipes.in_force(FAILLOCK, "Screen lockers and other one-field programs"):
        for _ in range(DENY):
            refused(by_su(someone, (PASSWORD, "no")))
        for typed, unlocks in ((someone.password + someone.phone.take(), True), (someone.password + someone.phone.spent(), False),
                               ("no" + someone.phone.take(), False)):
            said = run(*as_user("locker", "pamtester", "i3lock", "locker", "authenticate", "acct_mgmt"), input=typed + "\n",
                       check=False)
            check((said.returncode == 0) == unlocks, said)


if __name__ == "__main__":
    keep_all()
