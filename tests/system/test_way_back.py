#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The way back for people: phone lost, backup codes lost, nothing but paper. Real sshd, login, sudo, su and pam-totp."""
import json
import os
import pwd
import re
import socket
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
import libpam  # noqa: E402
from bed import CONF, PROMPT, STORE, Bed, as_user, run, write  # noqa: E402
from phone import Phone  # noqa: E402
from ptydrive import Driven, drive  # noqa: E402
from results import let_in, refused  # noqa: E402
from sshd import Sshd, authorize  # noqa: E402

PASSWORD = r"(?i)password[^\n]*: "
PROOF, PERMISSION = "Code from the app: ", "Current code or backup code: "
RECOVERY, APP = "Recovery code: ", "Code that the app shows now: "
BACKUP = r"\b[0-9a-hjkmnp-tv-z]{5}-[0-9a-hjkmnp-tv-z]{5}-[0-9a-hjkmnp-tv-z]{5}\b"
TYPE_IT, SET_UP_FIRST = "Type the recovery code that the administrator gave you.", "Set up anew first"
IS_OVER = "the time of the recovery code is over"
UTF8 = {**os.environ, "LC_ALL": "C.UTF-8"}
DAY = 86400

bed = Bed()
keyed = Sshd(2201)
neutral = Sshd(2202, "keyboard-interactive:pam")
bed.pam("sshd", "auth required pam_totp.so")
for service in ("login", "su", "sudo"):
    bed.pam(service, "@include common-auth", "auth required pam_totp.so after=password")
write("/etc/pam.d/known", "auth required pam_totp.so after=password\n")
write("/etc/sudoers.d/bed", "Defaults timestamp_timeout=0\nALL ALL=(ALL) ALL\n", 0o440)


def someone(name, setup=True):
    person = bed.person(name, setup=setup)
    authorize(person)
    return person


def recover(person):
    said = bed.tool("recover", "-u", person.name, "--json")
    check(said.returncode == 0, said)
    person.facts = json.loads(said.stdout)
    person.old, person.phone = person.phone, None
    person.backup_codes.append(person.facts["recovery_code"])  # a secret, too
    return person.facts["recovery_code"]


def scanned(person):
    """Types the key into a new phone; the code that it shows."""
    def answer(seen):
        key = re.findall(r"Key: ([A-Z2-7 ]+)\n|(?m:^    ([A-Z2-7]{4}(?: [A-Z2-7]{4}){7})$)", seen)[-1]
        person.phone = Phone("".join(key).replace(" ", ""))
        return person.phone.fresh()
    return answer


def ssh(person, *answers, server=keyed, source="127.0.0.1"):
    argv = server.argv(person, "echo in as $(id -un)")
    return drive([argv[0], "-b", source, *argv[1:]], answers, UTF8)


def on_the_console(person, *answers):
    """login(1), as far as it goes; it asks for a name again after a refusal."""
    session = Driven(["login", "-p"], {**UTF8, "TERM": "linux"})
    for regex, answer in (("login: ", person.name), (PASSWORD, person.password), *answers):
        if not session.expect(regex):
            break
        session.answer(answer)
    is_in = session.expect(r"in:\$ |(?i:login incorrect)") and "in:$" in session.seen
    session.end()
    return is_in, session.seen


def new_codes(seen):
    return re.findall(BACKUP, seen.partition("Backup codes, for the day")[2])


def setup(person, *answers):
    return drive(as_user(person.name, "pam-totp", "setup"), answers, UTF8)


def at(when, person, answer, service="known"):
    """A login on a computer that believes it is `when`."""
    said = run("faketime", "-f", time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(when)), sys.executable, libpam.__file__,
               service, person.name, input=answer, env={**os.environ, "TZ": "UTC"})
    return libpam.Login(*json.loads(said.stdout))


@promise
def who_has_lost_the_phone_gets_in_by_a_backup_code_and_sets_up_anew():
    anna = someone("anna")
    seen = let_in(ssh(anna, (PROMPT, anna.backup_codes[0])), "anna")
    check("Phone lost? Run: pam-totp setup" in seen and "9 backup codes left" in seen, seen)
    anna.old = anna.phone
    seen, status = setup(anna, (PERMISSION, anna.backup_codes[1]), (APP, scanned(anna)))
    check(status == 0 and len(new_codes(seen)) == 10, seen)
    for gone in (anna.old.fresh, anna.backup_codes[2]):
        refused(ssh(anna, (PROMPT, gone)))
    let_in(ssh(anna, (PROMPT, anna.phone.fresh)), "anna")


