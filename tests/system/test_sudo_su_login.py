#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real sudo, su and login: a password, then a code."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
from bed import PROMPT, Bed, as_user, write  # noqa: E402
from ptydrive import Driven, drive  # noqa: E402
from results import let_in, refused  # noqa: E402

CTRL_C, CTRL_D = b"\x03", b"\x04"
PASSWORD = r"(?i)password[^\n]*: "

bed = Bed()
for service in ("sudo", "su", "login"):
    bed.pam(service, "@include common-auth", "auth required pam_totp.so after=password")


def sudoer(name):
    someone = bed.person(name)
    write(f"/etc/sudoers.d/{name}", f"Defaults:{name} timestamp_timeout=0\n{name} ALL=(ALL) ALL\n", 0o440)
    return someone


def sudo(person, *answers):
    """sudo asks up to three times: whoever has no more answers gives up by Ctrl-C."""
    steps = [*answers, (f"{PASSWORD}|{PROMPT}", CTRL_C)]
    return drive(as_user(person.name, "sudo", "sh", "-c", "echo in as $(id -un)"), steps)


def su(caller, target, *answers):
    return drive(as_user(caller.name, "su", target.name, "-c", "echo in as $(id -un)"), answers)


def login(person, *answers):
    """login(1) on a terminal; it asks for a name again after a refusal, so what follows is for the caller."""
    session = Driven(["login"])
    for regex, answer in [("login: ", person.name), *answers]:
        if not session.expect(regex):
            break
        session.answer(answer)
    return session


@promise
def sudo_takes_a_password_and_a_code_and_the_log_says_so():
    alice, mark = sudoer("alice"), bed.syslog.mark()
    let_in(sudo(alice, (PASSWORD, alice.password), (PROMPT, alice.phone.fresh)), "root")
    bed.syslog.find(r"user=alice .*verdict=accepted service=sudo", mark)


@promise
def sudo_refuses_a_used_code():
    bob = sudoer("bob")
    let_in(sudo(bob, (PASSWORD, bob.password), (PROMPT, bob.phone.fresh)), "root")
    refused(sudo(bob, (PASSWORD, bob.password), (PROMPT, bob.phone.spent)))


@promise
def sudo_refuses_a_wrong_code_and_says_why_at_the_next_prompt():
    carol = sudoer("carol")
    wrong = [(PASSWORD, carol.password), (PROMPT, carol.phone.wrong)]
    refused(sudo(carol, *wrong * 3))
    transcript = let_in(sudo(carol, *wrong, (PASSWORD, carol.password), (PROMPT, carol.phone.fresh)), "root")
    check("That code is not right" in transcript, transcript)


@promise
def sudo_with_a_wrong_password_is_not_asked_for_a_code():
    dave = sudoer("dave")
    transcript = refused(sudo(dave, (PASSWORD, "not it"), (f"{PASSWORD}|{PROMPT}", dave.phone.fresh)))
    check("Verification" not in transcript, transcript)


@promise
def sudo_refuses_an_aborted_question():
    erin = sudoer("erin")
    refused(sudo(erin, (PASSWORD, CTRL_C)))
    refused(sudo(erin, (PASSWORD, erin.password), (PROMPT, CTRL_C)))
    # An end of file is an empty answer: it is asked again, and given up.
    refused(sudo(erin, (PASSWORD, erin.password), (PROMPT, CTRL_D)))
    let_in(sudo(erin, (PASSWORD, erin.password), (PROMPT, erin.phone.fresh)), "root")


@promise
def sudo_without_a_terminal_to_ask_on_refuses():
    frank = sudoer("frank")
    refused(drive(as_user("frank", "setsid", "-w", "sudo", "-n", "sh", "-c", "echo in as root")))
    check(bed.status(frank)["guesses_left"] == 10, bed.status(frank))


@promise
def sudo_tells_whoever_has_nothing_set_up_how_to_begin_and_refuses():
    gina = bed.add_user("gina")
    write("/etc/sudoers.d/gina", "gina ALL=(ALL) ALL\n", 0o440)
    transcript = refused(sudo(gina, (PASSWORD, gina.password), (PROMPT, "123456")))
    check("pam-totp setup" in transcript, transcript)


@promise
def su_takes_the_code_of_whom_it_becomes():
    heidi, ivan = bed.person("heidi"), bed.person("ivan")
    let_in(su(heidi, ivan, (PASSWORD, ivan.password), (PROMPT, ivan.phone.fresh)), "ivan")
    refused(su(heidi, ivan, (PASSWORD, ivan.password), (PROMPT, heidi.phone.fresh)))


@promise
def su_refuses_a_wrong_code_and_an_aborted_question():
    judy, ken = bed.person("judy"), bed.person("ken")
    refused(su(judy, ken, (PASSWORD, ken.password), (PROMPT, ken.phone.wrong)))
    refused(su(judy, ken, (PASSWORD, ken.password), (PROMPT, CTRL_C)))
    refused(su(judy, ken, (PASSWORD, ken.password), (PROMPT, CTRL_D)))
    let_in(su(judy, ken, (PASSWORD, ken.password), (PROMPT, ken.backup_codes[0])), "ken")
    refused(su(judy, ken, (PASSWORD, ken.password), (PROMPT, ken.backup_codes[0])))


@promise
def su_of_a_stopped_stranger_keeps_nobody_out():
    laura, mike = bed.person("laura"), bed.person("mike")
    stuck = Driven(as_user("laura", "su", "mike", "-c", "true"))
    check(stuck.expect(PASSWORD), stuck.seen)
    stuck.answer(mike.password)
    check(stuck.expect(PROMPT), stuck.seen)
    os.killpg(stuck.pid, 19)  # SIGSTOP: with its question open
    let_in(su(laura, mike, (PASSWORD, mike.password), (PROMPT, mike.phone.fresh)), "mike")
    stuck.end()


@promise
def su_by_root_asks_nothing():
    nina = bed.person("nina")
    let_in(drive(["su", nina.name, "-c", "echo in as $(id -un)"]), "nina")


@promise
def login_takes_a_password_and_a_code():
    olga = bed.person("olga")
    session = login(olga, (PASSWORD, olga.password), (PROMPT, olga.phone.fresh),
                    (r"in:\$ ", "echo in as $(id -un)"), (r"in:\$ ", "exit"))
    check(session.wait() == 0 and "in as olga" in session.seen, session.seen)


@promise
def login_refuses_a_wrong_code():
    peter, mark = bed.person("peter"), bed.syslog.mark()
    session = login(peter, (PASSWORD, peter.password), (PROMPT, peter.phone.wrong))
    check(session.expect(r"(?i)login incorrect"), session.seen)
    session.end()
    bed.syslog.find(r"user=peter .*verdict=wrong service=login", mark)


@promise
def login_refuses_an_aborted_question():
    quinn = bed.person("quinn")
    session = login(quinn, (PASSWORD, quinn.password), (PROMPT, CTRL_C))
    got_in = session.expect(r"in:\$ |login: ") and "in:$" in session.seen
    session.end()
    check(not got_in, session.seen)


@promise
def no_code_key_or_password_is_in_the_log():
    bed.nothing_secret_in("\n".join(bed.syslog.lines))


keep_all()
