#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Applications without root, such as screen lockers, and applications with one field for password and code."""
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
SUPPORT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support")
sys.path.insert(0, SUPPORT)
from promises import check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
import libpam  # noqa: E402
from bed import STORE, Bed, as_user, run, write  # noqa: E402
from libpam import AUTH_ERR, AUTHINFO_UNAVAIL, SUCCESS, Login  # noqa: E402

PROMPT, ONE_FIELD = "Verification code: ", "Password & verification code: "
HELPER = "/usr/lib/pam-totp/pam_totp_helper"
PROGRAM = "/tmp/libpam.py"  # where everybody can read it

bed = Bed()
shutil.copy(os.path.join(SUPPORT, "libpam.py"), PROGRAM)


def service(name, *lines):
    write(f"/etc/pam.d/{name}", "".join(f"auth {line}\n" for line in lines) + "account required pam_permit.so\n")


# As a locker's own file: the password goes on to pam_unix, which checks it through its own helper.
service("i3lock", "required pam_totp.so forward_pass", "required pam_unix.so use_first_pass")
service("two-questions", "requisite pam_unix.so", "required pam_totp.so after=password")
service("bare", "required pam_totp.so")
service("moved", f"required pam_totp.so store={STORE}")
service("asked-above", "optional pam_unix.so", "required pam_totp.so use_first_pass forward_pass",
        "required pam_unix.so use_first_pass")
service("never-asks", "required pam_totp.so use_first_pass")
service("tries", "optional pam_unix.so", "required pam_totp.so try_first_pass")


def person(name, *options):
    return bed.setup_user(bed.add_user(name), *(options or ("--hotp",)))


def as_owner(someone, name, *answers, user=None):
    """One pam_authenticate in a process of the person's own."""
    said = run(*as_user(someone.name, sys.executable, "-B", PROGRAM, name, user or someone.name),
               input="\n".join(answers))
    return Login(*json.loads(said.stdout))


def refuses(login, code=AUTH_ERR):
    check(login.code == code, login)
    return login


@promise
def a_locker_without_root_asks_for_password_and_code():
    alice = person("alice")
    login = as_owner(alice, "two-questions", alice.password, alice.phone.take())
    check(login.code == SUCCESS and login.prompts == ["Password: ", PROMPT], login)
    refuses(as_owner(alice, "two-questions", alice.password, alice.phone.spent()))
    refuses(as_owner(alice, "two-questions", alice.password, alice.phone.wrong()))
    refuses(as_owner(alice, "two-questions", "no", alice.phone.next()))
    login = as_owner(alice, "two-questions", alice.password, alice.phone.take())
    check(login.code == SUCCESS and "1 wrong code since" in login.notes[0], login)
    bed.syslog.find("user=alice verdict=accepted service=two-questions")


@promise
def one_field_takes_the_password_and_the_code_behind_it():
    bert = person("bert")
    login = as_owner(bert, "i3lock", bert.password + bert.phone.take())
    check(login.code == SUCCESS and login.prompts == [ONE_FIELD], login)
    for typed in (bert.password + bert.phone.spent(), bert.password + bert.phone.wrong(), "no" + bert.phone.take(),
                  bert.password, bert.phone.take(), "", bert.password + " " + bert.phone.take()):
        refuses(as_owner(bert, "i3lock", typed))
    login = as_owner(bert, "i3lock", bert.password + bert.backup_codes[0])
    check(login.code == SUCCESS, login)
    refuses(as_owner(bert, "i3lock", bert.password + bert.backup_codes[0]))


@promise
def one_field_tells_nothing_before_the_password_is_checked():
    mia = person("mia")
    for _ in range(3):
        refuses(as_owner(mia, "i3lock", mia.password + mia.phone.wrong()))
    for password, code in (("no", AUTH_ERR), (mia.password, SUCCESS)):
        login = as_owner(mia, "i3lock", password + mia.phone.take())
        check(login.code == code and not login.notes, login)  # the code was right both times


@promise
def a_password_of_digits_is_no_guess():
    noel = person("noel")
    run("chpasswd", input="noel:12345678\n")
    login = libpam.authenticate("tries", "noel", "12345678", noel.phone.take())
    check(login.code == SUCCESS and len(login.prompts) == 2, login)
    check(bed.status(noel)["guesses_left"] == 10, "a password of other digits than a code has was counted")


