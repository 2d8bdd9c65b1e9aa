#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Not asked again for a while: `remember=` on a rule, with real sshd and sudo, and what status and forget make of it."""
import json
import os
import shutil
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
import libpam  # noqa: E402
from bed import CONF, PROMPT, STORE, Bed, as_user, run, write  # noqa: E402
from libpam import AUTH_ERR, AUTHINFO_UNAVAIL, SUCCESS  # noqa: E402
from ptydrive import Driven  # noqa: E402
from results import let_in, refused  # noqa: E402
from sshd import Sshd, authorize  # noqa: E402

PASSWORD = r"(?i)password[^\n]*: "
CTRL_C = b"\x03"
READY = r"in:\$ "
KNOWN, OTHER, UNKNOWN = "known", "other", "unknown"  # services; of the last one the module knows no first factor
HERE, THERE = "203.0.113.9", "203.0.113.10"
REMEMBER = "require remember=8h\n"

bed = Bed()
for service in (KNOWN, OTHER):
    write(f"/etc/pam.d/{service}", "auth requisite pam_unix.so\nauth required pam_totp.so after=password\n")
write(f"/etc/pam.d/{UNKNOWN}", "auth required pam_totp.so\n")
bed.pam("sshd", "auth required pam_totp.so")
for service in ("sudo", "su"):
    bed.pam(service, "@include common-auth", "auth required pam_totp.so after=password")
write("/usr/local/bin/say-who", "#!/bin/sh\necho in as $(id -un)\n", 0o755)
keyed = Sshd(2211).start()


def someone(name):
    """With a counting token, so that no login waits for the next code."""
    person = bed.setup_user(bed.add_user(name), "--hotp")
    authorize(person)
    write(f"/etc/sudoers.d/{name}", f"Defaults:{name} timestamp_timeout=0\n{name} ALL=(ALL) ALL\n", 0o440)
    return person


def rules(text):
    write(CONF, text)


def is_asked(person, rhost=HERE, service=KNOWN, code=None):
    """One login that succeeds; whether it took a code."""
    answers = [] if service == UNKNOWN else [person.password]
    login = libpam.authenticate(service, person.name, *answers, code or person.phone.next(), rhost=rhost)
    asked = any(PROMPT in prompt for prompt in login.prompts)
    if asked and code is None:
        person.phone.take()
    check(login.code == SUCCESS, login)
    return asked


def remember(person, *places):
    for rhost in places or (HERE,):
        check(is_asked(person, rhost), f"{rhost}: was not asked the first time")
        check(not is_asked(person, rhost), f"{rhost}: was asked the second time")


def entries(person):
    return os.path.getsize(f"{STORE}/{person.name}") // 256


@promise
def ssh_from_the_same_address_is_not_asked_again():
    rules(REMEMBER)
    anna, mark = someone("anna"), bed.syslog.mark()
    let_in(keyed.login(anna, (PROMPT, anna.phone.take())), "anna")
    bed.syslog.find(r"user=anna rhost=127.0.0.1 verdict=accepted service=sshd .*rule=pam_totp.conf:1", mark)
    before = entries(anna)
    check(PROMPT not in let_in(keyed.login(anna), "anna"), "was asked")
    bed.syslog.find(r"user=anna rhost=127.0.0.1 verdict=remembered service=sshd rule=pam_totp.conf:1", mark)
    check(entries(anna) == before, "something was appended")
    elsewhere = ["BindAddress=127.0.0.2"]
    check(PROMPT in refused(keyed.login(anna, (PROMPT, anna.phone.wrong()), more=elsewhere)), "from elsewhere")
    check(PROMPT not in let_in(keyed.login(anna), "anna"), "somebody else's wrong code made it ask")
    refused(keyed.login(anna, key=False))


def command(shell, line, *answers):
    """A command at a shell that goes on; what came of it, as results has it."""
    begin = len(shell.seen)
    shell.answer(f"{line}; echo status $?")
    for regex, answer in [*answers, (rf"{PASSWORD}|{PROMPT}|status \d", CTRL_C)]:
        check(shell.expect(regex), shell.seen)
        if "status " in shell.seen[shell.read_up_to - 10:shell.read_up_to]:
            break
        shell.answer(answer)
    check(shell.expect(READY), shell.seen)
    said = shell.seen[begin:]
    return said, 0 if "\nstatus 0" in said else 1


def sudo(shell, *answers):
    return command(shell, "sudo -k say-who", *answers)


def shell_of(person):
    shell = Driven(as_user(person.name, "env", "PS1=in:\\$ ", "sh"))
    check(shell.expect(READY), shell.seen)
    return shell


