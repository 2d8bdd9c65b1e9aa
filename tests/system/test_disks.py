#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A full disk, a read-only one, one over quota, one with a snapshot: what holds on it is what SECURITY.md says.

Each finding is a word of the table there, and the reverse: a table that says more or less than is true fails.
"""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
import libpam  # noqa: E402
from bed import PROMPT, REPOSITORY, STORE, Bed, run, write  # noqa: E402
from disk import BLOCK, KINDS, QUOTA, mounted  # noqa: E402
from libpam import AUTH_ERR, AUTHINFO_UNAVAIL, SUCCESS  # noqa: E402

FULL, READ_ONLY, SHARED, LIMITED, OWN = "full", "read-only", "full, shared", "quota, login", "quota, own"
GOES_ON, SOME_250, REFUSED = "goes on", "250 logins", "refused"
ENOUGH = 300  # logins: more than what is kept allocated beyond the end lasts for
SAID = ["The second factor cannot be checked now. The administrator finds the reason in the log."]

bed = Bed()
write("/etc/pam.d/totp", "auth required pam_totp.so\n")
alice, bob = bed.add_user("alice"), bed.add_user("bob")


def table():
    """{file system: {column: word}} of the table in SECURITY.md."""
    with open(f"{REPOSITORY}/SECURITY.md", encoding="utf-8") as file:
        rows = [[cell.strip() for cell in line.strip("|\n ").split("|")] for line in file if line.startswith("|")]
    head = next(row for row in rows if row[0] == "file system")
    return {row[0]: dict(zip(head, row)) for row in rows if row[0] in KINDS}


def finds(kind, column, word):
    said = table()[kind][column]
    check(said == word, f"SECURITY.md says of {kind}, {column}: '{said}', and it is '{word}'")


def set_up():
    """A store on the disk, and alice in it with a token that has a fresh code for each login."""
    check(bed.tool("init").returncode == 0, "init")
    bed.setup_user(alice, "--hotp")


def login(code):
    return libpam.authenticate("totp", "alice", code)


def verify(code):
    """As alice's own program, through the helper; (exit status, what it complains of)."""
    said = bed.tool("verify", user="alice", input=f"{code}\n")
    return said.returncode, said.stderr


def files():
    return sorted(name for name in os.listdir(STORE) if name[0] != ".")


def lets_in(how=login):
    answer = how(alice.phone.next())
    good = answer[0] == (SUCCESS if how is login else 0)
    if good:
        alice.phone.take()
    return good


def works():
    """Right, used and wrong are told apart, for root's callers and for her own programs."""
    check(lets_in(), "the right code is refused")
    check(login(alice.phone.spent()).code == AUTH_ERR and login(alice.phone.wrong()).code == AUTH_ERR, "a used or wrong code")
    check(lets_in(verify), "her own program refuses the right code")
    check(verify(alice.phone.spent())[0] == 1, "her own program takes a used code")


def all_kinds_of_codes():
    return alice.phone.next(), alice.phone.spent(), alice.phone.wrong()


def logins_refuse_alike(reason, before_the_prompt=False):
    """Whatever the code, one answer and one text; and the log has the reason."""
    mark, answers = bed.syslog.mark(), [login(code) for code in all_kinds_of_codes()]
    prompts = [] if before_the_prompt else [PROMPT]
    check(answers == [libpam.Login(AUTHINFO_UNAVAIL, prompts, SAID)] * 3, answers)
    bed.syslog.find(f"user=alice verdict=error .*: {reason}", mark)


def own_programs_refuse_alike(reason):
    answers = [verify(code) for code in all_kinds_of_codes()]
    check(answers[0][0] == 4 and reason in answers[0][1] and answers == answers[:1] * 3, answers)


def refuses_alike(reason, before_the_prompt=False):
    logins_refuse_alike(reason, before_the_prompt)
    own_programs_refuse_alike(reason)


def lasts(disk, logins):
    """Right codes get in so many times, whoever takes what comes free; else how far it went."""
    for count in range(logins):
        if not lets_in():
            check(200 < count < 300, f"refused after {count} logins")
            return SOME_250
        if count % 16 == 15:
            disk.take_all()
    return GOES_ON


