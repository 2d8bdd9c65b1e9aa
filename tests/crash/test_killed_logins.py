#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 at every system call of a login: no acknowledged code again, nothing left over, the next login works."""
import os
import sys

sys.dont_write_bytecode = True
sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support")]
from promises import check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
import calls  # noqa: E402
from crashbed import ALL, LOGIN, STACKS, SUCCESS, Codes, CrashBed, Logins, Store, check_files  # noqa: E402

calls.require_strace()
bed = CrashBed()
bed.stack("required", "after=password")
bed.stack("nullok", "nullok")
alice, nobody = bed.person("alice"), bed.add_user("bob")
codes, logins = Codes(alice.phone), Logins("required", alice, bed.syslog)
spare, other, another = alice.backup_codes[:3]
fresh = Store()
used = codes.now()
check(logins.result(used) == SUCCESS, "a right code")
used_once = Store()
fresh.put()
logins.fill_window(codes.wrong(), another)
long = Store()

# What changes nothing outside the process: a kill there is a kill at the next call.
INSIDE = ("brk", "futex", "getpid", "getppid", "getuid", "ioctl", "mmap", "munmap")


def login(person, service, answer, options=()):
    return calls.run([*calls.traced(*options), LOGIN, STACKS, service, person.name], answer + "\n")


def kills(person, service, store, answer, whole):
    """A login killed at each of its calls; those before the prompt are the same whatever the answer is."""
    store.put()
    found = calls.calls_in(login(person, service, answer()).trace, r"getppid\(")
    if not (whole or ALL):
        found = found[[i for i, call in enumerate(found) if "prompt " in call.line][0]:]
    for call in found:
        if call.name in INSIDE:
            continue
        store.put()
        bed.syslog.take()
        typed = answer()
        done = login(person, service, typed, calls.kill_at(call))
        check(calls.was_killed(done), f"not killed at {call.line}:\n{done.trace}")
        yield call, typed, f"result {SUCCESS}\n" in done.out


def keeps(store, answer, right=True, whole=False):
    for call, typed, acknowledged in kills(alice, "required", store, answer, whole):
        check(right or not acknowledged, f"accepted, at {call.line}")
        again = logins.check_after(typed, acknowledged, other, f"a kill at {call.line}")
        check(right or not again, f"accepted after a kill at {call.line}")
        check_files(alice, enrolled=True)


@promise
def once_a_code_is_accepted_whenever_its_login_is_killed():
    keeps(fresh, codes.now, whole=True)


@promise
def once_a_backup_code_is_accepted_whenever_its_login_is_killed():
    keeps(fresh, lambda: spare)


@promise
def once_two_codes_in_a_row_are_accepted_whenever_their_login_is_killed():
    keeps(fresh, codes.two)


@promise
def once_a_code_is_accepted_whenever_the_journal_is_cut_meanwhile():
    keeps(long, codes.now)


@promise
def refuses_a_wrong_code_whenever_its_login_is_killed():
    keeps(fresh, codes.wrong, right=False)


@promise
def refuses_a_used_code_whenever_its_login_is_killed():
    keeps(used_once, lambda: used, right=False)


@promise
def leaves_nothing_of_who_has_nothing_set_up():
    for service in ("required", "nullok"):
        for call, _, acknowledged in kills(nobody, service, fresh, codes.wrong, whole=True):
            check(not acknowledged, f"accepted, at {call.line}")
            check_files(nobody, enrolled=False)


@promise
def no_key_and_no_code_is_in_the_log():
    bed.nothing_secret_was_logged(codes.wrong())


keep_all()
