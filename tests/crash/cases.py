# SPDX-License-Identifier: Apache-2.0
"""What people and administrators do with pam-totp to a record, and what must be true of it afterwards, whatever
happened meanwhile: what was, or what was wanted, and nothing in between. The keys are counter-based and given, so that
every code is known beforehand."""
import json
import os
import pwd
import re
import shutil
import stat
import time

import calls
from bed import KEY, STORE, run, write
from crashbed import CrashBed, Logins, Store, check_files, forget_host
from promises import check

BIN, HELPER = "/tmp/bin", "/usr/lib/pam-totp/pam_totp_helper"
# After the loader, the first that each of them does.
COMMAND_BEGINS, HELPER_BEGINS = r"fcntl\(0", r"prctl\(PR_SET_DUMPABLE"
CLIENT = """#!/usr/bin/python3
# A login's side of a set-up: shows the key, and types the code that oathtool has for it.
import re, socket, subprocess, sys
ours, theirs = socket.socketpair()
with subprocess.Popen([sys.path[0] + "/pam_totp_helper"], stdin=theirs, stdout=theirs) as helper:
    theirs.close()
    ours.sendall(b"enroll user=alice rhost=- replaces=0000000000000000\\n")
    for line in ours.makefile():
        if line.startswith("key "):
            key = re.search(r"secret=(\\w+)", line)[1]
            print(key, flush=True)
        if line.startswith("ask "):
            code = subprocess.run(["oathtool", "--totp", "-b", "-"], input=key, text=True, capture_output=True).stdout
            ours.sendall(b"answer text=" + code.strip().encode() + b"\\n")
        if line.startswith("done "):
            said = "error=none verdict=accepted" in line
            print("" if said else line, file=sys.stderr)
            sys.exit(0 if said else 4 if "error=none" not in line else 1)
print("the helper is gone", file=sys.stderr)
sys.exit(4)
"""
BACKUP = r"\b[0-9a-z]{5}-[0-9a-z]{5}-[0-9a-z]{5}\b"
DONE, NOT_SET_UP = 0, 3


class Phone:
    """A counter-based token whose key is in a file."""

    def __init__(self, name, owner, key):
        self.secret, self.file = key, f"/tmp/{name}"
        write(self.file, key + "\n", 0o600)
        os.chown(self.file, owner.pw_uid, owner.pw_gid)
        self.codes = run("oathtool", "--hotp", "-b", "-w", "9", "-", input=key).stdout.split()
        self.options = ("--hotp", "--secret-file", self.file)


bed = CrashBed()
bed.stack("required", "after=password")
alice = bed.add_user("alice")
renamed = bed.add_user("before")
entry = pwd.getpwnam("alice")
old, new = Phone("old", entry, "A" * 32), Phone("new", entry, "B" * 32)
later = Phone("later", entry, "C" * 32)  # in force in no case, so that it begins at 0
logins = Logins("required", alice, bed.syslog)
os.mkdir(BIN)
shutil.copy("/usr/bin/pam-totp", BIN)
write(f"{BIN}/enroll", CLIENT, 0o755)


def set_up(phone):
    said = bed.tool("setup", "-u", "alice", "--no-confirm", *phone.options)
    check(said.returncode == DONE, f"{said.stdout}{said.stderr}")
    return re.findall(BACKUP, said.stdout)


def write_over(path):
    """As damage does: owner and mode stay."""
    with open(path, "r+b") as file:
        file.write(b"damaged" * 1000)


def set_up_as(name, phone):
    return re.findall(BACKUP, bed.tool("setup", "-u", name, "--no-confirm", *phone.options).stdout)


nothing = Store()
# Records for another uid, and for another name; whose these were is gone, or has another now.
spare_of_uid = set_up_as("alice", old)
of_another_uid = Store()
run("usermod", "-u", str(entry.pw_uid + 5000), "alice")
nothing.put()
spare_of_name = set_up_as("before", old)
run("userdel", "before")
of_another_name = Store()
bed.syslog.take()
entry = pwd.getpwnam("alice")
for phone_file in (old.file, new.file, later.file):
    os.chown(phone_file, entry.pw_uid, entry.pw_gid)
