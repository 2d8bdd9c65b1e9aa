# SPDX-License-Identifier: Apache-2.0
"""A person at a terminal of their own, with pam-totp."""
import os

import screen
from bed import as_user
from phone import Phone
from promises import check
from ptydrive import Driven, drive

PROOF, PERMISSION = "Code that the app shows now: ", "Current code or backup code: "
TWO_CODES = "Two codes in a row, the one shown now and the next: "
REFUSED, USAGE, NOT_SET_UP, TWO_NEEDED = 1, 2, 3, 5
UTF8 = {**os.environ, "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}


def _argv(person, words):
    return as_user(person.name, "env", "LC_ALL=C.UTF-8", "TERM=xterm", "pam-totp", *words)


def tool(person, *words, answers=()):
    """pam-totp on the person's own terminal; (transcript, exit status)."""
    return drive(_argv(person, words), answers, UTF8)


def begin(person, *words):
    return Driven(_argv(person, words), UTF8)


def proof_from_the_screen(phones):
    def answer(seen):
        phones.append(Phone(screen.key_on(seen)))
        return phones[-1].fresh()
    return answer


def enrol(bed, name):
    """Sets up as a person would: reads the key off the screen, types the code it gives, keeps the backup codes."""
    person, phones = bed.add_user(name), []
    transcript, status = tool(person, "setup", answers=[(PROOF, proof_from_the_screen(phones))])
    check(status == 0, transcript)
    person.phone, person.backup_codes = phones[0], screen.backup_codes_on(transcript)
    person.screen = transcript
    return person
