#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What people read at a login, each sentence through real sshd and sudo, which shows nothing after a success."""
import os
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
import libpam  # noqa: E402
import own  # noqa: E402
from bed import HOST, PROMPT, Bed, as_user, write  # noqa: E402
from libpam import SUCCESS  # noqa: E402
from ptydrive import drive  # noqa: E402
from results import let_in, refused  # noqa: E402
from sshd import Sshd, authorize  # noqa: E402

PASSWORD, CTRL_C = r"(?i)password[^\n]*: ", b"\x03"
MINUTE = r"\d{4}-\d\d-\d\d \d\d:\d\d UTC"
CHANGED = rf"Your second factor was set up or changed on {MINUTE}, by (\S+)\."
CHANGES = rf"Your second factor was changed (\d+) times, the last on {MINUTE}, by (\S+)\."

bed = Bed()
bed.pam("sshd", "auth required pam_totp.so")
bed.pam("sudo", "@include common-auth", "auth required pam_totp.so after=password")
write("/etc/pam.d/neutral", "auth required pam_totp.so\n")
write("/etc/pam.d/known", "auth required pam_totp.so after=password\n")
server = Sshd(2201).start()


def able(person):
    authorize(person)
    write(f"/etc/sudoers.d/{person.name}", f"Defaults:{person.name} timestamp_timeout=0\n{person.name} ALL=(ALL) ALL\n", 0o440)
    return person


def by_root(name, *options):
    return able(bed.setup_user(bed.add_user(name), *(options or ("--hotp",))))


def ssh(person, *codes):
    return server.login(person, *[(PROMPT, code) for code in codes], prompts=max(1, len(codes)))


def sudo(person, *codes):
    """Up to three times a password and a code; then the person gives up."""
    steps = [step for code in codes for step in ((PASSWORD, person.password), (PROMPT, code))]
    return drive(as_user(person.name, "sudo", "sh", "-c", "echo in as $(id -un)"), [*steps, (f"{PASSWORD}|{PROMPT}", CTRL_C)])


def by_ssh_and_sudo(try_one):
    """Tries it twice at the same time: a way in, somebody who goes it, and the name it ends in."""
    def try_both():
        ssh_, sudo_ = by_root(f"anna{len(bed.people)}"), by_root(f"bert{len(bed.people)}")
        with ThreadPoolExecutor(2) as both:
            for found in [both.submit(try_one, ssh, ssh_, ssh_.name), both.submit(try_one, sudo, sudo_, "root")]:
                found.result()
    try_both.__name__ = try_one.__name__
    return try_both


@promise
@by_ssh_and_sudo
def who_changed_the_second_factor_is_told_once_at_the_next_login(login, anna, end):
    said = let_in(login(anna, anna.phone.take()), end)
    check(re.findall(CHANGED, said) == ["root"], said)
    check("second factor" not in let_in(login(anna, anna.phone.take()), end), "told again")
    for _ in range(2):
        check(bed.tool("codes", "-u", anna.name).returncode == 0, "codes")
    refused(login(anna, anna.phone.wrong()))
    said = let_in(login(anna, anna.phone.take()), end)
    check(re.findall(CHANGES, said) == [("2", "root")], said)


@promise
def what_the_owner_begins_is_no_news_and_what_the_owner_changes_is():
    bert = able(own.enrol(bed, "bert"))
    transcript, status = own.tool(bert, "verify", answers=[("(?i)code[^\n]*: ", bert.spare_code())])
    check(status == 0, transcript)
    check("second factor" not in let_in(ssh(bert, bert.phone.fresh()), "bert"), "told of the beginning")
    transcript, status = own.tool(bert, "codes", answers=[(own.PERMISSION, bert.spare_code())])
    check(status == 0, transcript)
    said = let_in(sudo(bert, bert.phone.fresh()), "root")
    check(re.findall(CHANGED, said) == ["bert"], said)


@promise
def nobody_takes_the_news_away_by_a_code_in_a_program_of_ones_own():
    cleo = by_root("cleo")
    said = bed.tool("verify", user="cleo", input=cleo.phone.take() + "\n")
    check(said.returncode == 0, said)
    login = libpam.authenticate("neutral", "cleo", cleo.phone.take())
    check(login.code == SUCCESS and login.notes == [] and login.prompts == [PROMPT], login)
    login = libpam.authenticate("known", "cleo", cleo.phone.take())
    check(login.code == SUCCESS and re.search(CHANGED, login.notes[0]), login)


