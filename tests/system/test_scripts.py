#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Set-up by scripts, as an administrator's configuration management runs it: no terminal, facts as JSON."""
import json
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
import libpam  # noqa: E402
from bed import STORE, Bed, write  # noqa: E402
from phone import Counting, Phone  # noqa: E402

SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

bed = Bed()
write("/etc/pam.d/codes", "auth required pam_totp.so\n")


def files():
    found = {}
    for name in sorted(os.listdir(STORE)):
        with open(f"{STORE}/{name}", "rb") as file:
            found[name] = file.read()
    return found


def facts(*words, input=""):
    said = bed.tool(*words, "--json", input=input)
    check(said.returncode == 0 and said.stdout.count("\n") == 1, said)
    return json.loads(said.stdout)


def gets_in(name, code):
    login = libpam.authenticate("codes", name, code)
    check(login.code == libpam.SUCCESS, login)


@promise
def sets_up_without_a_question_and_gives_every_fact():
    bed.add_user("alice")
    found = facts("setup", "-u", "alice", "--no-confirm")
    check(list(found) == ["user", "uri", "secret", "backup_codes", "changed"] and found["changed"] is True, list(found))
    check(re.fullmatch("[A-Z2-7]{32}", found["secret"]) and len(found["backup_codes"]) == 10, "the facts")
    gets_in("alice", Phone(found["secret"]).fresh())
    gets_in("alice", found["backup_codes"][9])


@promise
def takes_a_key_from_standard_input_and_from_a_file():
    bed.add_user("bert"), bed.add_user("carl")
    write("/root/key", SECRET[:4] + " " + SECRET[4:].lower() + "\r\n", 0o600)
    for name, source in (("bert", "-"), ("carl", "/root/key")):
        found = facts("setup", "-u", name, "--no-confirm", "--hotp", "--secret-file", source, input=SECRET + "\n")
        check(found["secret"] == SECRET, "another key")
        gets_in(name, Counting(SECRET).next())


@promise
def a_key_that_was_used_before_cannot_be_replayed():
    bed.add_user("dora")
    facts("setup", "-u", "dora", "--no-confirm", "--secret-file", "-", input=SECRET + "\n")
    phone = Phone(SECRET)
    for code in (phone.at(phone.step() - 1), phone.at(phone.step())):
        check(libpam.authenticate("codes", "dora", code).code != libpam.SUCCESS, "a code from before the set-up")


@promise
def if_missing_changes_nothing_the_second_time_and_says_so():
    bed.add_user("eva")
    first = facts("setup", "-u", "eva", "--no-confirm", "--if-missing")
    before = files()
    second = facts("setup", "-u", "eva", "--no-confirm", "--if-missing")
    check(first["changed"] is True and second == {"user": "eva", "uri": None, "secret": None, "backup_codes": [],
                                                  "changed": False}, second)
    said = bed.tool("setup", "-u", "eva", "--no-confirm", "--if-missing")
    check(said.returncode == 0 and "nothing was changed" in said.stdout, said)
    check(files() == before, "the store is another one")
    gets_in("eva", Phone(first["secret"]).fresh())


@promise
def refuses_what_is_no_key_and_changes_nothing():
    bed.add_user("fred")
    before = files()
    for text in ("", "\n", "MZXW6YTBOJTG63Y\n", "not base32!\n", "A" * 104 + "\n", SECRET + "1\n", "A" * 5000 + "\n"):
        said = bed.tool("setup", "-u", "fred", "--no-confirm", "--secret-file", "-", input=text)
        check(said.returncode == 2 and "base32" in said.stderr and not said.stdout, said)
    said = bed.tool("setup", "-u", "fred", "--no-confirm", "--secret-file", "/root/nowhere")
    check(said.returncode == 2 and "/root/nowhere" in said.stderr, said)
    check(files() == before, "the store is another one")


@promise
def a_set_up_without_an_answer_says_so_and_changes_nothing():
    bed.add_user("gus")
    before = files()
    said = bed.tool("setup", "-u", "gus")
    check(said.returncode == 1 and "no code was typed: nothing was changed" in said.stderr, said)
    check("\x1b" not in said.stdout and "Type the key:" in said.stdout, said.stdout)  # into a pipe: no picture
    check(files() == before, "the store is another one")


@promise
def output_that_goes_nowhere_is_no_success():
    bed.add_user("hanna")
    said = bed.tool("setup", "-u", "hanna", "--no-confirm", "--json")
    check(said.returncode == 0, said)
    with open("/dev/full", "w", encoding="ascii") as full:
        lost = subprocess.run(["pam-totp", "codes", "-u", "hanna", "--json"], stdout=full, stderr=subprocess.PIPE,
                              text=True, check=False)
    check(lost.returncode == 4 and "standard output" in lost.stderr, lost)


@promise
def names_a_file_with_a_key_that_others_can_read():
    bed.add_user("ian")
    write("/root/open-key", SECRET + "\n", 0o644)
    said = bed.tool("setup", "-u", "ian", "--no-confirm", "--json", "--secret-file", "/root/open-key")
    check(said.returncode == 0 and "others can read" in said.stderr and SECRET not in said.stderr, said)


if __name__ == "__main__":
    keep_all()