@promise
def who_has_lost_everything_sets_up_anew_over_ssh_with_one_code():
    ben, mark = someone("ben"), bed.syslog.mark()
    code = recover(ben)
    for gone in (ben.old.fresh, ben.backup_codes[0]):
        refused(ssh(ben, (PROMPT, gone)))
    seen = let_in(ssh(ben, (PROMPT, code), (PROOF, scanned(ben))), "ben")
    check(TYPE_IT in seen and "For backup codes run: pam-totp codes" in seen, seen)
    for line in ("event=recovery_code user=ben actor=0", "user=ben rhost=127.0.0.1 verdict=set_up_shown service=sshd",
                 f"event=recovered user=ben actor={pwd.getpwnam('ben').pw_uid}", "user=ben rhost=127.0.0.1 verdict=enrolled"):
        bed.syslog.find(line, mark)
    refused(ssh(ben, (PROMPT, code)))
    seen = let_in(ssh(ben, (PROMPT, ben.phone.fresh)), "ben")
    check(re.search("Your second factor was changed 3 times, the last on .*, by ben", seen), seen)


@promise
def who_has_lost_everything_sets_up_anew_on_the_console():
    cleo = someone("cleo")
    code = recover(cleo)
    is_in, seen = on_the_console(cleo, (PROMPT, code), (PROOF, scanned(cleo)))
    check(is_in and TYPE_IT in seen, seen)
    is_in, seen = on_the_console(cleo, (PROMPT, code))
    check(not is_in, seen)


@promise
def who_is_in_still_sets_up_anew_by_the_command():
    dan = someone("dan")
    code = recover(dan)
    seen, status = setup(dan, (RECOVERY, "zzzzz-zzzzz-zzzzz"), (RECOVERY, code), (APP, scanned(dan)))
    check(status == 0 and "That is not the recovery code." in seen and len(new_codes(seen)) == 10, seen)
    refused(setup(dan, (PERMISSION, code), (PERMISSION, code), (PERMISSION, code)))
    let_in(ssh(dan, (PROMPT, dan.phone.fresh)), "dan")


@promise
def a_connection_that_breaks_costs_nobody_the_code():
    eva = someone("eva")
    code = recover(eva)
    broken = Driven(keyed.argv(eva, "true"), UTF8)
    check(broken.expect(PROMPT), broken.seen)
    broken.answer(code)
    check(broken.expect(PROOF), broken.seen)
    broken.end()
    gone = Driven(as_user("eva", "pam-totp", "setup"), UTF8)
    check(gone.expect(RECOVERY), gone.seen)
    gone.answer(code)
    check(gone.expect(APP), gone.seen)
    gone.end()
    check(bed.status(eva)["recovery_until"] == eva.facts["recovery_until"], bed.status(eva))
    seen = let_in(ssh(eva, (PROMPT, code), (PROOF, scanned(eva))), "eva")
    check(eva.phone.secret in broken.seen.replace(" ", ""), "another key than the phone has scanned already")
    check(not [name for name in os.listdir(STORE) if "pending" in name], seen)


