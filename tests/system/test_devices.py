#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Several devices a person, and what root does for others: add, remove, resync, list, unlock, export."""
import json
import os
import pwd
import socket
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
import own  # noqa: E402
import screen  # noqa: E402
from bed import CONF, STORE, Bed, run, write  # noqa: E402
from own import PERMISSION, PROOF, REFUSED, TWO_CODES, TWO_NEEDED, USAGE, tool  # noqa: E402
from phone import Counting, Phone  # noqa: E402

CODE = "(?i)code[^\n]*: "
HELPER = "/usr/lib/pam-totp/pam_totp_helper"
KEY_OF_A_FOB = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

bed = Bed()


def counting(name):
    """Somebody with a counter-based token, whose codes need no waiting."""
    return bed.setup_user(bed.add_user(name), "--hotp")


def take(person):
    """An answer: the next code of the counter-based token."""
    return lambda _: person.phone.take()


def verifies(person, answer):
    transcript, status = tool(person, "verify", answers=[(CODE, answer)])
    check(status == 0, transcript)


def refuses(person, answer, said=""):
    transcript, status = tool(person, "verify", answers=[(CODE, answer)])
    check(status in (REFUSED, TWO_NEEDED) and said in transcript, transcript)


def add(person, name, *options):
    """`pam-totp add` by the person, with the key read off the screen; the new phone."""
    phones = []
    transcript, status = tool(person, "add", name, *options,
                              answers=[(PERMISSION, take(person)), (PROOF, own.proof_from_the_screen(phones))])
    check(status == 0 and f"'{name}' counts now" in transcript, transcript)
    return phones[0]


def facts(person):
    return bed.status(person)


def credentials(person):
    return sorted(name for name in os.listdir(STORE) if name.startswith(person.name + "."))


@promise
def adds_a_device_beside_the_first_and_both_count():
    alice = counting("alice")
    tablet = add(alice, "tablet")
    check([token["name"] for token in facts(alice)["tokens"]] == ["phone", "tablet"], facts(alice))
    refuses(alice, tablet.spent, "already used")  # the proof
    verifies(alice, tablet.fresh)
    verifies(alice, take(alice))
    refuses(alice, lambda _: alice.phone.spent(), "already used")
    verifies(alice, alice.backup_codes[0])  # they stay
    refuses(alice, alice.backup_codes[0], "type the next one")
    check(facts(alice)["backup_codes_left"] == 9 and len(credentials(alice)) == 1, facts(alice))


@promise
def adding_needs_a_code_of_what_is_set_up():
    bert = counting("bert")
    before = credentials(bert)
    transcript, status = tool(bert, "add", "spy", answers=[(PERMISSION, lambda _: bert.phone.wrong())] * 5)
    check(status == REFUSED and "type the key" not in transcript, transcript)
    transcript, status = tool(bert, "add", "spy", "--no-confirm")
    check(status == REFUSED and "only root" in transcript, transcript)
    check(credentials(bert) == before, "the credential is another one")
    carl = bed.add_user("carl")
    transcript, status = tool(carl, "add", "phone")
    check(status == own.NOT_SET_UP and "pam-totp setup" in transcript, transcript)


@promise
def a_device_that_is_not_proved_does_not_count():
    dora = counting("dora")
    before = credentials(dora)
    wrong = Phone("A" * 32).wrong
    transcript, status = tool(dora, "add", "spy", answers=[(PERMISSION, take(dora)), (PROOF, wrong), (PROOF, b"\x03")])
    check(status != 0 and credentials(dora) == before, transcript)
    verifies(dora, take(dora))


@promise
def refuses_a_name_or_a_key_twice_and_a_ninth_token():
    eva = counting("eva")
    write("/root/key", KEY_OF_A_FOB + "\n", 0o600)
    for number in range(2, 9):
        options = ["--secret-file", "/root/key"] if number == 2 else []
        said = bed.tool("add", f"fob{number}", "-u", "eva", "--no-confirm", "--json", *options)
        check(said.returncode == 0 and json.loads(said.stdout)["token"] == f"fob{number}", said)
    for words, error in ((["fob9"], "full"), (["fob2"], "token_exists")):
        said = bed.tool("add", *words, "-u", "eva", "--no-confirm", "--json")
        check(said.returncode == REFUSED and json.loads(said.stdout)["error"] == error, said)
    bed.tool("remove", "fob8", "-u", "eva")
    said = bed.tool("add", "fob9", "-u", "eva", "--no-confirm", "--json", "--secret-file", "/root/key")
    check(said.returncode == REFUSED and json.loads(said.stdout)["error"] == "same_key", said)
    check(len(facts(eva)["tokens"]) == 7, facts(eva))
    verifies(eva, take(eva))