@promise
def pamtester_as_the_person_unlocks_as_a_locker_would():
    vera = person("vera")

    def unlocks(typed):
        return run(*as_user("vera", "pamtester", "i3lock", "vera", "authenticate"), input=typed + "\n", check=False)

    said = unlocks(vera.password + vera.phone.take())
    check(said.returncode == 0 and "successfully authenticated" in said.stdout + said.stderr, said)
    check(unlocks(vera.password + vera.phone.spent()).returncode != 0, "a code was taken twice")


@promise
def one_field_takes_two_codes_in_a_row_once_they_are_needed():
    carl = person("carl")
    for _ in range(10):
        refuses(as_owner(carl, "bare", carl.phone.wrong()))
    login = refuses(as_owner(carl, "i3lock", carl.password + carl.phone.take()))
    two = f"{carl.phone.take()} {carl.phone.take()}"
    login = as_owner(carl, "i3lock", carl.password + two)
    check(login.code == SUCCESS, login)
    check(bed.status(carl)["guesses_left"] == 10, "the person's own programs took guesses of the logins")


@promise
def the_record_says_how_many_digits_to_cut_off():
    dora = person("dora", "--digits", "8")
    dora.phone.digits = 8
    dora.password = "Pass-1234"
    run("chpasswd", input=f"dora:{dora.password}\n")
    login = as_owner(dora, "i3lock", dora.password + dora.phone.fresh())
    check(login.code == SUCCESS, login)
    refuses(as_owner(dora, "i3lock", dora.password + dora.phone.spent()[:6]))


@promise
def nobody_checks_anothers_codes():
    eva, fred = person("eva"), person("fred")
    login = refuses(as_owner(fred, "bare", eva.phone.next(), user="eva"), AUTHINFO_UNAVAIL)
    check(not login.prompts, login)
    refuses(as_owner(fred, "bare", "123456", user="nobody-at-all"))
    login = as_owner(eva, "bare", eva.phone.take())
    check(login.code == SUCCESS, login)


@promise
def a_locker_cannot_move_the_store():
    gus = person("gus")
    refuses(as_owner(gus, "moved", gus.phone.next()), AUTHINFO_UNAVAIL)
    check("usual places" in bed.syslog.find("user=gus .*at=store"), "the log")


@promise
def who_has_nothing_set_up_is_asked_in_vain_or_not_at_all():
    hanna = bed.add_user("hanna")
    service("optional", "required pam_totp.so nullok", "required pam_permit.so")
    refuses(as_owner(hanna, "bare", "123456"))
    check(as_owner(hanna, "optional").code == SUCCESS, "nullok")


@promise
def without_its_helper_a_locker_stays_locked_and_the_log_says_why():
    ian = person("ian")
    os.rename(HELPER, HELPER + ".away")
    try:
        refuses(as_owner(ian, "bare", ian.phone.next()), AUTHINFO_UNAVAIL)
    finally:
        os.rename(HELPER + ".away", HELPER)
    check("install the package" in bed.syslog.find("user=ian .*reason=helper_missing"), "the log")
    check(as_owner(ian, "bare", ian.phone.take()).code == SUCCESS, "with the helper back")


ANSWERS_LATE = """
import sys
sys.path.insert(0, "/tmp")
import libpam
class Late:  # as somebody who comes back to a locked screen
    def encode(self):
        return sys.stdin.readline().strip().encode()
print(libpam.authenticate(sys.argv[1], sys.argv[2], Late()).code)
"""
HEARS = """
import os, signal, subprocess, sys
sys.path.insert(0, "/tmp")
import libpam
heard = []
signal.signal(signal.SIGCHLD, lambda *_: heard.append(1))
mine = subprocess.Popen(["sleep", "0"])
mine.wait()
before = len(heard)
login = libpam.authenticate(sys.argv[1], sys.argv[2], *sys.stdin.read().split("\\n"))
try:
    os.waitpid(-1, os.WNOHANG)
    left = "a child"
except ChildProcessError:
    left = "no child"
print(login.code, len(heard) - before, left, len(os.listdir("/proc/self/fd")), before)
"""


