#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A set-up during the login: real sshd and login, their prompts read by a phone's camera and by eye."""
import datetime
import os
import re
import socket
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
import libpam  # noqa: E402
import screen  # noqa: E402
from bed import CONF, HOST, PROMPT, STORE, Bed, as_user, run, write  # noqa: E402
from phone import Phone  # noqa: E402
from ptydrive import Driven, drive  # noqa: E402
from results import let_in, refused  # noqa: E402
from sshd import Sshd, authorize  # noqa: E402

PASSWORD = r"(?i)password[^\n]*: "
PROOF = "Code from the app: "
UTF8 = {**os.environ, "LC_ALL": "C.UTF-8"}
PLAIN = {**os.environ, "LC_ALL": "C"}
HELPER = "/usr/lib/pam-totp/pam_totp_helper"
CODE = "auth required pam_totp.so"
AFTER_PASSWORD = ("auth requisite pam_unix.so", "auth required pam_totp.so after=password")

bed = Bed()
keyed = Sshd(2201)  # a key, then PAM
asked = Sshd(2202, "keyboard-interactive:pam")  # PAM alone: nobody is known


def day(away):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=away)).date().isoformat()


def rules(*lines):
    write(CONF, "\n".join(lines) + "\n")


def newcomer(name):
    person = bed.person(name, setup=False)
    authorize(person)
    return person


def is_set_up(person):
    return bed.status(person)["enrolled"]


def key_in(transcript):
    found = re.search(r"Key: ([A-Z2-7 ]+)\n", transcript)
    check(found, "no key as text:\n" + transcript)
    return found.group(1).replace(" ", "")


def scanned(person):
    """The answer of somebody who types the key into a phone, or scans it: the code that it shows."""
    def answer(seen):
        person.phone = Phone(key_in(seen))
        return person.phone.fresh()
    return answer


def ssh(person, *answers, server=keyed, env=None):
    return drive(server.argv(person, "echo in as $(id -un)"), answers, env or UTF8)


@promise
def whoever_has_nothing_set_up_is_led_through_it_by_sshd():
    rules("enroll")
    alice, mark = newcomer("alice"), bed.syslog.mark()
    seen = let_in(ssh(alice, (PROOF, scanned(alice))), "alice")
    uri = screen.scan(seen)
    check(uri.startswith(f"otpauth://totp/{HOST}:alice?secret={alice.phone.secret}&"), "the picture is of another key")
    check(uri in seen.replace("\n", ""), "the line to copy is another one")
    check(len(max(screen.qr_lines(seen), key=len)) <= 80 and len(screen.qr_lines(seen)) <= 23, "too large for 80x24")
    bed.syslog.find(r"user=alice rhost=127.0.0.1 verdict=enrolled service=sshd rule=pam_totp.conf:1", mark)
    status = bed.status(alice)
    check(status["enrolled"] and status["backup_codes_left"] == 0, status)
    refused(ssh(alice, (PROMPT, alice.phone.spent)))
    let_in(ssh(alice, (PROMPT, alice.phone.fresh)), "alice")
    check(not [name for name in os.listdir(STORE) if "pending" in name], os.listdir(STORE))
    bed.nothing_secret_in("\n".join(bed.syslog.lines))


@promise
def a_client_without_utf8_shows_the_key_as_text():
    rules("enroll")
    carl = newcomer("carl")
    seen = let_in(ssh(carl, (PROOF, scanned(carl)), env=PLAIN), "carl")
    check("Set up your second factor now." in seen and "otpauth://totp/" in seen, seen)
    rules("qr = ascii", "enroll")
    dora = newcomer("dora")
    seen = let_in(ssh(dora, (PROOF, scanned(dora)), env=PLAIN), "dora")
    check("##########" in seen and "\\342" not in seen, "no picture in ASCII:\n" + seen)
    rules("qr = none", "enroll")
    emil = newcomer("emil")
    seen = let_in(ssh(emil, (PROOF, scanned(emil))), "emil")
    check("Type the key into" in seen and not screen.qr_lines(seen), seen)


