#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every system call of a login made to fail with each error that it can give: nobody gets in by it, and nobody sees
by it whether a code was right."""
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path[:0] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support")]
from promises import check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
import calls  # noqa: E402
from crashbed import ABSENT, ALL, CONF, LOGIN, STACKS, STORE, SUCCESS, Codes, CrashBed, Logins, Store, check_files  # noqa: E402
from errors import Harmless, place_of, sample  # noqa: E402

calls.require_strace()
bed = CrashBed()
# Without a record the first and the last let in with no question, which a failure must never look like.
bed.stack("nullok", "nullok after=password")
bed.stack("required", "after=password")
bed.stack("absent", "nullok")
alice, bob = bed.person("alice"), bed.add_user("bob")
codes, logins = Codes(alice.phone), Logins("nullok", alice, bed.syslog)
other, another = alice.backup_codes[:2]
fresh = Store()
logins.fill_window(codes.wrong(), another)
long = Store()

REFUSED, UNAVAILABLE = 7, 9
harmless = Harmless({
    "what was not closed is closed with the process": r"^close\(",
    "what a signal interrupted is read again": r"^read\(.* EINTR ",
    "malloc finds memory elsewhere": r"^brk\(",
    "names are looked up without their cache, and as by default": r'nscd/socket|SOCK_STREAM|nsswitch\.conf|, "/", ',
    "names are read without knowing how much there is to read": r"^newfstatat\(.*/etc/passwd",
    "OpenSSL goes on as by default": r"openssl\.cnf",
    "the host's name is for the person to read": r"^uname\(",
    "a log that is gone, or in another time zone, keeps nobody out": r'SOCK_DGRAM|"/dev/log"|^sendto\(|localtime|zoneinfo',
    "no settings are the default ones": rf'"{CONF}(\.d.*)?".* ENOENT ',
    "what is not freed now is freed by the next": r"^pread64\(.*, 4352, |^fallocate\(.*PUNCH_HOLE",
    "room for later is for later": r"^fallocate\(.*, FALLOC_FL_KEEP_SIZE, ",
})
# Nobody can tell an account that cannot be looked up from one that is not there: refused as that one is.
UNKNOWN = r"nsswitch\.conf|/etc/passwd"


def login(person, service, answer, options=()):
    return calls.run([*calls.traced(*options), LOGIN, STACKS, service, person.name], answer + "\n")


def calls_of(person, service, store, answer):
    """The module's: without what the application writes, and what libpam tells the kernel of it afterwards."""
    store.put()
    trace = login(person, service, answer).trace
    found = calls.calls_in(trace, r"getppid\(", r"getppid\(|socket\(AF_NETLINK")
    return [call for call in found if not call.line.startswith("write(1<")]


def failures(found):
    for call, how in sample(found, 20 if ALL else 3):
        # That there is no journal is no failure: it is how the kernel says that nothing is set up.
        if not (how == "ENOENT" and re.search(rf'{STORE}>, "\w+"', call.line)):
            yield call, how


def tried(person, service, store, answer, call, how):
    """What the person saw, what it came to, what was logged, and the call as it failed."""
    store.put()
    bed.syslog.take()
    done = login(person, service, answer, calls.fail_at(call, how))
    failed = calls.injected(done)
    check(failed, f"{call.line} did not fail with {how}:\n{done.trace}")
    result = re.findall(r"^result (\d+)$", done.out, re.M)
    check(done.status in (0, 1) and len(result) == 1, f"ended by {done.status} at {failed}: {done.out}{done.err}")
    return done.out, int(result[0]), bed.syslog.take(), failed


def check_reason(person, result, log, failed):
    """The administrator finds why: the file, and the system's own reason where that is all there is."""
    unknown = re.search(UNKNOWN, failed)
    if result == REFUSED:
        check(unknown and "verdict=unknown_user" in log, f"refused at {failed}: {log}")
        return
    check(result == UNAVAILABLE, f"{result} at {failed}")
    said = re.search(r"verdict=error .*reason=(\w+)(?: path=(\S+))?: (.*)", log)
    check(said, f"no reason in the log, at {failed}: {log}")
    check(said[2] == (None if unknown else place_of(failed, person.name)), f"{failed}: {log}")
    error = re.search(r"= -1 \w+ \(([^)]+)\)", failed)
    check(not error or said[1] not in ("io", "no_space") or error[1] in said[3], f"{failed}: {log}")


def fails_alike(found, store):
    for call, how in failures(found):
        seen, result, log, failed = tried(alice, "nullok", store, right := codes.now(), call, how)
        accepted = result == SUCCESS
        check(not accepted or (harmless.fits(failed) and "prompt " in seen), f"accepted at {failed}")
        if not accepted:
            check_reason(alice, result, log, failed)
        logins.check_after(right, accepted, other, failed)
        check_files(alice, enrolled=True)
        seen_wrong, result, log, failed = tried(alice, "nullok", store, codes.wrong(), call, how)
        check(result in (REFUSED, UNAVAILABLE), f"a wrong code: {result} at {failed}")
        check(accepted or seen == seen_wrong, f"right: {seen}\nwrong: {seen_wrong}\nat {failed}")


@promise
def refuses_when_a_call_fails_and_shows_nothing_of_the_code():
    fails_alike(calls_of(alice, "nullok", fresh, codes.now()), fresh)


@promise
def refuses_when_a_call_fails_that_flushes_or_cuts_the_journal():
    found = calls_of(alice, "nullok", long, codes.now())
    written = [call.name for call in found].index("write")
    check(sum(call.name == "fallocate" for call in found) == 2, found)
    fails_alike(found[written:], long)


@promise
def makes_the_same_calls_for_a_right_and_a_wrong_code():
    for store in (fresh, long):
        right, wrong = ([call.name for call in calls_of(alice, "required", store, answer)]
                        for answer in (codes.now(), codes.wrong()))
        check(right == wrong, f"right: {right}\nwrong: {wrong}")


@promise
def never_takes_a_failure_for_nothing_set_up():
    for service, without in (("required", REFUSED), ("absent", ABSENT)):
        for call, how in failures(calls_of(bob, service, fresh, codes.wrong())):
            _, result, log, failed = tried(bob, service, fresh, codes.wrong(), call, how)
            if result != without or not harmless.fits(failed):
                check_reason(bob, result, log, failed)


def knows_no_harmless_failure_that_is_not_met():
    check(not harmless.unmet(), harmless.unmet())


if ALL:
    promise(knows_no_harmless_failure_that_is_not_met)


@promise
def no_key_and_no_code_is_in_the_log():
    bed.nothing_secret_was_logged(codes.wrong())


keep_all()
