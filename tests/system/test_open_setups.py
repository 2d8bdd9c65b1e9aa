#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Many first set-ups of one person that are open at the same time, each with a key of its own, through the installed
set-group-id helper: what a person's own programs could hold ready against the owner's."""
import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
import libpam  # noqa: E402
import screen  # noqa: E402
from bed import STORE, Bed, as_user, write  # noqa: E402
from libpam import AUTH_ERR, SUCCESS  # noqa: E402
from phone import Phone  # noqa: E402
from ptydrive import PAUSE, Driven  # noqa: E402

MANY = 64
PROOF = "Code that the app shows now: "
PERMISSION = "Current code or backup code: "
UTF8 = {**os.environ, "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}

bed = Bed()
write("/etc/pam.d/totp", "auth required pam_totp.so\n")


def begin(person):
    return Driven(as_user(person.name, "env", "LC_ALL=C.UTF-8", "TERM=xterm", "pam-totp", "setup"), UTF8, deadline=120)


def open_up(person, count):
    """So many set-ups that wait for their proof, with the phone that scanned each."""
    sessions = [begin(person) for _ in range(count)]
    for session in sessions:
        check(session.expect(PROOF), session.seen)
        session.phone = Phone(screen.key_on(session.seen))
    time.sleep(PAUSE)  # what is typed at once would be thrown away
    return sessions


def prove_at_once(sessions):
    """Their exit statuses."""
    codes = [session.phone.fresh().encode() + b"\r" for session in sessions]
    for session, code in zip(sessions, codes):
        os.write(session.terminal, code)
    return [session.wait() for session in sessions]


def record(person):
    """The credentials, byte for byte."""
    found = {}
    for name in os.listdir(STORE):
        if name.startswith(person.name + "."):
            with open(f"{STORE}/{name}", "rb") as file:
                found[name] = file.read()
    return found


def lets_in(person, phone):
    code = phone.fresh()
    first, second = (libpam.authenticate("totp", person.name, code).code for _ in range(2))
    check((first, second) == (SUCCESS, AUTH_ERR), f"{person.name}'s code, and that again: {first}, {second}")


def prove_behind_the_owner(person, count):
    """The owner begins after so many others, and is the first to prove."""
    held = open_up(person, count)
    check(not record(person), "there is something before a proof")
    (own,) = open_up(person, 1)
    check(prove_at_once([own]) == [0], own.seen)
    before = record(person)
    check(len(before) == 1, list(before))
    for session, status in zip(held, prove_at_once(held)):
        check(status != 0 and "has a second factor now" not in session.seen, session.seen)
    check(record(person) == before, "the owner's credential is another one, or not alone")
    lets_in(person, own.phone)


@promise
def refuses_64_first_setups_held_open_across_the_owners_own():
    prove_behind_the_owner(bed.add_user("zoe"), MANY)


@promise
def refuses_first_setups_held_open_also_after_a_removal():
    xena = bed.person("xena")
    check(bed.tool("remove", "--all", "-u", "xena").returncode == 0, "remove")
    prove_behind_the_owner(xena, 8)


@promise
def once_one_is_proved_the_next_setup_asks_for_its_code():
    zack = bed.add_user("zack")
    (held,) = open_up(zack, 1)
    (own,) = open_up(zack, 1)
    check(prove_at_once([own]) == [0], own.seen)
    held.end()
    session = begin(zack)
    check(session.expect(PERMISSION) and "type the key" not in session.seen, session.seen)
    session.end()


@promise
def of_16_first_setups_that_are_proved_at_once_one_stays():
    yuri = bed.add_user("yuri")
    sessions = open_up(yuri, 16)
    statuses = prove_at_once(sessions)
    check(statuses.count(0) == 1, statuses)
    check(len(record(yuri)) == 1, list(record(yuri)))
    lets_in(yuri, sessions[statuses.index(0)].phone)


keep_all()