@promise
def login_at_a_terminal_shows_it_behind_the_password():
    rules("enroll")
    bed.pam("login", *AFTER_PASSWORD)
    ben = newcomer("ben")
    shell = Driven(["login", "-p"], {**UTF8, "TERM": "linux"})
    for question, answer in (("login: ", "ben"), (PASSWORD, ben.password), (PROOF, scanned(ben))):
        check(shell.expect(question), shell.seen)
        shell.answer(answer)
    check(shell.expect(r"in:\$ "), shell.seen)
    shell.answer("exit")
    shell.wait()
    check(ben.phone.secret in screen.scan(shell.seen), "the picture is of another key")
    check(is_set_up(ben) and "For backup codes run: pam-totp codes" in shell.seen, shell.seen)


@promise
def a_connection_that_breaks_costs_nothing_and_counts_for_nothing():
    rules("enroll")
    fay, keys, mark = newcomer("fay"), [], bed.syslog.mark()
    for _ in range(2):
        broken = Driven(keyed.argv(fay, "true"), UTF8)
        check(broken.expect(PROOF), broken.seen)
        keys.append(key_in(broken.seen))
        broken.end()
    check(keys[0] == keys[1], "another key")
    check(not is_set_up(fay), "an unproved key is in force")
    for _ in range(2):
        bed.syslog.find("user=fay rhost=127.0.0.1 verdict=set_up_shown", mark)
    elsewhere = Driven(["ssh", "-b", "127.0.0.2", *keyed.argv(fay, "true")[1:]], UTF8)
    check(elsewhere.expect(PROOF), elsewhere.seen)
    elsewhere.end()
    check(key_in(elsewhere.seen) != keys[0], "a key that somebody else may have seen")
    keys.append(key_in(let_in(ssh(fay, (PROOF, scanned(fay))), "fay")))
    check(keys[2] not in (keys[0], key_in(elsewhere.seen)), "the same")
    check(is_set_up(fay), "not set up")


@promise
def of_two_at_once_the_one_that_is_proved_first_stays():
    rules("enroll")
    gil = newcomer("gil")
    both = [Driven(keyed.argv(gil, "echo in"), UTF8) for _ in range(2)]
    for one in both:
        check(one.expect(PROOF), one.seen)
    check(key_in(both[0].seen) == key_in(both[1].seen), "two keys")
    phone = Phone(key_in(both[0].seen))
    for one in both:
        one.answer(phone.fresh() if one is both[0] else phone.spent())
        one.wait()
    check(both[0].status == 0 and both[1].status != 0, [one.seen for one in both])
    check("cannot be checked now" not in both[1].seen, both[1].seen)
    check(is_set_up(gil), "not set up")


@promise
def a_wrong_proof_sets_nothing_up_and_says_why():
    rules("enroll")
    hal = newcomer("hal")
    mark, phone = bed.syslog.mark(), Phone("A" * 32)
    seen = refused(ssh(hal, *[(PROOF, phone.wrong)] * 3))
    check(seen.count("That code is not right: type the one that the app shows now.") == 2, seen)
    bed.syslog.find("user=hal .*verdict=not_enrolled", mark)
    check(not is_set_up(hal), "set up")
    late = lambda text: Phone(key_in(text)).at(Phone("A" * 32).step() - 20)  # noqa: E731
    seen = let_in(ssh(hal, (PROOF, late), (PROOF, scanned(hal))), "hal")
    check("Your phone's clock is 600 s off." in seen and "This computer's clock: " in seen, seen)


@promise
def an_empty_answer_puts_it_off_for_as_long_as_the_rule_says():
    ida, mark = newcomer("ida"), bed.syslog.mark()
    rules(f"enroll defer={day(0)}")
    seen = let_in(ssh(ida, (PROOF, "")), "ida")
    check(f"Not now? Press Enter; until {day(0)} you may." in seen, seen)
    bed.syslog.find("user=ida .*verdict=put_off service=sshd rule=pam_totp.conf:1", mark)
    rules(f"enroll defer={day(-1)}")
    seen = refused(ssh(ida, *[(PROOF, "")] * 3))
    check("Not now?" not in seen and not is_set_up(ida), seen)
    rules("enroll")
    refused(ssh(ida, *[(PROOF, "")] * 3))


@promise
def a_client_that_answers_with_the_password_puts_it_off_too():
    rules(f"enroll defer={day(1)}")
    write("/etc/pam.d/answers", "\n".join(AFTER_PASSWORD) + "\n")
    jan = newcomer("jan")
    write(CONF, f"enroll defer={day(1)} service=answers\n")
    login = libpam.authenticate("answers", "jan", jan.password, jan.password)
    check(login.code == libpam.SUCCESS and "Key: " in login.prompts[-1] and not is_set_up(jan), login)
    write(CONF, "enroll service=answers\n")
    login = libpam.authenticate("answers", "jan", jan.password, *[jan.password] * 3)
    check(login.code != libpam.SUCCESS and not is_set_up(jan), login)


