#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The demo is what a newcomer sees first: it holds, and looks well."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
import screen  # noqa: E402
from bed import PROMPT, run  # noqa: E402
from phone import Phone  # noqa: E402
from ptydrive import Driven, drive  # noqa: E402

SANDBOX = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support", "sandbox")
SCENES = [SANDBOX, sys.executable, os.path.join(os.path.dirname(os.path.abspath(__file__)), "demo.py")]


def all_held(transcript, status):
    check(status == 0 and "All 7 steps held" in transcript, f"exit status {status}\n{transcript}")


@promise
def the_demo_holds_on_a_terminal_of_80_columns():
    transcript, status = drive(SCENES, env={**os.environ, "TERM": "xterm-256color"}, deadline=120)
    all_held(transcript, status)
    wide = [line for line in screen.plain(transcript).split("\n") if len(line.rstrip("\r")) > 80]
    check(not wide, "\n".join(wide))


@promise
def the_demo_needs_no_terminal():
    done = run(*SCENES, check=False)
    all_held(done.stdout + done.stderr, done.returncode)
    check("\x1b" not in done.stdout, "colours in a file")


@promise
def the_demo_waits_for_ones_own_phone():
    demo = Driven(SCENES, env={**os.environ, "PHONE": "1"}, deadline=120)
    check(demo.expect("shows now: "), demo.seen)
    phone = Phone(screen.key_on(demo.seen))
    demo.answer(phone.fresh())
    check(demo.expect("3/7"), demo.seen)
    code = screen.backup_codes_on(demo.seen)[2]
    for answer in ("", phone.fresh, phone.spent, code, code):
        check(demo.expect(PROMPT), demo.seen)
        demo.answer(answer)
    all_held(*reversed((demo.wait(), demo.seen)))


keep_all()
