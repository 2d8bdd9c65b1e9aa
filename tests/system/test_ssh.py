#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Real sshd, real ssh: a key or a password first, then a code."""
import functools
import os
import shutil
import sys
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import ptydrive  # noqa: E402
from promises import check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
import results  # noqa: E402
from bed import HOST, PROMPT, STORE, Bed, as_user  # noqa: E402
from results import let_in  # noqa: E402
from sshd import Sshd, authorize  # noqa: E402

bed = Bed()
refused = functools.partial(results.refused, status=255)  # by ssh itself, not by what runs behind it
keyed = Sshd(2201)  # a key, then PAM
asked = Sshd(2202, "keyboard-interactive:pam")  # PAM alone
typed = Sshd(2203, "password", ["PasswordAuthentication yes"])  # the password method: no questions
servers = [server.start() for server in (keyed, asked, typed)]

CODE_ALONE = ("auth required pam_totp.so",)
PASSWORD_AND_CODE = ("@include common-auth", "auth required pam_totp.so after=password")


def person(name, setup=True):
    someone = bed.person(name, setup)
    authorize(someone)
    return someone


@promise
def a_key_and_the_right_code_let_alice_in_and_the_log_says_so():
    bed.pam("sshd", *CODE_ALONE)
    alice, mark = person("alice"), bed.syslog.mark()
    transcript = let_in(keyed.login(alice, (PROMPT, alice.phone.fresh)), "alice")
    check(f"(alice@127.0.0.1) {PROMPT}" in transcript, transcript)
    line = bed.syslog.find(r"user=alice rhost=127\.0\.0\.1 verdict=accepted service=sshd", mark)
    check("token=phone" in line, line)


@promise
def once_a_code_was_used_it_is_refused():
    bed.pam("sshd", *CODE_ALONE)
    bob, mark = person("bob"), bed.syslog.mark()
    let_in(keyed.login(bob, (PROMPT, bob.phone.fresh)), "bob")
    refused(keyed.login(bob, (PROMPT, bob.phone.spent)))
    bed.syslog.find(r"user=bob rhost=127\.0\.0\.1 verdict=replayed service=sshd", mark)
    let_in(keyed.login(bob, (PROMPT, bob.phone.fresh)), "bob")


@promise
def once_at_most_is_a_code_taken_by_six_logins_at_the_same_time():
    bed.pam("sshd", *CODE_ALONE)
    crowd = person("crowd")
    code, results = crowd.phone.fresh(), []
    logins = [threading.Thread(target=lambda: results.append(keyed.login(crowd, (PROMPT, code)))) for _ in range(6)]
    for login in logins:
        login.start()
    for login in logins:
        login.join()
    statuses = sorted(status for _, status in results)
    check(statuses == [0, 255, 255, 255, 255, 255], f"{statuses}\n" + "\n".join(text for text, _ in results))


@promise
def a_wrong_code_is_refused():
    bed.pam("sshd", *CODE_ALONE)
    carol, mark = person("carol"), bed.syslog.mark()
    refused(keyed.login(carol, (PROMPT, carol.phone.wrong)))
    bed.syslog.find(r"user=carol rhost=127\.0\.0\.1 verdict=wrong service=sshd", mark)
    check(bed.status(carol)["guesses_left"] == 9, bed.status(carol))
    let_in(keyed.login(carol, (PROMPT, carol.phone.fresh)), "carol")


@promise
def the_right_code_without_the_key_is_not_even_asked_for():
    bed.pam("sshd", *CODE_ALONE)
    said = refused(keyed.login(person("keyless"), (PROMPT, "123456"), key=False))
    check(PROMPT not in said, said)


@promise
def an_empty_answer_is_refused_and_not_counted():
    bed.pam("sshd", *CODE_ALONE)
    empty = person("empty")
    refused(keyed.login(empty, (PROMPT, "")))
    check(bed.status(empty)["guesses_left"] == 10, bed.status(empty))


@promise
def a_backup_code_lets_in_once():
    bed.pam("sshd", *CODE_ALONE)
    dave, mark = person("dave"), bed.syslog.mark()
    code = dave.backup_codes[3]
    let_in(keyed.login(dave, (PROMPT, code)), "dave")
    bed.syslog.find(r"user=dave rhost=127\.0\.0\.1 verdict=accepted_backup service=sshd", mark)
    refused(keyed.login(dave, (PROMPT, code)))
    refused(keyed.login(dave, (PROMPT, code.upper().replace("-", ""))))
    check(bed.status(dave)["backup_codes_left"] == 9, bed.status(dave))
    let_in(keyed.login(dave, (PROMPT, dave.backup_codes[9].upper())), "dave")


