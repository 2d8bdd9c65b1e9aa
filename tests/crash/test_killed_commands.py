#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 at every system call of the helper, and of the command: the record is what it was or what was wanted, and
nothing is left over after the next change."""
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support")]
from promises import check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
import calls  # noqa: E402

calls.require_strace()
from cases import CASES, COMMAND_BEGINS, DONE, HELPER_BEGINS, by_command, by_helper  # noqa: E402
from crashbed import ALL  # noqa: E402

# What others can see. A kill at any other call is a kill at the next one of these.
SEEN = r"openat\(.*O_CREAT|(write|sendto|recvfrom|fchmod|fchown|mkdir|chmod|chown|renameat2|unlinkat|unlink|link|exit_group)\("


def worth_a_kill(found):
    """One of those in a row that begin alike: after ten backup codes are shown no more is done than after one."""
    last = ""
    for call in found:
        if ALL or (re.match(SEEN, call.line) and call.line[:40] != last):
            last = call.line[:40]
            yield call


def survives(name, way, begin):
    case = CASES[name]
    case.prepare()
    done = way(case)
    check(done.status == DONE or name == "verify a wrong code", f"{done.out}{done.err}")
    case.check(done)
    for call in worth_a_kill(calls.calls_in(done.trace, begin)):
        case.prepare()
        done = way(case, calls.kill_at(call))
        # The helper's lines come singly or together: there is not always another one to wait for.
        check(calls.was_killed(done) or call.name == "recvfrom", f"not killed at {call.line}:\n{done.trace}")
        check(done.status < 0 or done.status == DONE or done.err, f"nothing said, {done.status}, at {call.line}")
        try:
            case.check(done)
        except AssertionError as why:
            raise AssertionError(f"after a kill at {call.line}: {why}") from why


def promise_for(name, way, begin):
    def kept():
        survives(name, way, begin)
    kept.__name__ = f"keeps_all_or_nothing_of_{name.replace(' ', '_')}_when_the_{way.__name__[3:]}_is_killed"
    promise(kept)


for case_name in CASES:
    promise_for(case_name, by_helper, HELPER_BEGINS)
for case_name in ("setup again", "codes"):
    promise_for(case_name, by_command, COMMAND_BEGINS)
keep_all()