nothing.put()
old_spare = set_up(old)
enrolled = Store()
write_over(f"{STORE}/alice")
journal_damaged = Store()
enrolled.put()
write_over(next(f"{STORE}/{name}" for name in os.listdir(STORE) if name.startswith("alice.")))
credential_damaged = Store()
enrolled.put()
added = bed.tool("add", "fob", "-u", "alice", "--no-confirm", *new.options)
check(added.returncode == DONE, added)
two_devices = Store()
enrolled.put()
check(bed.tool("rekey").returncode == DONE, "rekey")
rekeyed = Store()
of_another_name.put()
spare_beside = set_up(old)
beside_another = Store()
two_devices.put()
bed.syslog.take()
for _ in range(10):
    check(not logins.accepts("000000"), "not a wrong code")
guessed = Store()
enrolled.put()
recovery_code = re.search(BACKUP, bed.tool("recover", "-u", "alice").stdout)[0]
recovering = Store()


def by_helper(case, options=()):
    """The case with its helper traced; with the person's own uid and the set group id, unless root is at work."""
    who = "" if case.by_root else "-u alice "
    traced = " ".join(calls.traced(*options)).replace("strace ", f"strace {who}", 1)
    write(f"{BIN}/pam_totp_helper", f"#!/bin/sh\nexec {traced} {HELPER}\n", 0o755)
    return calls.run([f"{BIN}/{case.program}", *case.words], case.typed)


def by_command(case, options=()):
    """The case with the command traced, and its helper not."""
    who = [] if case.by_root else ["-u", "alice"]
    return calls.run([*calls.traced(*options), *who, "/usr/bin/pam-totp", *case.words], case.typed)


def accepts_once(code, what):
    """Whether it was accepted at all; never twice."""
    first, again = logins.accepts(code), logins.accepts(code)
    check(not again, f"{what} is accepted twice")
    return first


class Case:
    """One command; `answers` are typed as it asks for them."""

    program, whose = "pam-totp", "alice"

    def __init__(self, words, answers=(), store=None, by_root=False):
        self.words, self.by_root, self.store = words, by_root, store or enrolled
        self.typed = "".join(answer + "\n" for answer in answers)

    def prepare(self):
        self.store.put()

    def check(self, done):
        """Of the record; `done` is how the command ended. Leaves it changed once more, and clean."""
        wanted = self.is_done(done)
        check(wanted or done.status != DONE, f"said to be done: {done.out}{done.err}")
        set_up(later)
        check(logins.accepts(later.codes[0]), "no login after the next set-up")
        check_files(alice, enrolled=True)


class SetUp(Case):
    def is_done(self, _):
        check(not logins.accepts(new.codes[0]), "the proof is accepted")
        first = accepts_once(old.codes[0], "the code that permitted it")
        was, is_new = logins.accepts(old.codes[3]), logins.accepts(new.codes[3])
        check(not (was and is_new) and not (is_new and first), "both are in force")
        check(was or is_new or self.store is nothing, "neither is in force")
        check(was == logins.accepts(old_spare[0]), "a backup code is not of the key in force")
        return is_new


class Enroll(Case):
    """A set-up during a login, by the helper that a login runs."""

    program = "enroll"

    def is_done(self, done):
        key = done.out.strip()
        if not key:
            return bed.tool("status", "-u", "alice").returncode == DONE
        step = int(time.time()) // 30 + 1
        code = run("oathtool", "--totp", "-b", "-N", f"@{step * 30}", "-", input=key).stdout.strip()
        return accepts_once(code, "a code")


class Recover(Case):
    """What was ends, or nothing does; the code that came sets up."""

    def is_done(self, done):
        was = logins.accepts(old.codes[3])
        check(was == logins.accepts(old_spare[0]), "half of what was ended")
        made = re.findall(BACKUP, done.out)
        check(bool(made) or done.status != DONE, f"no code: {done.out}")
        for code in made:
            check(not was and not logins.accepts(code), "in force too early, or lets in")
            said = run("setpriv", "--reuid=alice", "--regid=alice", "--init-groups", "/usr/bin/pam-totp", "setup", *new.options,
                       input=f"{code}\n{new.codes[0]}\n", check=False)
            check(said.returncode == DONE and logins.accepts(new.codes[3]), f"sets nothing up: {said}")
        return not was


