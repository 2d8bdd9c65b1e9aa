#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Where no first factor is known nobody sees who has what set up: not by prompts, texts, codes or delays."""
import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
import libpam  # noqa: E402
from bed import CONF, PROMPT, Bed, run, write  # noqa: E402
from libpam import AUTH_ERR, SUCCESS  # noqa: E402
from sshd import Sshd  # noqa: E402

TRIES = 30  # so that the guesses of who has codes run out on the way

bed = Bed()
bed.pam("sshd", "auth required pam_totp.so")
write("/etc/pam.d/neutral", "auth required pam_totp.so\n")
server = Sshd(2201, "keyboard-interactive:pam", ["MaxAuthTries 100", "MaxStartups 100"]).start()


def able(*options):
    return lambda name: bed.setup_user(bed.add_user(name), *options)


def ahead(name):
    """Whose last accepted code is of tomorrow: this computer's clock is behind."""
    person = able()(name)
    tomorrow = int(time.time()) + 86400
    said = run("faketime", "-f", time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(tomorrow)), sys.executable, "-B",
               libpam.__file__, "neutral", name, input=person.phone.at(tomorrow // 30), env={**os.environ, "TZ": "UTC"})
    check(json.loads(said.stdout)[0] == SUCCESS, said)


def changed(name):
    able("--hotp")(name)
    check(bed.tool("codes", "-u", name).returncode == 0, "codes")


def codes_alone(name):
    bed.add_user(name)
    check(bed.tool("setup", "-u", name, "--codes-only", "--no-confirm").returncode == 0, "codes")


# A row for each kind of person that there is, and how to make one.
KINDS = {"unknown": lambda _: None, "not_set_up": bed.add_user, "time": able(), "counter": able("--hotp"),
         "eight_digits": able("--digits", "8"), "changed": changed, "codes_alone": codes_alone, "ahead": ahead}
RUN_OUT = ("time", "counter", "eight_digits", "changed")  # whose guesses do, in so many tries
ANSWERS = ["123456", "000000", "12345678", "123456 654321", "", "a", "aaaaa-bbbbb-ccccc", "x" * 300]


def people(prefix):
    """One of each kind; names of one length, so that what is seen differs by the name alone."""
    names = {kind: f"{prefix}{number:02d}" for number, kind in enumerate(KINDS)}
    for kind, make in KINDS.items():
        make(names[kind])
    return names


def guesses_ran_out(names):
    for kind in RUN_OUT:
        said = bed.tool("status", "-u", names[kind], "--json").stdout
        check('"guesses_left":0' in said, f"{kind}: {said}")


def attempt(name, answer):
    """libpam makes a delay up to a half longer or shorter, at random: two seconds, or what was asked for."""
    code, messages, delays = libpam.attempt("neutral", name, answer)
    return code, messages, [2 if 1000000 <= delay <= 3000000 else delay for delay in delays]


def same_for_all(seen):
    """`seen`: what each kind of person met. The first who met something else is shown with who has nothing."""
    for kind, what in seen.items():
        check(what == seen["unknown"], f"{kind}: {what}\nunknown: {seen['unknown']}")


@promise
def everybody_meets_the_same_in_thirty_tries_with_wrong_codes():
    for number, rules in enumerate(("", "require\n", "skip user=somebody-else\nrequire user!=nobody\n")):
        write(CONF, rules)
        names = people(f"lib{number}")
        seen = {kind: [attempt(name, "123456") for _ in range(TRIES)] for kind, name in names.items()}
        same_for_all(seen)
        first = seen["unknown"][0]
        check(all(another == first for another in seen["unknown"]), seen["unknown"])
        check(first == (AUTH_ERR, [(libpam.ECHO_OFF, PROMPT)], [2]), first)
        guesses_ran_out(names)
    os.unlink(CONF)


@promise
def everybody_meets_the_same_with_every_form_of_answer():
    seen = {kind: [attempt(name, answer) for answer in ANSWERS] for kind, name in people("form").items()}
    same_for_all(seen)
    check(all(code == AUTH_ERR for code, _, _ in seen["unknown"]), seen["unknown"])


@promise
def sshd_says_the_same_to_everybody_byte_for_byte():
    names = people("ssh")
    seen = {kind: [] for kind in names}

    def try_ten(kind, name):
        text, status = server.login(name, *[(PROMPT, "123456")] * 10, key=False, prompts=10)
        seen[kind].append((text.replace(name, "NAME"), status))
    with ThreadPoolExecutor(len(names) * TRIES // 10) as everybody:
        list(everybody.map(lambda item: try_ten(*item), list(names.items()) * (TRIES // 10)))
    same_for_all(seen)
    text, status = seen["unknown"][0]
    check(status == 255 and text.count(PROMPT) == 10, text)
    guesses_ran_out(names)


if __name__ == "__main__":
    keep_all()
