#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scenes.py NAME: one of the README's pictures as SVG, played by the real programs: setup or login."""
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import require_sandbox  # noqa: E402

require_sandbox()
import screen  # noqa: E402
from bed import HOST, PROMPT, Bed, as_user, run, write  # noqa: E402
from phone import Phone  # noqa: E402
from ptydrive import Driven  # noqa: E402
from sshd import Sshd, authorize, usual_client  # noqa: E402
from terminal_picture import draw  # noqa: E402

LOCALE = ("env", "LC_ALL=C.UTF-8", "TERM=xterm-256color")
TITLES = {"setup": "alice sets up her phone", "login": "alice logs in"}


def play(shown, argv, steps):
    """Its lines, behind the command; what was typed and is seen stands between two \\0."""
    driven, text, at = Driven(argv), "", 0
    for regex, answer in steps:
        if not driven.expect(regex):
            break
        typed = answer(driven.seen) if callable(answer) else answer
        text += driven.seen[at:driven.read_up_to]
        at, secret = driven.read_up_to, driven.secret
        driven.answer(typed)
        if not secret and isinstance(typed, str):
            text += f"\0{typed}\0"
            driven.expect(re.escape(typed))
            at = driven.read_up_to
    driven.wait()
    text = screen.plain(text + driven.seen[at:]).replace("\r", "").replace("\x07", "")
    return [f"$ \0{shown}\0", *text.rstrip("\n").split("\n")]


def prepare():
    """A host called nas, as the client sees it."""
    run("hostname", "nas")
    with open("/etc/hosts", "a", encoding="ascii") as file:
        file.write(f"{HOST} nas\n")
    bed = Bed()
    bed.pam("sshd", "auth required pam_totp.so")
    alice = bed.add_user("alice")
    Sshd(22).start()
    authorize(alice)
    usual_client("nas")
    return bed, alice


def set_up(alice):
    def proof(seen):
        alice.phone = Phone(screen.key_on(seen))
        return alice.phone.fresh()

    return play("pam-totp setup", as_user("alice", *LOCALE, "pam-totp", "setup"), [("shows now: ", proof)])


def log_in(alice):
    write("/home/alice/.hushlogin", "")
    write("/home/alice/.profile", "PS1='alice@nas:~$ '\n")
    steps = [(PROMPT, alice.phone.wrong), (PROMPT, alice.phone.fresh), (r"alice@nas:~\$ ", b"\x04")]
    lines = play("ssh alice@nas", ["ssh", "alice@nas"], steps)
    return [line for line in lines if line != "logout" and not line.startswith("Connection to")]


def all_scenes():
    _, alice = prepare()
    setup = set_up(alice)
    return {"setup": setup, "login": log_in(alice)}


if __name__ == "__main__":
    print(draw(all_scenes()[sys.argv[1]], TITLES[sys.argv[1]]), end="")