@promise
def the_code_lets_in_nobody_without_a_set_up():
    fay, mark = someone("fay"), bed.syslog.mark()
    code = recover(fay)
    # A wrong proof, and a set-up that is given up.
    wrong = Phone("A" * 32).wrong
    refused(ssh(fay, (PROMPT, code), *[(PROOF, wrong)] * 3))
    refused(ssh(fay, (PROMPT, code), (PROOF, b"\x03")))
    for argv, password in ((("sudo", "sh", "-c", "echo in as root"), fay.password),
                           (("su", "-c", "echo in as fay", "fay"), fay.password)):
        seen = refused(drive(as_user("fay", *argv), [(PASSWORD, password), (PROMPT, code), (f"{PASSWORD}|{PROMPT}", b"\x03")]))
        check(SET_UP_FIRST in seen and "Key:" not in seen, seen)
    bed.syslog.find("user=fay .*verdict=recovery service=sudo", mark)
    bed.syslog.find("user=fay .*verdict=recovery service=su", mark)
    said = bed.tool("verify", user="fay", input=code + "\n")
    check(said.returncode == 1 and "It lets in nobody" in said.stderr, said)
    write("/etc/pam.d/field", "auth required pam_totp.so forward_pass\nauth required pam_unix.so use_first_pass\n")
    for forced in (fay.password + code, fay.password + code.replace("-", "")):
        found = libpam.authenticate("field", "fay", forced)
        check(found.code != libpam.SUCCESS and "Key:" not in "".join(found.prompts + found.notes), found)
    let_in(ssh(fay, (PROMPT, code), (PROOF, scanned(fay))), "fay")  # and none of that spent it


@promise
def nothing_but_a_set_up_is_permitted_by_it():
    gus = someone("gus")
    code = recover(gus)
    for words in (("codes",), ("add", "tablet"), ("remove", "phone"), ("remove", "--all"), ("resync",)):
        said = bed.tool(*words, user="gus", input=code + "\n")
        check(said.returncode == 3 and "Run: pam-totp setup" in said.stderr, said)
    for words in (("codes",), ("add", "tablet")):
        said = bed.tool(*words, "-u", "gus", input="")
        check(said.returncode == 3, said)
    check(bed.tool("recover", user="gus").returncode == 2, "without -u")
    said = bed.tool("recover", "-u", "gus", user="gus")
    check(said.returncode == 1 and "only root" in said.stderr, said)
    let_in(ssh(gus, (PROMPT, code), (PROOF, scanned(gus))), "gus")


@promise
def the_persons_programs_cannot_set_up_without_it():
    hal = someone("hal")
    code = recover(hal)
    for typed in ("", "123456", hal.backup_codes[0]):
        said = bed.tool("setup", "--json", user="hal", input=f"{typed}\n" * 9)
        check(said.returncode == 1 and "otpauth" not in said.stdout + said.stderr, said)
    # Nor beside a login that is at it: what it shows is root's, and begun for that login alone.
    busy = Driven(keyed.argv(hal, "echo in as hal"), UTF8)
    check(busy.expect(PROMPT), busy.seen)
    busy.answer(code)
    check(busy.expect(PROOF), busy.seen)
    said = bed.tool("setup", "--json", user="hal", input="123456\n" * 9)
    check(said.returncode == 1 and "otpauth" not in said.stdout, said)
    check(os.stat(f"{STORE}/hal.pending").st_uid == 0, "planted, or to be fetched")
    busy.answer(scanned(hal))
    busy.wait()
    let_in((busy.seen, busy.status), "hal")


@promise
def of_two_at_once_one_sets_up():
    ida = someone("ida")
    code = recover(ida)
    both = [Driven(keyed.argv(ida, "echo in as ida"), UTF8) for _ in range(2)]
    for one in both:
        check(one.expect(PROMPT), one.seen)
        one.answer(code)
        check(one.expect(PROOF), one.seen)
    answer = scanned(ida)(both[0].seen)
    for one in both:
        one.answer(answer)
        one.wait()
    check([one.status == 0 for one in both] == [True, False], [one.seen for one in both])


@promise
def another_code_ends_the_one_before_also_during_its_set_up():
    jan = someone("jan")
    first = recover(jan)
    busy = Driven(keyed.argv(jan, "echo in as jan"), UTF8)
    check(busy.expect(PROMPT), busy.seen)
    busy.answer(first)
    check(busy.expect(PROOF), busy.seen)
    second = recover(jan)
    busy.answer(scanned(jan))
    busy.wait()
    refused((busy.seen, busy.status))
    refused(ssh(jan, (PROMPT, first)))
    refused(setup(jan, *[(RECOVERY, first)] * 3))
    let_in(ssh(jan, (PROMPT, second), (PROOF, scanned(jan))), "jan")