@promise
def a_password_and_then_a_code_let_in():
    bed.pam("sshd", *PASSWORD_AND_CODE)
    erin = person("erin")
    let_in(asked.login(erin, ("Password: ", erin.password), (PROMPT, erin.phone.fresh), key=False), "erin")
    refused(asked.login(erin, ("Password: ", erin.password), (PROMPT, erin.phone.wrong), key=False))


@promise
def a_wrong_password_is_never_asked_for_a_code():
    bed.pam("sshd", *PASSWORD_AND_CODE)
    frank = person("frank")
    answers = [("Password: ", "not-it"), (f"Password: |{PROMPT}", frank.phone.fresh)]
    transcript = refused(asked.login(frank, *answers, key=False, prompts=2))
    check("Verification" not in transcript, transcript)
    check(bed.status(frank)["guesses_left"] == 10, bed.status(frank))


@promise
def the_password_method_cannot_answer_for_the_code_and_burns_no_guess():
    bed.pam("sshd", *PASSWORD_AND_CODE)
    grace = person("grace")
    refused(typed.login(grace, ("password: ", grace.password), key=False))
    check(bed.status(grace)["guesses_left"] == 10, bed.status(grace))


@promise
def whoever_has_nothing_set_up_is_asked_all_the_same_and_refused():
    bed.pam("sshd", *CODE_ALONE)
    heidi, mark = person("heidi", setup=False), bed.syslog.mark()
    transcript = refused(keyed.login(heidi, (PROMPT, "123456")))
    check(PROMPT in transcript, transcript)
    bed.syslog.find(r"user=heidi rhost=127\.0\.0\.1 verdict=not_set_up service=sshd", mark)


@promise
def an_unknown_user_sees_what_everybody_sees_and_is_refused():
    bed.pam("sshd", *CODE_ALONE)
    ivan = person("ivan")
    seen = set()
    for name in ("ivan", "nobody-of-that-name"):
        said = refused(asked.login(name, (PROMPT, ivan.phone.wrong), key=False))
        check(PROMPT in said, said)
        seen.add(said.replace(name, "NAME"))
    check(len(seen) == 1, "\n---\n".join(seen))


@promise
def with_nullok_whoever_has_nothing_set_up_is_let_in_by_the_key_alone():
    bed.pam("sshd", "auth required pam_totp.so nullok")
    judy = person("judy", setup=False)
    transcript = let_in(keyed.login(judy), "judy")
    check("code" not in transcript, transcript)
    bed.setup_user(judy)
    refused(keyed.login(judy, (PROMPT, judy.phone.wrong)))
    let_in(keyed.login(judy, (PROMPT, judy.phone.fresh)), "judy")


@promise
def with_nullok_and_neither_key_nor_password_nobody_is_let_in():
    bed.pam("sshd", "auth required pam_totp.so nullok")
    refused(asked.login(person("ken", setup=False), (PROMPT, "123456"), key=False))


@promise
def with_nullok_a_store_that_is_gone_or_another_refuses():
    bed.pam("sshd", "auth required pam_totp.so nullok")
    lost, mark = person("lost", setup=False), bed.syslog.mark()
    os.rename(STORE, STORE + ".away")
    try:
        refused(keyed.login(lost, (PROMPT, "123456")))
        bed.syslog.find("user=lost .*reason=store_missing", mark)
        os.mkdir(STORE, 0o700)
        refused(keyed.login(lost, (PROMPT, "123456")))
        bed.syslog.find("user=lost .*reason=store_unmarked", mark)
    finally:
        shutil.rmtree(STORE, ignore_errors=True)
        os.rename(STORE + ".away", STORE)
    let_in(keyed.login(lost), "lost")