@promise
def removing_one_token_leaves_the_others_and_what_they_spent():
    fred = counting("fred")
    tablet = add(fred, "tablet")
    verifies(fred, tablet.fresh)
    before = credentials(fred)
    transcript, status = tool(fred, "remove", "phone", answers=[(PERMISSION, lambda _: fred.phone.wrong())] * 5)
    check(status == REFUSED and credentials(fred) == before, transcript)
    transcript, status = tool(fred, "remove", "phone", answers=[(PERMISSION, take(fred))])
    check(status == 0 and "'phone' count no more" in transcript, transcript)
    refuses(fred, take(fred))
    refuses(fred, tablet.spent, "already used")
    verifies(fred, tablet.fresh)


@promise
def the_only_token_and_unknown_ones_are_not_removed():
    gus = counting("gus")
    for words, status, said in ((["phone"], REFUSED, "only token"), (["fob"], REFUSED, "no token of this name"),
                                ([], USAGE, "--all"), (["fob", "--all"], USAGE, "--all"), (["a b"], USAGE, "1 to 32")):
        transcript, got = tool(gus, "remove", *words)
        check(got == status and said in transcript, transcript)
    verifies(gus, take(gus))


@promise
def resync_learns_where_a_clock_stands():
    hanna = counting("hanna")
    fob = add(hanna, "fob")
    off = lambda step: fob.at(step + 40)  # noqa: E731: its clock is 20 minutes ahead
    refuses(hanna, lambda _: off(fob.step()))
    two = lambda _: f"{off(fob.step() - 1)} {off(fob.step())}"  # noqa: E731
    transcript, status = tool(hanna, "resync", "fob", answers=[(TWO_CODES, two)])
    check(status == 0 and "expected where they are now" in transcript, transcript)
    spent = fob.step()
    refuses(hanna, lambda _: off(spent), "already used")
    verifies(hanna, lambda _: off(fob.step() + 1))
    refuses(hanna, lambda _: fob.at(fob.step()))  # what it would show without the drift


@promise
def resync_learns_where_a_counter_stands():
    ian = counting("ian")
    ian.phone.used = 300
    refuses(ian, lambda _: ian.phone.next())
    two = lambda _: f"{ian.phone.take()} {ian.phone.take()}"  # noqa: E731
    transcript, status = tool(ian, "resync", answers=[(TWO_CODES, two)])
    check(status == 0, transcript)
    refuses(ian, lambda _: ian.phone.codes[300])
    refuses(ian, lambda _: ian.phone.spent(), "already used")
    verifies(ian, take(ian))
    transcript, status = tool(ian, "resync", answers=[(TWO_CODES, f"{ian.phone.codes[100]} {ian.phone.codes[101]}")] * 3)
    check(status == REFUSED, "the counter went back:\n" + transcript)


@promise
def guesses_at_a_resync_are_counted_and_root_gives_them_back():
    jo = counting("jo")
    for _ in range(4):
        tool(jo, "resync", answers=[(TWO_CODES, "111111 222222")] * 3)
    transcript, status = tool(jo, "resync")
    check(status == REFUSED and "too many wrong codes" in transcript, transcript)
    check(facts(jo)["guesses_left"] == 10, "guesses of the logins were taken")
    refuses(jo, lambda _: jo.phone.next(), "two codes in a row")
    check("pam-totp       asks for two codes" in tool(jo, "status")[0], "status")
    transcript, status = tool(jo, "unlock")
    check(status == REFUSED and "only root" in transcript, transcript)
    said = bed.tool("unlock", "-u", "jo")
    check(said.returncode == 0 and "one code is enough for jo" in said.stdout, said)
    verifies(jo, take(jo))


def open_resyncs(person, count):
    """So many helpers of the person's own that have put their question."""
    entry, held = pwd.getpwnam(person.name), []
    for _ in range(count):
        ours, theirs = socket.socketpair()
        helper = subprocess.Popen([HELPER], stdin=theirs, stdout=theirs, user=entry.pw_uid, group=entry.pw_gid, extra_groups=[])
        theirs.close()
        ours.sendall(b"resync user=- token=phone\n")
        check(b"ask for=two_codes" in ours.recv(4096), "no question")
        held.append((ours, helper))
    return held


def answer_all(held, text):
    told = []
    for ours, helper in held:
        ours.sendall(f"answer text={text}\n".encode())
        told.append(ours.recv(4096))
        ours.close()
        helper.wait()
    return told


