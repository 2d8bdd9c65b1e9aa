#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every system call of the helper made to fail: what is said to be done is done, what is not is whole as it was, and
the person reads which file was at fault and why."""
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support")]
from promises import check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
import calls  # noqa: E402

calls.require_strace()
from bed import STORE  # noqa: E402
from cases import CASES, DONE, HELPER_BEGINS, by_helper  # noqa: E402
from crashbed import ALL  # noqa: E402
from errors import is_ours, place_of, sample  # noqa: E402

# The others differ from these by little, but for what the unit tests try.
SHORT = ("setup", "setup again", "remove with a damaged journal", "init", "rebind of a name")
STORE_OR_KEY = 4
# These errors say more than that a call failed: something is missing, or is not what it should be.
TELLING = ("ENOENT", "ELOOP", "EEXIST")
TOO_LONG, NOTHING = "that took too long: nothing was changed; begin again", "nothing was typed"
tried = set()


def failures(done):
    """Those in the store every time; the others, which every request begins with, once."""
    for call, how in sample(calls.calls_in(done.trace, HELPER_BEGINS), 20 if ALL else 1):
        alike = (re.sub(r"0x\w+|\d+", "", call.line), how)
        if STORE in call.line or alike not in tried:
            tried.add(alike)
            yield call, how


def attempt(case, call, how):
    case.prepare()
    done = by_helper(case, calls.fail_at(call, how))
    check("+++ killed by" not in done.trace and done.status in range(6), f"{done.status} at {call.line}: {done.err}")
    return done, calls.injected(done)


def check_said(done, failed, whose="alice"):
    check(done.status == DONE or done.err, f"nothing said, at {failed}")
    error = re.search(r"= -1 (\w+) \(([^)]+)\)", failed)
    if done.status != STORE_OR_KEY or not is_ours(failed):
        return
    place = place_of(failed, whose)
    # A change is of a file and of the directory that it stands in.
    places = (place,) if STORE not in place else (STORE, f"{STORE}/alice", f"{STORE}/{whose}")
    # Of many records those that something is wrong with are named by their accounts.
    named = re.search(r"^(alice|before): ", done.out, re.M)
    check(named or any(f"{path}: " in done.err for path in places), f"another path, at {failed}: {done.err}")
    check(named or not error or error[1] in TELLING or error[2] in done.err, f"no reason, at {failed}: {done.err}")


def fails_whole(name):
    case = CASES[name]
    case.prepare()
    for call, how in failures(by_helper(case)):
        done, failed = attempt(case, call, how)
        if not failed:
            continue
        check_said(done, failed, case.whose)
        try:
            case.check(done)
        except AssertionError as why:
            raise AssertionError(f"after {failed}: {why}") from why


def promise_for(name):
    def kept():
        fails_whole(name)
    kept.__name__ = f"keeps_all_or_nothing_of_{name.replace(' ', '_')}_when_a_call_fails"
    promise(kept)


@promise
def refuses_a_code_when_a_call_fails_and_shows_nothing_of_it():
    right, wrong = CASES["verify"], CASES["verify a wrong code"]
    right.prepare()
    for call, how in failures(by_helper(right)):
        done, failed = attempt(right, call, how)
        if not failed:
            continue
        check_said(done, failed)
        right.check(done)
        other, _ = attempt(wrong, call, how)
        check(other.status != DONE, f"a wrong code is accepted at {failed}")
        if '"done ' in failed:
            continue  # the answer itself: of a wrong code a line of the log goes first, and it is another call that fails
        # A helper that ends before the answer is there: which of the two is read depends on who was quicker.
        seen = [(one.status, one.out, one.err.replace(TOO_LONG, NOTHING)) for one in (done, other)]
        check(done.status == DONE or seen[0] == seen[1], f"right and wrong differ at {failed}: {seen}")


for case_name in CASES if ALL else SHORT:
    promise_for(case_name)
keep_all()
