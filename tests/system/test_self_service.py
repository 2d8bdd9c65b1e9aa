#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""People without root, through the installed set-group-id helper: their own record, and not another's."""
import os
import signal
import stat
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
import own  # noqa: E402
import screen  # noqa: E402
from bed import CONF, KEY, PROMPT, STORE, Bed, as_user, run, write  # noqa: E402
from own import NOT_SET_UP, PERMISSION, PROOF, REFUSED, begin, proof_from_the_screen, tool  # noqa: E402
from phone import Phone  # noqa: E402
from sshd import Sshd, authorize  # noqa: E402

HELPER = "/usr/lib/pam-totp/pam_totp_helper"

bed = Bed()
bed.pam("sshd", "auth required pam_totp.so")
server = Sshd(2201).start()


def enrol(name):
    return own.enrol(bed, name)


def record(person):
    """Every file of the person's, byte for byte."""
    files = {}
    for name in sorted(os.listdir(STORE)):
        if name == person.name or name.startswith(person.name + "."):
            with open(f"{STORE}/{name}", "rb") as file:
                files[name] = file.read()
    return files


def credentials(person):
    return {name: text for name, text in record(person).items() if name != person.name}


def still_verifies(person):
    transcript, status = tool(person, "verify", answers=[("(?i)code[^\n]*: ", person.phone.fresh)])
    check(status == 0, transcript)


def refuses(person, *argv):
    """The program, run by the person, gets nothing."""
    done = run(*as_user(person.name, *argv), check=False)
    check(done.returncode != 0, f"{argv}: {done.stdout}{done.stderr}")
    return done.stderr


@promise
def alice_sets_herself_up_and_the_code_on_the_screen_scans():
    alice = enrol("alice")
    check(len(alice.backup_codes) == 10 and len(set(alice.backup_codes)) == 10, alice.screen)
    uri = screen.scan(alice.screen)
    check(uri.startswith("otpauth://totp/") and f"secret={alice.phone.secret}" in uri and "alice" in uri, uri)
    check("=" not in alice.phone.secret and len(alice.phone.secret) == 32, alice.phone.secret)
    for name in (name for name in os.listdir(STORE) if name.startswith("alice")):
        found = os.stat(f"{STORE}/{name}")
        check(stat.S_IMODE(found.st_mode) == 0o600 and found.st_uid == int(run("id", "-u", "alice").stdout), name)


@promise
def once_proved_the_proof_cannot_log_in():
    bert = enrol("bert")
    authorize(bert)
    transcript, status = server.login(bert, (PROMPT, bert.phone.spent))
    check(status == 255 and "in as" not in transcript, transcript)
    transcript, status = server.login(bert, (PROMPT, bert.phone.fresh))
    check(status == 0 and "in as bert" in transcript, transcript)


@promise
def status_needs_no_code_and_verify_uses_one_up():
    carol = enrol("carol")
    transcript, status = tool(carol, "status")
    check(status == 0 and "10 of 10 left" in transcript, transcript)
    still_verifies(carol)
    transcript, status = tool(carol, "verify", answers=[("(?i)code[^\n]*: ", carol.phone.spent)])
    check(status == REFUSED, transcript)


@promise
def new_backup_codes_need_a_code_and_end_the_old_ones():
    dave = enrol("dave")
    before = credentials(dave)
    transcript, status = tool(dave, "codes", answers=[(PERMISSION, dave.phone.wrong)] * 5)
    check(status == REFUSED and credentials(dave) == before, transcript)
    transcript, status = tool(dave, "codes", answers=[(PERMISSION, dave.phone.fresh)])
    new = screen.backup_codes_on(transcript)
    check(status == 0 and len(new) == 10 and not set(new) & set(dave.backup_codes), transcript)
    transcript, status = tool(dave, "verify", answers=[("(?i)code[^\n]*: ", dave.backup_codes[0])])
    check(status == REFUSED, transcript)
    transcript, status = tool(dave, "verify", answers=[("(?i)code[^\n]*: ", new[0])])
    check(status == 0, transcript)