@promise
def nobody_sees_a_key_who_is_not_known():
    kit, transcripts = newcomer("kit"), []
    for rule in (f"enroll defer={day(9)}", "require"):
        rules(rule)
        transcripts.append(refused(ssh(kit, (PROMPT, ""), server=asked)))
    check(transcripts[0] == transcripts[1] and "Key:" not in transcripts[0], transcripts)
    check(not any("kit" in name for name in os.listdir(STORE)), "something was made")


@promise
def su_never_shows_the_targets_key_and_sudo_where_a_rule_names_it():
    write("/etc/sudoers.d/bed", "ALL ALL=(ALL) ALL\n", 0o440)
    for service in ("su", "sudo"):
        bed.pam(service, *AFTER_PASSWORD)
    lea, max_ = newcomer("lea"), newcomer("max")
    sudo = as_user("max", "sudo", "sh", "-c", "echo in as $(id -un)")
    for rule, in_meanwhile in (("enroll service=su,sudo-i", False), (f"enroll service!=cron defer={day(1)}", True)):
        rules(rule)
        for argv, password, who in ((as_user("max", "su", "-c", "echo in as $(id -un)", "--", "lea"), lea.password, "lea"),
                                    (sudo, max_.password, "root")):
            result = drive(argv, [(PASSWORD, password), (PROMPT, b"\x03")])
            (let_in(result, who) if in_meanwhile else refused(result))
            check("Key:" not in result[0], result[0])
    rules("enroll service=sudo")
    let_in(drive(sudo, [(PASSWORD, max_.password), (PROOF, scanned(max_))]), "root")
    check(is_set_up(max_) and not is_set_up(lea), "sudo sets up, su does not")
    write("/etc/sudoers.d/bed", "Defaults targetpw\nALL ALL=(ALL) ALL\n", 0o440)
    seen = refused(drive(as_user("max", "sudo", "-u", "lea", "sh", "-c", "echo in as $(id -un)"),
                         [(PASSWORD, lea.password), (PROMPT, b"\x03")]))
    check("Key:" not in seen, seen)


@promise
def the_persons_programs_can_neither_plant_nor_fetch_a_key():
    rules("enroll")
    ned = newcomer("ned")
    broken = Driven(keyed.argv(ned, "true"), UTF8)
    check(broken.expect(PROOF), broken.seen)
    broken.end()
    path = f"{STORE}/ned.pending"
    found = os.stat(path)
    check((found.st_uid, found.st_mode & 0o7777) == (0, 0o600), "a helper that is taken over could read it")
    ours, theirs = socket.socketpair()
    with subprocess.Popen(as_user("ned", HELPER), stdin=theirs, stdout=theirs) as helper:
        theirs.close()
        ours.sendall(b"enroll user=- rhost=- replaces=0000000000000000\n")
        said = ours.recv(4096)
        check(b"done error=only_root" in said and helper.wait() == 0, said)
        ours.close()
    run("chown", "ned", path)  # as one that is taken over could have written
    again = Driven(keyed.argv(ned, "true"), UTF8)
    check(again.expect(PROOF), again.seen)
    again.end()
    check(key_in(again.seen) != key_in(broken.seen), "a planted key was shown")


@promise
def explain_tells_what_a_newcomer_comes_to():
    opal = newcomer("opal")
    for rule, service, comes_to, words in (
            ("enroll", "sshd", "with_set_up", "does that during the login"),
            ("enroll", "cron", "never", "is refused"),
            (f"enroll defer={day(3)}", "cron", "without_code", f"put off until: {day(3)}"),
            (f"enroll defer={day(3)}", "login", "with_set_up", f"put off until: {day(3)}")):
        rules(rule)
        facts = bed.tool("explain", "-u", "opal", "--service", service, "--json").stdout
        check(f'"gets_in":"{comes_to}"' in facts, (rule, service, facts))
        check(words in bed.tool("explain", "-u", "opal", "--service", service).stdout, (rule, service))


bed.pam("sshd", CODE)
keyed.start()
asked.start()
try:
    keep_all()
finally:
    keyed.stop()
    asked.stop()