class Recovered(Case):
    """A set-up with the code."""

    def is_done(self, _):
        check(not logins.accepts(new.codes[0]) and not logins.accepts(recovery_code), "the proof, or the code, is accepted")
        is_new = logins.accepts(new.codes[3])
        until = json.loads(bed.tool("status", "-u", "alice", "--json").stdout)["recovery_until"]
        check(is_new == (until is None), "both are in force, or neither")
        return is_new


class Codes(Case):
    def is_done(self, done):
        check(logins.accepts(old.codes[3]), "no login")
        of_old, made = logins.accepts(old_spare[0]), re.findall(BACKUP, done.out)
        if done.status == DONE:
            check(len(made) == 10 and logins.accepts(made[0]), f"not all codes, or not in force: {done.out}")
        return not of_old


class Remove(Case):
    def is_done(self, _):
        gone = bed.tool("status", "-u", "alice").returncode == NOT_SET_UP
        check(gone != logins.accepts(old.codes[3]), "half removed")
        return gone


class Discard(Case):
    def is_done(self, _):
        again = bed.tool("remove", "--all", "-u", "alice").returncode
        check(again in (DONE, NOT_SET_UP), "not removed the second time either")
        check(not logins.accepts(old.codes[3]), "what was removed is in force")
        return True


class Add(Case):
    def is_done(self, _):
        first = accepts_once(old.codes[0], "the code that permitted it")
        check(logins.accepts(old.codes[3]) and logins.accepts(old_spare[0]), "what was there is not in force")
        check(not logins.accepts(new.codes[0]), "the proof is accepted")
        added_now = logins.accepts(new.codes[3])
        check(not (first and added_now), "added, and the code that permitted it is accepted")
        return added_now


class RemoveOne(Case):
    def is_done(self, _):
        first = accepts_once(old.codes[0], "the code that permitted it")
        check(logins.accepts(old.codes[3]) and logins.accepts(old_spare[0]), "what was there is not in force")
        gone = not logins.accepts(new.codes[3])
        check(not (first and gone), "removed, and the code that permitted it is accepted")
        return gone


class Resync(Case):
    def is_done(self, _):
        first = accepts_once(new.codes[6], "a code")
        check(logins.accepts(new.codes[7]) and logins.accepts(old.codes[0]), "what was there is not in force")
        return not first


class Unlock(Case):
    def is_done(self, _):
        unlocked = logins.accepts(old.codes[0])
        check(logins.accepts(f"{old.codes[3]} {old.codes[4]}"), "two codes in a row are not accepted")
        check(bed.tool("unlock", "-u", "alice").returncode == DONE, "not unlocked the second time either")
        return unlocked


class Verify(Case):
    def is_done(self, done):
        first = accepts_once(old.codes[0], "a code")
        check(not (first and done.status == DONE), "a code is accepted twice")
        check(logins.accepts(old.codes[3]), "no login")
        return old.codes[0] in self.typed


class Init(Case):
    def prepare(self):
        forget_host()

    def is_done(self, _):
        said = bed.tool("init")
        check(said.returncode == DONE, f"not the second time either: {said.stderr}")
        group = os.stat(HELPER).st_gid
        for path, mode in ((STORE, 0o1770), (f"{STORE}/.store", 0o640), (KEY, 0o640)):
            found = os.stat(path)
            check(found.st_gid == group and stat.S_IMODE(found.st_mode) == mode, f"{path}: {found}")
        beside = [name for name in os.listdir(os.path.dirname(KEY)) if "key" in name]
        check(os.listdir(STORE) == [".store"] and len(beside) == 1, f"left over: {os.listdir(STORE)}, {beside}")
        return True


def beside_key():
    return [name for name in os.listdir(os.path.dirname(KEY)) if "key" in name]