@promise
def removing_needs_a_code():
    erin = enrol("erin")
    before = credentials(erin)
    transcript, status = tool(erin, "remove", "--all", answers=[(PERMISSION, erin.phone.wrong)] * 5)
    check(status == REFUSED and credentials(erin) == before, transcript)
    transcript, status = tool(erin, "remove", "--all", answers=[(PERMISSION, erin.phone.fresh)])
    check(status == 0 and not credentials(erin), transcript)
    check(tool(erin, "status")[1] == NOT_SET_UP, "status")


@promise
def bob_can_neither_read_nor_change_what_is_alices():
    fay, bob = enrol("fay"), enrol("bob")
    before = record(fay)
    for path in (f"{STORE}/fay", *(f"{STORE}/{name}" for name in before), KEY, f"{STORE}/.store"):
        check("denied" in refuses(bob, "cat", path), path)
        refuses(bob, "sh", "-c", 'echo x >> "$1"', "sh", path)
        refuses(bob, "rm", "-f", path)
    for argv in (("ls", STORE), ("touch", f"{STORE}/planted"), ("mv", STORE, "/tmp/mine")):
        check("denied" in refuses(bob, *argv) or argv[0] == "mv", argv)
    check(record(fay) == before, "fay's record is another one")


@promise
def alices_own_programs_cannot_read_her_second_factor():
    gail = enrol("gail")
    for path in (f"{STORE}/gail", *(f"{STORE}/{name}" for name in record(gail)), KEY):
        check("denied" in refuses(gail, "cat", path), path)


@promise
def bob_is_refused_every_command_on_another_account():
    hugo, ida = enrol("hugo"), enrol("ida")
    before = record(hugo)
    for words in (["status"], ["verify"], ["codes"], ["setup"], ["remove", "--all"], ["setup", "--no-confirm"],
                  ["add", "spy"], ["add", "spy", "--no-confirm"], ["remove", "phone"], ["resync"], ["unlock"], ["export"],
                  ["list"]):
        transcript, status = tool(ida, *words, "-u", "hugo", answers=[(PERMISSION, ida.phone.fresh)])
        check(status != 0 and "type the key" not in transcript, transcript)
    for words in (["init"], ["setup", "--no-confirm"], ["list"], ["unlock"], ["export"], ["setup", "--if-missing"]):
        transcript, status = tool(ida, *words)
        check(status != 0 and "type the key" not in transcript, transcript)
    check(record(hugo) == before, "hugo's record is another one")


@promise
def where_the_administrator_sets_up_people_only_look():
    rosa, sven = enrol("rosa"), bed.add_user("sven")
    before = credentials(rosa)
    write(CONF, "self-setup = no\n")
    try:
        for someone, words in ((rosa, ["setup"]), (rosa, ["add", "tablet"]), (rosa, ["codes"]), (rosa, ["remove", "--all"]),
                               (rosa, ["resync"]), (sven, ["setup"])):
            transcript, status = tool(someone, *words)
            check(status == REFUSED and "the administrator sets codes up here" in transcript, transcript)
        check(tool(rosa, "status")[1] == 0 and credentials(rosa) == before, "rosa's record")
        still_verifies(rosa)
        bed.setup_user(sven)
    finally:
        os.unlink(CONF)


@promise
def nobody_but_root_moves_the_files():
    jack = enrol("jack")
    write("/tmp/lax.conf", "window = 10\n")
    for option in ("--store=/tmp/elsewhere", "--key=/tmp/key", "--conf=/tmp/lax.conf"):
        transcript, status = tool(jack, "status", option)
        check(status != 0 and "enrolled" not in transcript, transcript)
    done = subprocess.run(as_user("jack", HELPER, "--conf", "/tmp/lax.conf"), input="status user=\n", text=True,
                          capture_output=True, check=False)
    check(done.returncode != 0 and "token" not in done.stdout, done.stdout)


@promise
def a_second_setup_needs_a_code_and_a_wrong_one_changes_nothing():
    kate = enrol("kate")
    before = credentials(kate)
    transcript, status = tool(kate, "setup", answers=[(PERMISSION, kate.phone.wrong)] * 5)
    check(status == REFUSED and "type the key" not in transcript, transcript)
    check(credentials(kate) == before, "the credential is another one")
    still_verifies(kate)


