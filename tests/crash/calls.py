# SPDX-License-Identifier: Apache-2.0
"""The system calls of a program, one after another: strace lists them, kills at one, and makes one fail."""
import collections
import os
import re
import shutil
import signal
import subprocess
import sys

HANG = 10  # seconds: a guard, not a figure
TRACE = "/tmp/trace"

# A call by its name, the how manieth of that name it is, and the line that strace wrote of it.
Call = collections.namedtuple("Call", "name nth line")
Done = collections.namedtuple("Done", "status out err trace")


def require_strace():
    if not shutil.which("strace"):
        print("needs strace")
        sys.exit(77)
    tried = subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        print("no process may be traced here: " + tried.stderr.strip().replace("\n", "; "))
        sys.exit(77)


def traced(*options):
    """What stands before a command line to trace it; descriptors are shown with what they are open on."""
    return ["strace", "-y", "-o", TRACE, *options]


def kill_at(call):
    """SIGKILL where the call begins: it is not done any more. After one call is before the next."""
    return ["-e", f"inject={call.name}:signal=KILL:when={call.nth}"]


def fail_at(call, how):
    """The call is not done; `how` is an error's name, or what it returns instead, as strace writes it."""
    what = how if "=" in how else f"error={how}"
    return ["-e", f"inject={call.name}:{what}:when={call.nth}"]


def run(argv, typed="", **more):
    """Runs it until it and all that it started have ended, and reads the trace."""
    if os.path.exists(TRACE):
        os.unlink(TRACE)
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, stdin=pipe, stdout=pipe, stderr=pipe, text=True, start_new_session=True,
                          **more) as process:
        try:
            out, err = process.communicate(typed, timeout=HANG)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise AssertionError(f"{argv}: still there after {HANG} s") from None
    with open(TRACE, encoding="utf-8", errors="replace") as file:
        return Done(process.returncode, out, err, file.read())


def calls_in(trace, begin, end=r"\+\+\+ "):
    """The calls behind the first line that fits `begin`, before the next one that fits `end`."""
    count, inside, found = collections.Counter(), False, []
    for line in trace.splitlines():
        name = re.match(r"(\w+)\(", line)
        if name:
            count[name[1]] += 1
        if inside and re.match(end, line):
            return found
        if inside and name:
            found.append(Call(name[1], count[name[1]], line))
        inside = inside or re.match(begin, line) is not None
    raise AssertionError(f"no {begin!r} and {end!r} in:\n{trace}")


def was_killed(done):
    return "+++ killed by SIGKILL +++" in done.trace


def injected(done):
    """The call that was made to fail, as it was in this very run."""
    found = [line for line in done.trace.splitlines() if line.endswith("(INJECTED)")]
    return found[0] if found else None
