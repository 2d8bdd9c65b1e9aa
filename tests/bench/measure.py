# SPDX-License-Identifier: Apache-2.0
"""What one login costs, subject by subject: times, instructions, system calls, stack, memory."""
import collections
import os
import re
import subprocess

FLUSHES = {"fsync", "fdatasync", "sync_file_range", "syncfs", "sync"}


class Samples:
    def __init__(self):
        self.values = collections.defaultdict(list)

    def add(self, subject, nanoseconds):
        self.values[subject].append(int(nanoseconds) / 1000)

    def figures(self):
        """Microseconds."""
        return {subject: {"median": self._at(subject, .5), "p99": self._at(subject, .99), "count": len(values)}
                for subject, values in self.values.items()}

    def _at(self, subject, share):
        values = sorted(self.values[subject])
        return values[min(int(len(values) * share), len(values) - 1)]


def latency(driver, rounds, answer, subjects):
    """pam_authenticate alone, and all from pam_start to pam_end; in a process that had a login of each before."""
    alone, loaded = Samples(), Samples()
    for subject, authenticate, everything in driver.run("rounds", rounds, answer, *subjects):
        alone.add(subject, authenticate)
        loaded.add(subject, everything)
    return alone.figures(), loaded.figures()


def cold(driver, rounds, subjects):
    """From the start of a process that logs in once to its end."""
    samples = Samples()
    for subject, nanoseconds in driver.run("cold", rounds, *subjects):
        samples.add(subject, nanoseconds)
    return samples.figures()


def instructions(driver, out, subject, answer, logins=3):
    """A login in a process that had two before, with the load of the module."""
    profile = f"{out}/callgrind.{subject}.{answer}"
    driver.run("counted", logins, answer, subject, under=_callgrind(profile, "--toggle-collect=counted_login"))
    return _total(profile) // logins


def cold_instructions(driver, out, subject):
    """A whole process that logs in once."""
    profile = f"{out}/callgrind.{subject}.cold"
    driver.once(subject, under=_callgrind(profile))
    return _total(profile)


def _callgrind(profile, *more):
    return ["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={profile}", *more]


def _total(profile):
    with open(profile, encoding="utf-8", errors="replace") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(("totals:", "summary:")))


def system_calls(driver, out, subject, answer):
    """How many of each in one login, a process's third."""
    trace = f"{out}/strace.{subject}.{answer}"
    driver.run("counted", 1, answer, subject, under=["strace", "-f", "-o", trace])
    with open(trace, encoding="utf-8", errors="replace") as file:
        text = file.read()
    login = text[text.index('write(-1, "begin"'):text.index('write(-1, "end"')]
    calls = collections.Counter(re.findall(r"(?m)^\d+ +(\w+)\(", login))
    return {"all": sum(calls.values()), "flushes": sum(calls[name] for name in FLUSHES)}


def stack(driver, answer, subject):
    """Bytes below pam_sm_authenticate: the first login of a process, and a later one."""
    return {when: int(size) for _, when, size in driver.run("stack", answer, subject)}


def memory(driver, subject, logins):
    """KiB at most, and private ones, of a process that logs in once; bytes that each later login leaves behind."""
    peak, private = driver.once(subject, command="weigh").split()
    ((_, left),) = driver.run("leaks", logins, subject)
    return {"peak": int(peak), "private": int(private), "left": int(left) / logins}


def module(build):
    """Size without symbols, and what must be loaded beside it."""
    stripped = f"{build}/bench/stripped.so"
    subprocess.run(["strip", "-o", stripped, f"{build}/pam_totp.so"], check=True)
    said = subprocess.run(["readelf", "-d", stripped], text=True, capture_output=True, check=True)
    return {"size": os.path.getsize(stripped), "needs": re.findall(r"NEEDED.*\[(.*)\]", said.stdout)}


def parts(build, subject, logins=3):
    """The functions of the module, and of libpam for it, with the most instructions below them: (name, a login's)."""
    said = subprocess.run(["callgrind_annotate", "--inclusive=yes", "--threshold=100", "--auto=no",
                           f"{build}/bench/out/callgrind.{subject}.right"], text=True, capture_output=True, check=False)
    found = {}
    for count, name in re.findall(r"(?m)^ *([\d,]+) .*?:((?:totp::|pam_modutil_|pam_start)[^\[\n]*)", said.stdout):
        name = re.sub(r"\(anonymous namespace\)::|\(.*|totp::", "", name).strip()
        found[name] = max(found.get(name, 0), int(count.replace(",", "")) // logins)
    return sorted(found.items(), key=lambda part: -part[1])[:24]


def one_login(driver, build, subjects, quick):
    out = f"{build}/bench/out"
    os.makedirs(out, exist_ok=True)
    figures = {}
    accept, accept_loaded = latency(driver, 60 if quick else 500, "right", subjects)
    reject, _ = latency(driver, 20 if quick else 100, "wrong", subjects)
    processes = cold(driver, 20 if quick else 300, subjects)
    for subject in subjects:
        figures[subject] = {
            "accept": accept[subject], "accept_loaded": accept_loaded[subject], "reject": reject[subject],
            "cold": processes[subject],
            "instructions": {answer: instructions(driver, out, subject, answer) for answer in ("right", "wrong")},
            "cold_instructions": cold_instructions(driver, out, subject),
            "calls": {answer: system_calls(driver, out, subject, answer) for answer in ("right", "wrong")},
            "stack": {answer: stack(driver, answer, subject) for answer in ("right", "wrong")},
            "memory": memory(driver, subject, 100 if quick else 1000),
        }
    return figures