@promise
def the_next_prompt_says_why_the_code_was_refused():
    bed.pam("sshd", *CODE_ALONE)
    liam = person("liam")
    transcript = let_in(keyed.login(liam, (PROMPT, liam.phone.wrong), (PROMPT, liam.phone.fresh), prompts=2), "liam")
    check("That code is not right" in transcript and f"{HOST} (liam)" in transcript, transcript)
    transcript = refused(keyed.login(liam, (PROMPT, liam.phone.spent), (PROMPT, liam.phone.spent), prompts=2))
    check("already used" in transcript, transcript)
    transcript = refused(keyed.login(liam, (PROMPT, liam.phone.wrong)))
    check("already used" in transcript, "the next connection does not say why:\n" + transcript)


@promise
def after_ten_wrong_codes_two_in_a_row_are_asked_for_and_let_the_owner_in():
    bed.pam("sshd", *CODE_ALONE)
    mallory = person("mallory")
    for _ in range(2):
        refused(keyed.login(mallory, *[(PROMPT, mallory.phone.wrong)] * 5, prompts=5))
    check(bed.status(mallory)["guesses_left"] == 0, bed.status(mallory))
    said = refused(keyed.login(mallory, (PROMPT, mallory.phone.fresh)))
    check("two codes in a row" in said, said)
    let_in(keyed.login(mallory, (PROMPT, mallory.phone.two_in_a_row)), "mallory")


@promise
def without_a_proven_key_the_prompt_says_nothing():
    bed.pam("sshd", *CODE_ALONE)
    nina = person("nina")
    said = refused(asked.login(nina, *[(PROMPT, nina.phone.wrong)] * 2, key=False, prompts=2))
    check(said.count(f"(nina@127.0.0.1) {PROMPT}") == 2 and "right" not in said, said)


@promise
def sftp_and_an_interactive_shell_work_after_the_code():
    bed.pam("sshd", *CODE_ALONE)
    olivia = person("olivia")
    argv = ["sftp", *keyed.options(), "-P", str(keyed.port), "olivia@127.0.0.1"]
    transcript, status = ptydrive.drive(argv, [(PROMPT, olivia.phone.fresh), ("sftp> ", "pwd"), ("sftp> ", "bye")])
    check(status == 0 and "/home/olivia" in transcript, transcript)
    steps = [(PROMPT, olivia.phone.fresh), (r"in:\$ ", "echo shell of $(id -un)"), (r"in:\$ ", "exit 4")]
    transcript, status = ptydrive.drive(keyed.argv(olivia), steps)
    check(status == 4 and "shell of olivia" in transcript, transcript)


@promise
def batch_mode_is_refused_without_a_question():
    bed.pam("sshd", *CODE_ALONE)
    peggy = person("peggy")
    transcript = refused(keyed.login(peggy, (PROMPT, "123456"), more=["BatchMode=yes"]))
    check(PROMPT not in transcript, transcript)
    check(bed.status(peggy)["guesses_left"] == 10, bed.status(peggy))


@promise
def an_aborted_login_is_refused_and_the_code_is_still_good():
    bed.pam("sshd", *CODE_ALONE)
    quinn = person("quinn")
    transcript, status = keyed.login(quinn, (PROMPT, b"\x03"))
    check(status != 0 and "in as" not in transcript, transcript)
    let_in(keyed.login(quinn, (PROMPT, quinn.phone.fresh)), "quinn")


@promise
def the_process_of_a_login_inherits_no_descriptor_and_no_variable_of_ours():
    bed.pam("sshd", *CODE_ALONE)
    rita = person("rita")
    command = "echo in as rita; ls -l /proc/self/fd; env"
    said = let_in(keyed.login(rita, (PROMPT, rita.phone.fresh), command=command), "rita")
    check("totp" not in said.lower(), said)


@promise
def no_key_code_or_password_is_in_any_log():
    said = "\n".join(bed.syslog.lines) + "".join(server.said() for server in servers)
    check("verdict=accepted" in said and "verdict=wrong" in said, "the logs are empty")
    bed.nothing_secret_in(said)


@promise
def a_login_stays_open_to_the_end():
    # The runner looks whether it, too, is gone with the sandbox.
    bed.pam("sshd", *CODE_ALONE)
    trent = person("trent")
    session = ptydrive.Driven(keyed.argv(trent))
    check(session.expect(PROMPT), session.seen)
    session.answer(trent.phone.fresh())
    check(session.expect(r"in:\$ "), session.seen)
    names = ptydrive.drive(as_user("trent", "ps", "-u", "trent", "-o", "comm="))[0]
    check("sshd" in names and "sh" in names, names)


keep_all()