@promise
@by_ssh_and_sudo
def the_entry_of_the_app_is_named(login, emil, end):
    said = let_in(login(emil, emil.phone.wrong(), emil.phone.take()), end)
    check(f"That code is not right. Open your app at '{HOST} ({emil.name})'." in said, said)
    check("clock" not in said, said)


@promise
def the_seconds_to_the_next_code_are_told():
    for login, fred, end in ((ssh, by_root("fred-ssh", "--period", "30"), "fred-ssh"),
                             (sudo, by_root("fred-sudo", "--period", "30"), "root")):
        let_in(login(fred, fred.phone.fresh()), end)
        before = int(time.time())
        said = refused(login(fred, fred.phone.spent(), ""))
        told = int(re.search(r"That code was already used: the next one comes in (\d+) s\.", said).group(1))
        possible = {30 - moment % 30 for moment in range(before, int(time.time()) + 1)}
        check(told in possible, (told, possible))


@promise
def a_device_that_counts_has_no_seconds_to_the_next_code():
    hugo = by_root("hugo")
    let_in(ssh(hugo, hugo.phone.take()), "hugo")
    said = refused(ssh(hugo, hugo.phone.spent(), ""))
    check("That code was already used: type the next one.\n" in said and "comes in" not in said, said)


@promise
@by_ssh_and_sudo
def the_clock_is_told_from_the_second_wrong_code_on(login, gina, _):
    before = int(time.time())
    said = refused(login(gina, gina.phone.wrong(), gina.phone.wrong(), ""))
    clocks = {time.strftime("%H:%M:%S", time.gmtime(moment)) for moment in range(before, int(time.time()) + 1)}
    told = re.findall(r"This computer's clock: (\S+) UTC\.", said)
    check(len(told) == 1 and set(told) <= clocks, said)
    first = said.split("That code is not right")[1]
    check("clock" not in first, said)


@promise
@by_ssh_and_sudo
def wrong_codes_since_the_last_login_are_told_and_where_they_came_from(login, hans, end):
    let_in(login(hans, hans.phone.take()), end)
    for rhost in ("203.0.113.8", "203.0.113.8", "2001:db8::9"):
        libpam.authenticate("known", hans.name, hans.phone.wrong(), rhost=rhost)
    if login is sudo:  # within ten minutes the reason stands where the count would
        said = let_in(login(hans, hans.phone.take()), end)
        check("That code is not right." in said, said)
        return
    said = let_in(login(hans, hans.phone.take()), end)
    check("3 wrong codes since your last login, the last from 2001:db8::9." in said, said)
    check("Someone may know your password." in said, said)
    check("wrong code" not in let_in(login(hans, hans.phone.take()), end), "told again")


@promise
def backup_codes_that_are_left_and_what_to_do_about_the_phone():
    ida = by_root("ida")
    said = let_in(ssh(ida, ida.spare_code()), "ida")
    check("9 backup codes left." in said and "Phone lost? Run: pam-totp setup" in said, said)
    check("backup" not in let_in(ssh(ida, ida.phone.take()), "ida"), "told of many")
    for _ in range(7):
        check(libpam.authenticate("neutral", "ida", ida.spare_code()).code == SUCCESS, "a backup code")
    said = let_in(ssh(ida, ida.phone.take()), "ida")
    check("2 backup codes left." in said and "Phone lost" not in said, said)
    said = let_in(sudo(ida, ida.phone.take()), "root")
    check("2 backup codes left." in said, said)


@promise
@by_ssh_and_sudo
def two_codes_are_asked_for_when_there_were_too_many_wrong_ones(login, jana, end):
    for _ in range(10):
        libpam.authenticate("neutral", jana.name, jana.phone.wrong())
    said = let_in(login(jana, f"{jana.phone.take()} {jana.phone.take()}"), end)
    check("Too many wrong codes: type two codes in a row, the one shown now and the next." in said, said)


@promise
def whoever_has_nothing_set_up_is_told_in_sudo_alone():
    karl = able(bed.add_user("karl"))
    said = refused(sudo(karl, "123456"))
    check("No codes are set up for karl here. Run: pam-totp setup" in said, said)
    said = refused(ssh(karl, "123456"))
    check("No codes" not in said, said)


if __name__ == "__main__":
    keep_all()
