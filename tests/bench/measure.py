# SPDX-License-Identifier: Apache-2.0
"""What one login costs, subject by subject: times, instructions, system calls, stack, memory."""
import collections
import os
import re
import statistics
import subprocess

BLOCK = 16  # entries of pam_totp and of the reference in a block of the disk
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


def instructions(driver, out, subject, answer, logins=BLOCK):
    """A login in a process that had two before, with the load of the module: the mean, work done once a block included."""
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
    """How many in one login that begins no new block, and how many flushes among them."""
    trace = f"{out}/strace.{subject}.{answer}"
    driver.run("counted", BLOCK, answer, subject, under=["strace", "-f", "-o", trace])
    with open(trace, encoding="utf-8", errors="replace") as file:
        logins = re.findall(r'(?s)write\(-1, "begin"[^\n]*\n(.*?)\d+ +write\(-1, "end"', file.read())
    calls = [re.findall(r"(?m)^\d+ +(\w+)\(", login) for login in logins]
    flushes = [len([name for name in names if name in FLUSHES]) for names in calls]
    return {"all": int(statistics.median(map(len, calls))), "flushes": int(statistics.median(flushes))}


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


def parts(build, subject, logins=BLOCK):
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
            "instructions": {answer: instructions(driver, out, subject, answer, 3 if "ga" in subject else BLOCK)
                             for answer in ("right", "wrong")},  # of a wrong code's 30 million three are enough
            "cold_instructions": cold_instructions(driver, out, subject),
            "calls": {answer: system_calls(driver, out, subject, answer) for answer in ("right", "wrong")},
            "stack": {answer: stack(driver, answer, subject) for answer in ("right", "wrong")},
            "memory": memory(driver, subject, 100 if quick else 1000),
        }
    return figures