@promise
def a_login_begins_that_recovery_alone_whose_code_was_typed():
    una = someone("una")
    recover(una)
    for replaces in ("0" * 16, "0123456789abcdef"):
        ours, theirs = socket.socketpair()
        with subprocess.Popen(["/usr/lib/pam-totp/pam_totp_helper"], stdin=theirs, stdout=theirs) as helper:
            theirs.close()
            ours.sendall(f"enroll user=una rhost=- replaces={replaces}\n".encode())
            said = ours.recv(4096)
            ours.close()
            helper.wait(30)
        check(b"done error=stale" in said and b"key" not in said, said)


@promise
def it_ends_after_a_day_and_a_clock_that_is_set_back_gives_no_more():
    kim, made = someone("kim"), int(time.time())
    code = recover(kim)
    for when in (made + DAY + 60, made + 400 * DAY, made - 60, made - 400 * DAY, 0):
        found = at(when, kim, code)
        check(found.code == libpam.AUTH_ERR and IS_OVER in found.prompts[0], (when, found))
        said = run("faketime", "-f", time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(when)), "pam-totp", "status", "-u", "kim",
                   check=False, env={**os.environ, "TZ": "UTC"})
        check(said.returncode == 0 and "must set up anew" in said.stdout, said)
    check(SET_UP_FIRST in at(made + DAY - 60, kim, code).prompts[0], "less than a day")
    let_in(ssh(kim, (PROMPT, code), (PROOF, scanned(kim))), "kim")


@promise
def whoever_is_not_known_sees_nothing_of_it():
    leo, max_ = someone("leo"), someone("max")
    code = recover(leo)
    transcripts = [refused(ssh(person, (PROMPT, answer), server=neutral)).replace(person.name, "somebody")
                   for person, answer in ((leo, ""), (leo, code), (max_, ""))]
    check(len(set(transcripts)) == 1 and "Key:" not in transcripts[0], transcripts)


@promise
def also_who_has_nothing_set_up_begins_by_it_under_every_rule():
    for name, rule in (("nina", "require"), ("otto", "enroll"), ("pia", "if-enrolled"), ("quin", "enroll service=sudo")):
        write(CONF, rule + "\n")
        person = someone(name, setup=False)
        code = recover(person)
        refused(ssh(person, (PROMPT, "")))
        let_in(ssh(person, (PROMPT, code), (PROOF, scanned(person))), name)
        let_in(ssh(person, (PROMPT, person.phone.fresh)), name)
    os.unlink(CONF)


@promise
def where_root_alone_sets_up_the_login_still_takes_it():
    write(CONF, "self-setup = no\n")
    rosa = someone("rosa")
    code = recover(rosa)
    refused(setup(rosa, (RECOVERY, code)))
    let_in(ssh(rosa, (PROMPT, code), (PROOF, scanned(rosa))), "rosa")
    os.unlink(CONF)


@promise
def status_and_list_say_until_when_it_counts():
    sven = someone("sven")
    recover(sven)
    until = sven.facts["recovery_until"]
    check(bed.status(sven)["recovery_until"] == until and bed.status(sven)["backup_codes_left"] == 0, bed.status(sven))
    listed = next(user for user in json.loads(bed.tool("list", "--json").stdout)["users"] if user["user"] == "sven")
    check(listed["recovery_until"] == until, listed)
    check(re.search(r"(?m)^sven +must set up anew; recovery code until 2", bed.tool("list").stdout), bed.tool("list").stdout)
    said = bed.tool("status", user="sven").stdout
    check("sven must set up anew" in said and "Recovery code  until " in said, said)
    said = bed.tool("recover", "-u", "sven")
    check(said.returncode == 0 and len(re.findall(BACKUP, said.stdout)) == 1 and "whom you tell it" in said.stdout, said)
    sven.backup_codes += re.findall(BACKUP, said.stdout)


@promise
def the_phone_that_is_found_again_is_set_up_by_root_or_by_the_code():
    tess = someone("tess")
    recover(tess)
    check(bed.tool("setup", "-u", "tess", "--no-confirm").returncode == 0, "root needs no code")
    check(bed.status(tess)["recovery_until"] is None, bed.status(tess))


@promise
def nothing_secret_is_in_the_log():
    bed.nothing_secret_in("\n".join(bed.syslog.lines))


keyed.start()
neutral.start()
try:
    keep_all()
finally:
    keyed.stop()
    neutral.stop()