@promise
def sudo_in_the_same_session_of_a_terminal_is_not_asked_again():
    rules(REMEMBER)
    bert, mark = someone("bert"), bed.syslog.mark()
    shell = shell_of(bert)
    let_in(sudo(shell, (PASSWORD, bert.password), (PROMPT, bert.phone.take())), "root")
    check(PROMPT not in let_in(sudo(shell, (PASSWORD, bert.password)), "root"), "was asked")
    bed.syslog.find(r"user=bert verdict=remembered service=sudo rule=pam_totp.conf:1", mark)
    beside = shell_of(bert)
    check(PROMPT in refused(sudo(beside, (PASSWORD, bert.password))), "on another terminal")
    for one in (shell, beside):
        one.end()


@promise
def su_in_another_session_of_the_same_terminal_is_asked():
    rules(REMEMBER)
    ruth, sven = bed.add_user("ruth"), someone("sven")
    shell = shell_of(ruth)
    su = "su sven -c say-who"
    let_in(command(shell, su, (PASSWORD, sven.password), (PROMPT, sven.phone.take())), "sven")
    check(PROMPT not in let_in(command(shell, su, (PASSWORD, sven.password)), "sven"), "was asked")
    # Sessions that have not got this terminal, though it is open there; where nobody is remembered either.
    for session, remembered in ((f"setsid -w {su}", 1), (f"setsid -w sh -c '{su}; true'", 1)):
        said = let_in(command(shell, session, (PASSWORD, sven.password), (PROMPT, sven.phone.take())), "sven")
        check(PROMPT in said and len(bed.status(sven)["remembered"]) == remembered, said)
    shell.end()


@promise
def su_of_another_person_in_the_same_session_is_asked():
    rules(REMEMBER)
    tom, una, vera = bed.add_user("tom"), bed.add_user("una"), someone("vera")
    shell = Driven(["env", "PS1=in:\\$ ", "sh"])
    check(shell.expect(READY), shell.seen)
    for caller, asked in ((tom, True), (tom, False), (una, True)):
        steps = [(PASSWORD, vera.password), *([(PROMPT, vera.phone.take())] if asked else [])]
        said = let_in(command(shell, " ".join(as_user(caller.name, "su", "vera", "-c", "say-who")), *steps), "vera")
        check((PROMPT in said) == asked, said)
    shell.end()


@promise
def only_the_same_service_address_and_person_is_not_asked_again():
    rules(REMEMBER)
    cora, dora = someone("cora"), someone("dora")
    remember(cora)
    check(not is_asked(cora, "::ffff:" + HERE), "the same address, spelt in another way")
    check(is_asked(dora), "another person")
    check(is_asked(cora, THERE), "another address")
    check(is_asked(cora, service=OTHER), "another service")


@promise
def nobody_is_remembered_without_a_numeric_address_or_a_terminal():
    rules(REMEMBER)
    emil = someone("emil")
    for rhost in ("host.example.org", "UNKNOWN", "fe80::1%eth0", "::", "", None):
        check(is_asked(emil, rhost) and is_asked(emil, rhost), f"{rhost}: was not asked")
    # In a session that goes on, but of no terminal that the service would know of.
    said = run("setsid", "-w", "sh", "-c", f"{sys.executable} -B {libpam.__file__} {KNOWN} emil; true",
               input=f"{emil.password}\n{emil.phone.take()}\n").stdout
    check(json.loads(said)[0] == SUCCESS, said)
    check(bed.status(emil)["remembered"] == [], bed.status(emil))


@promise
def nobody_is_remembered_where_no_first_factor_is_known():
    rules(REMEMBER)
    fritz = someone("fritz")
    check(is_asked(fritz, service=UNKNOWN) and is_asked(fritz, service=UNKNOWN), "was not asked")
    check(bed.status(fritz)["remembered"] == [], bed.status(fritz))


@promise
def only_an_accepted_answer_is_remembered():
    rules(REMEMBER)
    gerd = someone("gerd")
    remember(gerd)
    for code in (gerd.phone.spent(), gerd.phone.wrong(), ""):
        login = libpam.authenticate(KNOWN, gerd.name, gerd.password, code, rhost=THERE)
        check(login.code == AUTH_ERR, login)
        check(len(bed.status(gerd)["remembered"]) == 1, bed.status(gerd))
    check(is_asked(gerd, THERE, code=gerd.spare_code()), "a refused code was remembered")
    check(not is_asked(gerd, THERE), "a backup code was not")


@promise
def who_is_not_asked_is_told_of_wrong_codes_all_the_same():
    rules(REMEMBER)
    hans = someone("hans")
    remember(hans)
    check(libpam.authenticate(KNOWN, hans.name, hans.password, hans.phone.wrong(), rhost=THERE).code == AUTH_ERR, "let in")
    login = libpam.authenticate(KNOWN, hans.name, hans.password, rhost=HERE)
    check(login.code == SUCCESS and any(f"1 wrong code since your last login, from {THERE}" in note for note in login.notes),
          login)