def on_each(name, kinds=KINDS):
    """The promise `name`, with the kind in place of KIND, for each kind of file system."""
    def register(measure):
        for kind in kinds:
            def keep(kind=kind):
                measure(kind)
            keep.__name__ = name.replace("KIND", kind)
            promise(keep)
    return register


@on_each("a_full_KIND_lets_in_who_has_a_right_code_and_nobody_else")
def _(kind):
    with mounted(kind) as disk:
        set_up()
        works()
        disk.take_all()
        works()
        finds(kind, FULL, lasts(disk, ENOUGH))
        if table()[kind][FULL] == SOME_250:
            refuses_alike("No space left on device")
        else:
            works()
        disk.give_all_back()
        works()


def use_up_the_room():
    """No block is kept for alice's journal any more, and the last one is full to the brim."""
    path = f"{STORE}/alice"
    while os.stat(path).st_size % BLOCK:
        check(lets_in(), "the right code is refused")
    os.truncate(path, os.stat(path).st_size)


CHANGES = {
    "a first set-up": ["setup", "-u", "bob", "--no-confirm"],
    "a second set-up": ["setup", "-u", "alice", "--no-confirm"],
    "new backup codes": ["codes", "-u", "alice"],
    "a removal": ["remove", "--all", "-u", "alice"],
}


def changes_with(disk, free):
    """Tries every change with so many blocks free; how many of them found no room."""
    found_none, kept = 0, True
    use_up_the_room()
    disk.take_all(but=free)
    for name, words in CHANGES.items():
        before, said = files(), bed.tool(*words)
        if said.returncode == 0:
            kept = kept and words[2] == "bob"
            continue
        found_none += 1
        check(said.returncode == 4 and "No space left on device" in said.stderr, f"{name}: {said}")
        check(files() == before, f"{name}, {free} blocks free: {before}, and then {files()}")
    disk.give_all_back()
    if kept:
        works()
    return found_none


@on_each("a_change_on_a_full_KIND_is_whole_or_leaves_nothing")
def _(kind):
    found_none = 0
    for free in range(2):
        with mounted(kind) as disk:
            set_up()
            found_none += changes_with(disk, free)
    check(found_none > 0, "there was always room")


@on_each("a_read_only_KIND_refuses_whatever_the_code_and_nothing_is_lost")
def _(kind):
    with mounted(kind) as disk:
        set_up()
        works()
        disk.remount("ro")
        refuses_alike("Read-only file system", before_the_prompt=True)
        finds(kind, READ_ONLY, REFUSED)
        disk.remount("rw")
        works()


@on_each("a_full_KIND_with_blocks_shared_refuses_whatever_the_code", ("xfs", "btrfs", "overlayfs"))
def _(kind):
    with mounted(kind) as disk:
        set_up()
        works()
        disk.share()
        disk.take_all()
        # A layer below is copied as a whole, when it is opened.
        refuses_alike("No space left on device", before_the_prompt=kind == "overlayfs")
        finds(kind, SHARED, REFUSED)
        disk.give_all_back()
        works()


def over_quota():
    """What alice's logins come to, and what her own programs do, once what is kept for her is used up."""
    if not lets_in():
        refuses_alike("Disk quota exceeded")
        return REFUSED, REFUSED
    works()
    use_up_the_room()
    own = GOES_ON if lets_in(verify) else SOME_250  # these first: a login makes room for both
    if own == SOME_250:
        own_programs_refuse_alike("Disk quota exceeded")
    logins = GOES_ON if lets_in() else SOME_250
    if logins == SOME_250:
        logins_refuse_alike("Disk quota exceeded")
    return logins, own


@on_each("a_KIND_over_quota_lets_in_who_has_a_right_code_or_says_why_not", QUOTA)
def _(kind):
    with mounted(kind, **QUOTA[kind]) as disk:
        set_up()
        works()
        disk.limit(alice)
        logins, own = over_quota()
        finds(kind, LIMITED, logins)
        finds(kind, OWN, own)


keep_all()