@promise
def the_application_hears_of_no_child_and_keeps_no_descriptor():
    jo = person("jo")
    write("/tmp/hears.py", HEARS)
    counts = []
    for name, code in (("never-asks", ""), ("bare", jo.phone.take())):
        said = run(*as_user("jo", sys.executable, "-B", "/tmp/hears.py", name, "jo"), input=code).stdout.split()
        check(said[1:4] == ["0", "no", "child"] and said[5] == "1", said)
        counts.append(said[4])
    check(said[0] == str(SUCCESS) and counts[0] == counts[1], (said, counts))


@promise
def a_stopped_helper_keeps_the_locker_locked_but_not_for_ever():
    karl = person("karl")
    with subprocess.Popen(as_user("karl", sys.executable, "-B", PROGRAM, "bare", "karl"), text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as asking:
        asking.stdin.write("123456")
        asking.stdin.close()
        signal_the_helper_of(pwd.getpwnam("karl").pw_uid, signal.SIGSTOP)
        said = asking.stdout.read()
    check(json.loads(said)[0] == AUTHINFO_UNAVAIL, said)


def signal_the_helper_of(uid, number, after=0):
    """As soon as there is one, or so many seconds later."""
    deadline = time.time() + 20
    while time.time() < deadline:
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/comm", encoding="ascii") as file:
                    if file.read().startswith("pam_totp_helper") and os.stat(f"/proc/{pid}").st_uid in (0, uid):
                        time.sleep(after)
                        return os.kill(int(pid), number)
            except OSError:
                pass
    raise AssertionError("no helper")


@promise
def a_locker_that_asked_long_ago_takes_a_right_code_once():
    lou = person("lou")
    write("/tmp/late.py", ANSWERS_LATE)
    code = lou.phone.take()
    for expected in (SUCCESS, AUTH_ERR):
        with subprocess.Popen(as_user("lou", sys.executable, "-B", "/tmp/late.py", "bare", "lou"), text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE) as asking:
            signal_the_helper_of(pwd.getpwnam("lou").pw_uid, signal.SIGKILL, after=1)  # as if it had waited its time
            asking.stdin.write(code + "\n")
            asking.stdin.close()
            said = asking.stdout.read()
            check(said.split() == [str(expected)], said)


@promise
def a_password_asked_above_may_hold_the_code():
    lena = person("lena")
    login = libpam.authenticate("asked-above", "lena", lena.password + lena.phone.take())
    check(login.code == SUCCESS and login.prompts == ["Password: "], login)
    for typed in (lena.password + lena.phone.spent(), lena.password, "no" + lena.phone.take()):
        refuses(libpam.authenticate("asked-above", "lena", typed))
    login = refuses(libpam.authenticate("never-asks", "lena", lena.phone.next()))
    check(not login.prompts, login)


@promise
def try_first_pass_asks_only_when_the_password_holds_no_code():
    mona = person("mona")
    login = libpam.authenticate("tries", "mona", mona.phone.take())
    check(login.code == SUCCESS and len(login.prompts) == 1, login)
    login = libpam.authenticate("tries", "mona", mona.password, mona.phone.take())
    check(login.code == SUCCESS and login.prompts == ["Password: ", PROMPT], login)
    login = libpam.authenticate("tries", "mona", mona.phone.spent(), mona.phone.take())
    check(login.code == SUCCESS and len(login.prompts) == 2, login)
    check(bed.status(mona)["guesses_left"] == 10, "a password was counted as a guess")


@promise
def one_field_says_no_more_of_who_has_codes_and_who_is_there():
    nora = person("nora")
    otto = bed.add_user("otto")
    prompts = {tuple(refuses(libpam.authenticate("i3lock", name, "wrong000000")).prompts)
               for name in (nora.name, otto.name, "nobody-at-all")}
    check(prompts == {(ONE_FIELD,)}, prompts)


@promise
def nothing_secret_is_in_the_log():
    bed.nothing_secret_in("\n".join(bed.syslog.lines))


if __name__ == "__main__":
    keep_all()