@promise
def a_second_setup_keeps_the_old_token_until_the_new_one_is_proved():
    leo, phones = enrol("leo"), []
    session = begin(leo, "setup")
    session.expect(PERMISSION)
    session.answer(leo.spare_code)
    check(session.expect(PROOF), session.seen)
    new = Phone(screen.key_on(session.seen))
    check(new.secret != leo.phone.secret, "the key is the old one")
    still_verifies(leo)  # beside the open set-up
    session.answer(new.fresh)
    check(session.wait() == 0, session.seen)
    transcript, status = tool(leo, "verify", answers=[("(?i)code[^\n]*: ", leo.phone.fresh)])
    check(status == REFUSED, "the old token still counts:\n" + transcript)
    leo.phone = new
    still_verifies(leo)
    check(len(credentials(leo)) == 1, list(credentials(leo)))


@promise
def a_wrong_proof_sets_nothing_up():
    mia = bed.add_user("mia")
    wrong = Phone("A" * 32).wrong
    transcript, status = tool(mia, "setup", answers=[(PROOF, wrong)] * 3 + [(PROOF, b"\x03")])
    check(status != 0 and not credentials(mia), transcript)
    check(tool(mia, "status")[1] == NOT_SET_UP, "status")


@promise
def a_phone_whose_clock_is_off_is_told_by_how_much():
    ned = bed.add_user("ned")
    ahead = lambda seen: (lambda phone: phone.at(phone.step() + 10))(Phone(screen.key_on(seen)))  # noqa: E731
    transcript, status = tool(ned, "setup", answers=[(PROOF, ahead), (PROOF, b"\x03")])
    check("ahead of this computer's" in transcript and status != 0 and not credentials(ned), transcript)


def child_of(pid, name):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        children = [int(word) for word in file.read().split()]
    for child in children:
        with open(f"/proc/{child}/comm", encoding="ascii") as file:
            if file.read().startswith(name):
                return child
    raise AssertionError(f"no child {name} of {pid}")


INTERRUPTIONS = {
    "the person, by Ctrl-C": lambda session: session.answer(b"\x03"),
    "SIGKILL of the tool": lambda session: os.kill(session.pid, signal.SIGKILL),
    "SIGKILL of the helper": lambda session: os.kill(child_of(session.pid, "pam_totp_helper"), signal.SIGKILL),
    "a closed terminal": lambda session: session.end(),
}


def interrupt(person, by, *before):
    """Opens a set-up up to the proof and interrupts it there."""
    session = begin(person, "setup")
    for regex, answer in before:
        check(session.expect(regex), session.seen)
        session.answer(answer)
    check(session.expect(PROOF), session.seen)
    helper = child_of(session.pid, "pam_totp_helper")
    INTERRUPTIONS[by](session)
    check(session.status is not None or session.wait() != 0, f"{by}: {session.seen}")
    until = time.monotonic() + 10
    while os.path.exists(f"/proc/{helper}") and time.monotonic() < until:
        time.sleep(0.05)
    check(not os.path.exists(f"/proc/{helper}"), f"{by}: the helper lives on")


@promise
def a_first_setup_that_is_interrupted_sets_nothing_up():
    olaf = bed.add_user("olaf")
    for by in INTERRUPTIONS:
        interrupt(olaf, by)
        check(not credentials(olaf) and tool(olaf, "status")[1] == NOT_SET_UP, by)


@promise
def a_second_setup_that_is_interrupted_leaves_what_was():
    pia = enrol("pia")
    before = credentials(pia)
    for by in INTERRUPTIONS:
        interrupt(pia, by, (PERMISSION, pia.spare_code))
        check(credentials(pia) == before, by)
    still_verifies(pia)


@promise
def nothing_secret_is_in_a_log_or_a_command_line():
    bed.nothing_secret_in("\n".join(bed.syslog.lines) + server.said())


keep_all()