@promise
def the_rule_that_decides_now_says_whether_and_how_long():
    ida = someone("ida")
    rules(REMEMBER)
    remember(ida)
    rules("require\n")
    check(is_asked(ida), "by a rule without remember")
    rules("")
    check(is_asked(ida), "by no rule")
    rules("require remember=7h\n")
    check(is_asked(ida) and not is_asked(ida), "by a rule that remembers shorter than it is still to last")
    rules("require user=nobody remember=8h\nif-enrolled remember=30d\n")
    check(not is_asked(ida), "by a rule that remembers longer")


@promise
def a_mistake_in_remember_lets_nobody_in():
    jens = someone("jens")
    for text in ("require remember=8\n", "require remember!=8h\n", "require remember=31d\n", "skip remember=8h\n"):
        rules(text)
        check(libpam.authenticate(KNOWN, jens.name, jens.password, rhost=HERE).code == AUTHINFO_UNAVAIL, text)


@promise
def whatever_is_wrong_with_the_record_refuses_also_who_is_remembered():
    rules(REMEMBER)
    karl = someone("karl")
    remember(karl)
    credential = next(name for name in os.listdir(STORE) if name.startswith("karl."))
    os.rename(f"{STORE}/{credential}", "/root/kept")
    check(libpam.authenticate(KNOWN, karl.name, karl.password, rhost=HERE).code == AUTHINFO_UNAVAIL, "no credential")
    shutil.move("/root/kept", f"{STORE}/{credential}")
    check(not is_asked(karl), "was asked")


@promise
def every_change_of_the_codes_and_forget_ask_again():
    rules(REMEMBER)
    lars = someone("lars")
    for change in (("codes",), ("add", "tablet", "--no-confirm"), ("remove", "tablet"), ("forget",)):
        remember(lars)
        said = bed.tool(*change, "-u", "lars", "--json")
        check(said.returncode == 0, said)
        check(is_asked(lars) and bed.tool("forget", "-u", "lars").returncode == 0, f"{change}: was not asked")


@promise
def people_forget_their_own_without_a_code_and_nobody_elses():
    rules("self-setup = no\n" + REMEMBER)
    mona, nils = someone("mona"), someone("nils")
    remember(mona, HERE, THERE)
    said = bed.tool("forget", "-u", "mona", user="nils")
    check(said.returncode == 1 and not is_asked(mona), said)
    said, before = bed.tool("forget", user="mona"), entries(mona)
    check(said.returncode == 0 and "mona is asked for a code everywhere again" in said.stdout, said)
    said = bed.tool("forget", user="mona")
    check(said.returncode == 0 and "Nothing was remembered" in said.stdout and entries(mona) == before, said)
    check(json.loads(bed.tool("forget", "--json", user="mona").stdout) == {"user": "mona", "forgotten": False}, "JSON")
    check(is_asked(mona) and is_asked(mona, THERE), "was not asked")
    check(json.loads(bed.tool("forget", "--json", user="mona").stdout) == {"user": "mona", "forgotten": True}, "JSON")
    check(bed.tool("forget", user="nils").returncode == 0, "nils")


@promise
def status_and_explain_say_it():
    rules(REMEMBER)
    olaf = someone("olaf")
    check(bed.status(olaf)["remembered"] == [] and "Not asked" not in bed.tool("status", user="olaf").stdout, "none")
    remember(olaf)
    check("Not asked      at 1 place until " in bed.tool("status", user="olaf").stdout, "one")
    remember(olaf, THERE)
    found = bed.status(olaf)["remembered"]
    check(len(found) == 2 and all(until[-1] == "Z" and until > bed.status(olaf)["last_login"] for until in found), found)
    check("Not asked      at 2 places, the last until " in bed.tool("status", user="olaf").stdout, "two")
    said = json.loads(bed.tool("explain", "-u", "olaf", "--json").stdout)
    check(said["rule"]["remember"] == 28800, said)
    said = bed.tool("explain", user="olaf")
    check("Not asked again: for 8 h, at the same address or in the same terminal session." in said.stdout, said)


@promise
def two_places_are_remembered_and_the_one_that_ends_first_gives_way():
    rules(REMEMBER)
    paul = someone("paul")
    remember(paul, HERE)
    rules("require from=203.0.113.10 remember=9h\nrequire remember=8h\n")
    remember(paul, THERE)
    remember(paul, "203.0.113.11")
    check(not is_asked(paul, THERE), "the one that lasts longer was forgotten")
    check(is_asked(paul, HERE), "three places are remembered")


@promise
def no_code_key_or_password_is_in_the_log():
    bed.nothing_secret_in("\n".join(bed.syslog.lines))


if __name__ == "__main__":
    keep_all()