@promise
def helpers_that_were_opened_beforehand_have_no_more_guesses():
    told = answer_all(open_resyncs(counting("kim"), 14), "111111222222")
    check(sum(b"verdict=wrong" in line for line in told) == 10, told)
    check(sum(b"error=too_many_guesses verdict=two_needed" in line for line in told) == 4, told)


@promise
def helpers_of_before_a_change_tell_nothing_of_a_key_that_stayed():
    leo = counting("leo")
    held = open_resyncs(leo, 2)
    check(bed.tool("codes", "-u", "leo").returncode == 0, "new codes")
    right = leo.phone.codes[20] + leo.phone.codes[21]
    told = answer_all(held[:1], right) + answer_all(held[1:], "111111222222")
    check(len(set(told)) == 1 and b"error=stale" in told[0], told)


def as_a_directory_has_it(name, uid):
    """An account that is set up; useradd takes no name so long."""
    with open("/etc/passwd", "a", encoding="ascii") as file:
        file.write(f"{name}:x:{uid}:{uid}::/nonexistent:/bin/false\n")
    check(bed.tool("setup", "-u", name, "--no-confirm").returncode == 0, "setup")
    return name


@promise
def a_name_that_is_kept_as_a_hash_is_listed():
    name = as_a_directory_has_it("x" + "." * 70, 61234)
    check(any(entry.startswith("%h") for entry in os.listdir(STORE)), os.listdir(STORE))
    check(name in [row["user"] for row in json.loads(bed.tool("list", "--json").stdout)["users"]], "the list")


@promise
def a_name_that_no_app_takes_is_refused_with_a_reason():
    longest = as_a_directory_has_it("o" + "#" * 254, 61235)  # which fits an app, but for a longer issuer
    write(CONF, "issuer = " + "\u00e4" * 32 + "\n")
    for words in (["setup", "--no-confirm"], ["export"]):
        said = bed.tool(*words, "-u", longest, "--json")
        check(said.returncode == REFUSED and "shorter issuer" in said.stderr and "uri_too_long" in said.stdout, said)
    os.unlink(CONF)


@promise
def root_alone_sees_everybody():
    karl, lena = counting("karl"), counting("lena")
    bed.tool("remove", "--all", "-u", "lena")
    write(f"{STORE}/nobody-has-this-name", "", 0o600)
    said = bed.tool("list")
    check(said.returncode == 0 and "karl " in said.stdout and "lena" not in said.stdout, said)
    check("nobody-has-this-name no account" in said.stdout, said.stdout)
    listed = {row["user"]: row for row in json.loads(bed.tool("list", "--json").stdout)["users"]}
    check(listed["karl"]["tokens"] == facts(karl)["tokens"] and listed["karl"]["error"] == "none", listed["karl"])
    check(listed["nobody-has-this-name"]["error"] == "bad_account", listed)
    os.unlink(f"{STORE}/nobody-has-this-name")
    transcript, status = tool(karl, "list")
    check(status == REFUSED and "only root" in transcript and "lena" not in transcript, transcript)


@promise
def a_damaged_record_is_listed_and_says_so():
    mona = counting("mona")
    credential = f"{STORE}/{credentials(mona)[0]}"
    os.truncate(credential, 100)
    said = bed.tool("list", "--json")
    row = next(row for row in json.loads(said.stdout)["users"] if row["user"] == "mona")
    check(row["error"] == "credential_damaged" and said.returncode == 4, said)
    check("cannot be unsealed" in bed.tool("list").stdout, "the table")
    bed.tool("remove", "--all", "-u", "mona")


@promise
def root_alone_gets_keys_out():
    nora = counting("nora")
    verifies(nora, take(nora))
    said = bed.tool("export", "-u", "nora")
    check(said.returncode == 0 and f"secret={nora.phone.secret}" in said.stdout and "counter=1" in said.stdout, said)
    key = json.loads(bed.tool("export", "-u", "nora", "--json").stdout)["tokens"][0]
    check(key["name"] == "phone" and key["secret"] == nora.phone.secret, "another key")
    transcript, status = tool(nora, "export")
    check(status == REFUSED and nora.phone.secret not in transcript and "only root" in transcript, transcript)


@promise
def a_command_that_is_mistyped_is_answered_with_the_nearest():
    otto = bed.add_user("otto")
    for words, said in ((["stauts"], "did you mean 'status'?"), (["ad", "x"], "did you mean 'add'?"),
                        (["remove", "--al"], "did you mean '--all'?"), (["resynk"], "did you mean 'resync'?")):
        transcript, status = tool(otto, *words)
        check(status == USAGE and said in transcript, transcript)


if __name__ == "__main__":
    keep_all()
