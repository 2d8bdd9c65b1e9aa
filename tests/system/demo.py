#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The demo, inside the sandbox: set up a phone, log in through a real sshd, replay, backup code."""
import os
import subprocess
import sys
import textwrap

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import require_sandbox  # noqa: E402

require_sandbox()
import screen  # noqa: E402
from bed import HOST, PROMPT, Bed, as_user  # noqa: E402
from phone import Phone  # noqa: E402
from ptydrive import Driven  # noqa: E402
from sshd import Sshd, authorize, usual_client  # noqa: E402

SCENES, OWN_PHONE = 7, os.environ.get("PHONE") == "1"
SSH = ("ssh", "-o", "NumberOfPasswordPrompts=1", f"alice@{HOST}", "echo in as $(id -un)")
held = []


def say(text=""):
    print(text, flush=True)


def scene(title):
    say(f"\n{len(held) + 1}/{SCENES} {title}")


def judge(right, said):
    """Closes a scene."""
    held.append(right)
    say(f"  {'ok' if right else 'NOT AS PROMISED'}: {said}")


def play(argv, steps):
    """Runs it on a terminal, answers, and prints what stood there; what it typed stands in [brackets]."""
    driven, shown, at, answer = Driven(argv), "", 0, ""
    for regex, answer in steps:
        if not driven.expect(regex):
            break
        answer = answer(driven.seen) if callable(answer) else answer
        shown, at = shown + driven.seen[at:driven.read_up_to] + f"[{answer}]", driven.read_up_to
        driven.answer(answer)
    status = driven.wait()
    rest = driven.seen[at:].removeprefix(answer)
    for line in (shown + rest).replace("\r", "").rstrip("\n").split("\n"):
        say(f"  {line}")
    return driven.seen, status


def on_own_terminal(argv):
    say()
    return "", subprocess.run(argv, check=False).returncode


def act(title, argv, *steps):
    say(f"  $ {title}")
    return on_own_terminal(argv) if OWN_PHONE else play(argv, steps)


def prepare():
    """sshd on its usual port: the sandbox has a network of its own. The client's options stand in its config."""
    bed = Bed()
    bed.pam("sshd", "auth required pam_totp.so")
    alice = bed.add_user("alice")
    Sshd(22).start()
    authorize(alice)
    usual_client(HOST)
    return bed, alice


def locale():
    """A person's own terminal as it is; a played one in UTF-8, in colours when they are seen by somebody."""
    kept = ("LANG", "LC_ALL", "LC_CTYPE", "NO_COLOR", "TERM")
    words = [f"{name}={os.environ[name]}" for name in kept if name in os.environ]
    if not OWN_PHONE:
        words += ["LC_ALL=C.UTF-8"] + ([] if sys.stdout.isatty() else ["NO_COLOR=1"])
    return words


def set_up(alice):
    def proof(seen):
        alice.phone = Phone(screen.key_on(seen))
        return alice.phone.fresh()

    seen, status = act("pam-totp setup", as_user("alice", "env", *locale(), "pam-totp", "setup"), ("shows now: ", proof))
    if OWN_PHONE:
        return judge(status == 0, "your phone proved its key, and that code is used up")
    alice.backup_codes = screen.backup_codes_on(seen)
    scanned = screen.scan(seen) if status == 0 else ""
    judge(f"secret={alice.phone.secret}" in scanned if alice.phone else False,
          "the code on the screen scans; oathtool played the phone")


def log_in(answer, wanted, hint, said):
    if OWN_PHONE:
        say(f"  {hint}")
    _, status = act(f"ssh alice@{HOST}", list(SSH), (PROMPT, answer))
    judge((status == 0) == wanted, said)


def play_all(bed, alice):
    scene("Install, and let sshd ask for a key and then for a code")
    say("  $ make install")
    say("  /etc/pam.d/sshd: auth required pam_totp.so")
    say("  sshd_config:     AuthenticationMethods publickey,keyboard-interactive:pam")
    judge(os.path.exists("/usr/bin/pam-totp"), "a real sshd listens, in a view that this demo has alone")
    scene("alice sets up her phone, without root")
    set_up(alice)
    if not held[-1]:
        return
    phone, code = alice.phone, alice.backup_codes[0] if alice.backup_codes else ""
    scene("Somebody has stolen her key, and has no code")
    log_in("", False, "Type nothing but Enter.", "refused: the key alone is not enough")
    scene("alice logs in: her key, then the code on the phone")
    log_in(phone and phone.fresh, True, "Type the code that your phone shows NOW (a new one).", "she is in")
    scene("Somebody who saw that code types it again")
    log_in(phone and phone.spent, False, "Type the SAME code again, whatever the phone shows.",
           "refused: a code is accepted once")
    scene("The phone is lost: a backup code")
    log_in(code, True, "Type one of your backup codes.", "she is in")
    scene("The same backup code again")
    log_in(code, False, "Type that SAME backup code again.", "refused: a backup code, too, is accepted once")
    tell_log(bed)


def tell_log(bed):
    """What an administrator sees of all that. It must be there, and give nothing away."""
    say("\nWhat the log says:")
    lines = [line[line.index("user=alice"):] for line in bed.syslog.lines if "user=alice" in line]
    for line in lines:
        for part in textwrap.wrap(line, 76, subsequent_indent="  "):
            say(f"  {part}")
    text = "\n".join(lines)
    bed.nothing_secret_in(text)
    held.append(all(f"verdict={word} " in text for word in ("accepted", "replayed", "accepted_backup")))


def main():
    if OWN_PHONE and not sys.stdin.isatty():
        sys.exit("PHONE=1 needs a terminal to type on.")
    say("pam_totp in a copy-on-write view of this machine: nothing of it stays.")
    play_all(*prepare())
    kept = len(held) == SCENES + 1 and all(held)
    say(f"\nAll {SCENES} steps held. Nothing of this demo is left on the machine." if kept
        else "\nNot all was as promised. This is a fault: please report it.")
    sys.exit(0 if kept else 1)


main()
