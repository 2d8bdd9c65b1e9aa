#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""No shipped recipe lets anybody past without a proven first factor: recipes × kinds of people × what they prove."""
import glob
import os
import re
import sys
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
import recipes  # noqa: E402
from bed import CONF, HOST, PROMPT, Bed, Person, as_user, run, write  # noqa: E402
from ptydrive import Driven, drive  # noqa: E402
from sshd import Sshd, authorize, make_keys  # noqa: E402

PASSWORD = r"(?i)password[^\n]*: "
ASKED = f"{PROMPT}|Code from the app: "  # a set-up asks three times in one login
WRONG_CODE, NO_PASSWORD = "000000", "not the password"
SET_UP = r"otpauth|█|Run: pam-totp|set up"  # what nobody may see without a first factor
RULES = "skip group=robots\nif-enrolled group=guests\nenroll group=newcomers\nenroll group=later defer=2100-01-01\nrequire\n"

bed = Bed()
make_keys()
for group in ("robots", "guests", "admins", "newcomers", "later"):
    run("groupadd", "-f", group)


def made(name, *groups, options=None):
    person = bed.add_user(name)
    for group in groups:
        run("usermod", "-aG", group, name)
    authorize(person)
    write(f"/etc/sudoers.d/{name}", f"Defaults:{name} timestamp_timeout=0, passwd_tries=1\n{name} ALL=(ALL) ALL\n", 0o440)
    return bed.setup_user(person, *options) if options else person


# What a right first factor comes to for a kind of person, by the rules above: a right code is needed, none is, at most an
# empty answer, or nothing helps.
CODE, NOTHING, EMPTY, NEVER = "a code", "nothing", "an empty answer", "never"
Kind = namedtuple("Kind", "person needs")
KINDS = {
    "enrolled": Kind(made("enrolled", "admins", options=["--hotp"]), CODE),
    "enrolled guest": Kind(made("guest1", "guests", options=["--hotp"]), CODE),
    "guest without codes": Kind(made("guest2", "guests"), NOTHING),
    "not set up": Kind(made("plain"), NEVER),
    "to be set up": Kind(made("newcomer", "newcomers"), NEVER),
    "to be set up later": Kind(made("latecomer", "later"), EMPTY),
    "skipped": Kind(made("rob", "robots"), NOTHING),
    "skipped with codes": Kind(made("roberta", "robots", options=["--hotp"]), NOTHING),
    "unknown": Kind(Person("nobody-here", "123456"), NEVER),
}
stranger = bed.add_user("stranger")


def by_ssh(person, first, code, key):
    answers = [] if key else [(PASSWORD, person.password if first else NO_PASSWORD)]
    transcript, status = server.login(person, *answers, *[(ASKED, code)] * 3, key=key and first)
    return status == 0 and f"in as {person.name}" in transcript, transcript


def by_key(person, first, code):
    return by_ssh(person, first, code, True)


def by_password(person, first, code):
    return by_ssh(person, first, code, False)


def by_sudo(person, first, code):
    steps = [(PASSWORD, person.password if first else NO_PASSWORD), (PROMPT, code)]
    transcript, status = drive(as_user(person.name, "sudo", "sh", "-c", "echo in as $(id -un)"), steps)
    return status == 0 and "in as root" in transcript, transcript


def by_su(person, first, code):
    steps = [(PASSWORD, person.password if first else NO_PASSWORD), (PROMPT, code)]
    transcript, status = drive(as_user("stranger", "su", person.name, "-c", "echo in as $(id -un)"), steps)
    return status == 0 and f"in as {person.name}" in transcript, transcript


def by_login(person, first, code):
    session = Driven(["login"])
    for regex, answer in (("login: ", person.name), (PASSWORD, person.password if first else NO_PASSWORD)):
        check(session.expect(regex), session.seen)
        session.answer(answer)
    while session.expect(rf"{ASKED}|in:\$ |{HOST} login: ") and re.search(f"({ASKED})$", session.seen):
        session.answer(code)
    session.end()
    return "in:$" in session.seen, session.seen