def no_other_record_is_left():
    names = [name for name in os.listdir(STORE) if name.split(".")[0] not in ("alice", "")]
    check(not names, f"left over: {names}")


class Rekey(Case):
    """Once more completes it, whatever became of the first; whoever logs in meanwhile sees nothing of it."""

    def is_done(self, done):
        first = accepts_once(old.codes[0], "a code")
        check(first and accepts_once(old_spare[0], "a backup code"), "a right code is refused after it")
        said = bed.tool(*self.words)
        check(said.returncode == DONE, f"not the second time either: {said.stdout}{said.stderr}")
        check(not logins.accepts(old.codes[0]) and not logins.accepts(old_spare[0]), "accepted again after it")
        check(logins.accepts(old.codes[3]), "no login")
        check(len(beside_key()) == 1, f"left over: {beside_key()}")
        found = os.stat(KEY)
        check(found.st_gid == os.stat(HELPER).st_gid and stat.S_IMODE(found.st_mode) == 0o640, f"{KEY}: {found}")
        return True


class Rebind(Case):
    """The old account is gone: nobody gets in before it is done, and it can always be done."""

    whose = "before"

    def __init__(self, words, store, spare):
        super().__init__(words, [], store, True)
        self.spare = spare

    def is_done(self, done):
        before = logins.accepts(old.codes[0])
        check(before or done.status != DONE, "said to be done, and no login")
        again = bed.tool(*self.words)
        check(again.returncode == DONE or before, f"not the second time either: {again.stdout}{again.stderr}")
        check(accepts_once(old.codes[0], "a code") != before, "lost, or accepted twice")
        check(accepts_once(self.spare[0], "a backup code") and logins.accepts(old.codes[3]), "no login")
        no_other_record_is_left()
        return True


class Prune(Case):
    whose = "before"

    def is_done(self, done):
        check(logins.accepts(old.codes[0]) and logins.accepts(spare_beside[0]), "somebody else's record is harmed")
        again = bed.tool(*self.words)
        check(again.returncode == DONE, f"not the second time either: {again.stdout}{again.stderr}")
        no_other_record_is_left()
        return True


CASES = {
    "setup": SetUp(["setup", *new.options], [new.codes[0]], nothing),
    "enroll": Enroll([], [], nothing, True),
    "setup by root": SetUp(["setup", "-u", "alice", "--no-confirm", "--counter", "1", *new.options], [], nothing, True),
    "setup again": SetUp(["setup", *new.options], [old.codes[0], new.codes[0]]),
    "recover": Recover(["recover", "-u", "alice"], by_root=True),
    "setup with a recovery code": Recovered(["setup", *new.options], [recovery_code, new.codes[0]], recovering),
    "codes": Codes(["codes"], [old.codes[0]]),
    "remove": Remove(["remove", "--all"], [old.codes[0]]),
    "remove with a damaged journal": Discard(["remove", "--all", "-u", "alice"], [], journal_damaged, True),
    "remove with a damaged credential": Discard(["remove", "--all", "-u", "alice"], [], credential_damaged, True),
    "add": Add(["add", "fob", *new.options], [old.codes[0], new.codes[0]]),
    "remove one": RemoveOne(["remove", "fob"], [old.codes[0]], two_devices),
    "resync": Resync(["resync", "fob"], [f"{new.codes[5]} {new.codes[6]}"], two_devices),
    "unlock": Unlock(["unlock", "-u", "alice"], [], guessed, True),
    "verify": Verify(["verify"], [old.codes[0]]),
    "verify a wrong code": Verify(["verify"], ["000000"]),
    "init": Init(["init"], by_root=True),
    "rekey": Rekey(["rekey"], by_root=True),
    "drop of old keys": Rekey(["rekey", "--drop-old"], store=rekeyed, by_root=True),
    "rebind of a name": Rebind(["rebind", "--from", "before", "-u", "alice"], of_another_name, spare_of_name),
    "rebind of a uid": Rebind(["rebind", "-u", "alice"], of_another_uid, spare_of_uid),
    "prune": Prune(["prune", "--yes"], store=beside_another, by_root=True),
}
