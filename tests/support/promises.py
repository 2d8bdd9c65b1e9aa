# SPDX-License-Identifier: Apache-2.0
"""A runner for tests whose names are promises: a line each, then `N passed, N failed`."""
import os
import subprocess
import sys
import traceback

kept_here = []  # the promises of the file that is being run, in their order
passed, failed, skipped = "ok  ", "FAIL", "skip"


class Skip(Exception):
    """Raised by a test that cannot be run here, with the reason."""


def promise(function):
    kept_here.append(function)
    return function


def require_sandbox():
    """Runs this very program again inside the sandbox, unless it is there already.

    The tests add people and rewrite /etc/pam.d: never on the machine itself.
    """
    try:
        with open("/run/sandbox", encoding="ascii") as file:
            if file.read().strip() == os.readlink("/proc/self/ns/mnt"):
                return
    except FileNotFoundError:
        pass
    sandbox = os.path.join(os.path.dirname(os.path.abspath(__file__)), "sandbox")
    os.execv(sandbox, [sandbox, sys.executable, os.path.abspath(sys.argv[0]), *sys.argv[1:]])


def shown(text):
    return "\n".join("      | " + line for line in text.rstrip().split("\n"))


def try_one(function):
    """What became of it, and what to say about it."""
    try:
        function()
        return passed, ""
    except Skip as why:
        return skipped, str(why)
    except subprocess.CalledProcessError as why:
        said = (why.stdout or "") + (why.stderr or "")
        return failed, shown(f"{' '.join(why.cmd)}: exit status {why.returncode}\n{said}")
    except Exception:  # whatever it is, the next promise is still tried
        return failed, shown(traceback.format_exc())


def keep_all(after=lambda: None):
    """Tries every promise, or those named on the command line; exits 1 when one is broken."""
    wanted = sys.argv[1:]
    count = {passed: 0, failed: 0, skipped: 0}
    for function in kept_here:
        if wanted and function.__name__ not in wanted:
            continue
        verdict, said = try_one(function)
        count[verdict] += 1
        print(verdict, function.__name__ + (f": {said}" if verdict == skipped else ""), flush=True)
        if verdict == failed:
            print(said, flush=True)
    after()
    print(f"{count[passed]} passed, {count[failed]} failed"
          + (f", {count[skipped]} skipped" if count[skipped] else ""), flush=True)
    sys.exit(1 if count[failed] else 0)


def check(condition, said):
    """An assertion that shows what it saw."""
    if not condition:
        raise AssertionError(said)