def by_one_field(person, first, code):
    typed = (person.password if first else NO_PASSWORD) + code
    done = run(*as_user(person.name, "pamtester", "i3lock", person.name, "authenticate", "acct_mgmt"), input=typed + "\n", check=False)
    return done.returncode == 0, done.stdout + done.stderr


# What differs from the kind's own needs is said in `but`. Nobody unknown runs sudo or locks a screen.
Row = namedtuple("Row", "way but")
UNLIKE_ANYBODY = {"unknown": None}
BY_KEY_ALONE = {kind: NOTHING for kind in KINDS if kind not in ("enrolled", "unknown")}
ONE_FIELD = {kind: NEVER for kind in ("guest without codes", "to be set up later", "skipped", "skipped with codes")} | UNLIKE_ANYBODY
ROWS = {
    "ssh: key, then code": Row(by_key, {}),
    "ssh: password, then code": Row(by_password, {}),
    "ssh: a code for one group, and robots by key alone": Row(by_key, BY_KEY_ALONE),
    "sudo": Row(by_sudo, UNLIKE_ANYBODY),
    "su": Row(by_su, {}),
    "login": Row(by_login, {}),
    "Screen lockers and other one-field programs": Row(by_one_field, ONE_FIELD),
}


def cells(person):
    """(first factor right, code right); who has no codes cannot have a right one."""
    return [(True, True), (True, False), (False, True), (False, False)] if person.phone else [(True, False), (False, False)]


def faults_of(way, person, needs):
    """One after the other, as the codes come."""
    for first, right in cells(person):
        got_in, seen = way(person, first, person.phone.take() if right else "" if needs == EMPTY else WRONG_CODE)
        wanted = first and (needs in (NOTHING, EMPTY) or (needs == CODE and right))
        told = not first and re.search(f"{ASKED}|{SET_UP}", seen) if way is not by_one_field else None
        if got_in != wanted or told:
            yield f"{person.name}, first factor {first}, code {right}: in {got_in}, wanted {wanted}\n{seen}"
    if person in bed.people and bed.status(person)["enrolled"] != bool(person.phone):
        yield f"{person.name}: a record was made"


def try_row(row):
    needs = {name: row.but.get(name, kind.needs) for name, kind in KINDS.items()}
    with ThreadPoolExecutor(len(KINDS)) as everybody:
        found = everybody.map(lambda name: list(faults_of(row.way, KINDS[name].person, needs[name])), filter(needs.get, needs))
        faults = [fault for person in found for fault in person]
    check(not faults, "\n---\n".join(faults))


def try_recipe(heading):
    global server  # of the one recipe that is in force
    write(CONF, RULES)
    with recipes.in_force(heading):
        server = Sshd(2300 + list(ROWS).index(heading), drop_ins=True, more=["MaxStartups 100"]).start()
        try:
            try_row(ROWS[heading])
        finally:
            server.stop()


@promise
def ssh_by_key_and_code_lets_nobody_past_without_the_key():
    try_recipe("ssh: key, then code")


@promise
def ssh_by_password_and_code_lets_nobody_past_without_the_password():
    try_recipe("ssh: password, then code")


@promise
def ssh_with_robots_by_key_alone_lets_nobody_past_without_the_key():
    try_recipe("ssh: a code for one group, and robots by key alone")


@promise
def sudo_lets_nobody_past_without_the_password():
    try_recipe("sudo")


@promise
def su_lets_nobody_past_without_the_password():
    try_recipe("su")


@promise
def login_lets_nobody_past_without_the_password():
    try_recipe("login")


@promise
def a_one_field_program_lets_nobody_past_without_the_password():
    try_recipe("Screen lockers and other one-field programs")


@promise
def every_recipe_has_a_row_here_or_a_test_of_its_own():
    paths = [path for path in glob.glob(f"{os.path.dirname(os.path.abspath(__file__))}/test_*.py") if path != os.path.abspath(__file__)]
    others = "".join(open(path, encoding="utf-8").read() for path in paths)
    missing = [heading for heading in recipes.with_a_stack() if heading not in ROWS and heading not in others]
    check(not missing, missing)


if __name__ == "__main__":
    keep_all()
