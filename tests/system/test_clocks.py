#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Clocks that are wrong: a year off, in 1970, beyond 2038 and 2106, and phones that are fast or slow.

Each login is a process with a clock of its own, which stands still: real libpam, real module, libfaketime.
"""
import json
import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
import libpam  # noqa: E402
from bed import CONF, PROMPT, Bed, run, write  # noqa: E402
from libpam import AUTH_ERR, SUCCESS  # noqa: E402

YEAR, DAY, STEP = 365 * 86400, 86400, 30
NOW = int(time.time()) // STEP * STEP  # the beginning of a step
BEHIND = "This computer's clock is behind the last accepted code"

bed = Bed()
write("/etc/pam.d/totp", "auth required pam_totp.so\n")
write("/etc/pam.d/known", "auth required pam_totp.so after=password\n")
for window in (0, 1, 10):
    write(f"/etc/pam.d/window{window}", f"auth required pam_totp.so window={window}\n")


def login(when, person, answer, service="totp"):
    """One login on a computer that believes it is `when`, in seconds since 1970."""
    said = run("faketime", "-f", time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(when)), sys.executable, libpam.__file__,
               service, person.name, input=answer, env={**os.environ, "TZ": "UTC"})
    return libpam.Login(*json.loads(said.stdout))


def code(person, when):
    """What a phone shows that believes it is `when`."""
    return person.phone.at(when // STEP)


def accepts(when, person, answer, service="totp"):
    found = login(when, person, answer, service)
    check(found.code == SUCCESS, f"{service}, at {when}: {found}")


def refuses(when, person, answer, service="totp"):
    found = login(when, person, answer, service)
    check(found.code == AUTH_ERR, f"{service}, at {when}: {found}")


def accepts_once(when, person):
    accepts(when, person, code(person, when))
    refuses(when, person, code(person, when))


def is_behind(when, person):
    """No code is right, it says why to whom it knows, and a backup code works."""
    mark = bed.syslog.mark()
    refuses(when, person, code(person, when), "known")
    bed.syslog.find(f"user={person.name} verdict=clock_behind", mark)
    refuses(when, person, f"{code(person, when)} {code(person, when + STEP)}")
    told = login(when, person, "", "known").prompts
    check(told == login(when, person, "", "known").prompts and BEHIND in told[0] and "UTC" in told[0], told)
    check(login(when, person, "").prompts == [PROMPT], "it tells whom it does not know")
    backup = person.spare_code()
    accepts(when, person, backup)
    refuses(when, person, backup)


@promise
def once_a_code_was_accepted_a_clock_a_year_back_takes_none_twice():
    alice = bed.person("alice")
    accepts_once(NOW, alice)
    is_behind(NOW - YEAR, alice)
    refuses(NOW, alice, code(alice, NOW))
    accepts_once(NOW + STEP, alice)


@promise
def once_a_code_was_accepted_a_year_ahead_none_before_it_is():
    bob = bed.person("bob")
    accepts_once(NOW, bob)
    accepts_once(NOW + YEAR, bob)
    is_behind(NOW + 2 * STEP, bob)
    refuses(NOW + YEAR, bob, code(bob, NOW + YEAR))
    accepts_once(NOW + YEAR + STEP, bob)


@promise
def guesses_used_up_by_a_clock_a_year_ahead_do_not_outlast_it():
    carol = bed.person("carol")
    for _ in range(10):
        refuses(NOW + YEAR, carol, "000000" if code(carol, NOW + YEAR) != "000000" else "111111")
    refuses(NOW, carol, code(carol, NOW))
    accepts(NOW, carol, f"{code(carol, NOW)} {code(carol, NOW + STEP)}")
    accepts_once(NOW + 11 * DAY, carol)


@promise
def a_clock_in_1970_takes_codes_of_1970_once():
    dave = bed.person("dave")
    for when in (0, STEP, 2 * STEP + 1, DAY):
        accepts_once(when, dave)
    accepts_once(NOW, dave)
    is_behind(0, dave)


@promise
def after_2038_and_2106_codes_are_accepted_once():
    erin = bed.person("erin")
    for second in (1 << 31, 1 << 32):
        before = (second // STEP - 2) * STEP
        for when in (before, before + 2 * STEP, before + 3 * STEP, before + YEAR):
            accepts_once(when, erin)
    is_behind(1 << 32, erin)


def takes_phones_that_are_off_by(window, name):
    """So many steps and no more, on each side; a day lies between, so that no code was used before."""
    person = bed.person(name)
    for day, steps in enumerate((window, -window, 0), 1):
        when = NOW + day * DAY
        accepts(when, person, code(person, when + steps * STEP), f"window{window}")
    for day, steps in enumerate((window + 1, -window - 1), 4):
        when = NOW + day * DAY
        refuses(when, person, code(person, when + steps * STEP), f"window{window}")
        accepts(when, person, code(person, when), f"window{window}")


@promise
def a_phone_one_step_fast_or_slow_is_accepted_and_two_are_not():
    takes_phones_that_are_off_by(1, "frank")


@promise
def window_0_and_10_take_no_step_more():
    takes_phones_that_are_off_by(0, "gina")
    takes_phones_that_are_off_by(10, "heidi")


@promise
def no_key_or_code_is_in_the_log():
    bed.nothing_secret_in("\n".join(bed.syslog.lines))


keep_all()
