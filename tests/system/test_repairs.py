#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""INSTALL.md's "When somebody cannot get in", row by row as it stands there: the trouble is made, the person reads and
the log says what the row says, and what the row has to type brings the person in again."""
import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
import libpam  # noqa: E402
from bed import BUILD, CONF, KEY, PROMPT, REPOSITORY, STORE, Bed, as_user, run, write  # noqa: E402
from phone import Phone  # noqa: E402
from ptydrive import Driven, drive  # noqa: E402

PASSWORD, SHELL, REFUSED = r"[Pp]assword[^\n]*: ", r"in:\$ ", "incorrect"
UTF8 = {**os.environ, "LC_ALL": "C.UTF-8", "TERM": "linux"}
OUT_OF_ORDER = '"cannot be checked now"'
SULOGIN = shutil.which("sulogin", path="/usr/sbin:/sbin")

with open(f"{REPOSITORY}/INSTALL.md", encoding="utf-8") as install:
    TEXT = install.read()
SECTION = TEXT.partition("## When somebody cannot get in\n")[2].partition("\n## ")[0]
ROWS = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in SECTION.splitlines()
        if line.startswith("| ") and not line.startswith("| the person |")]
tried = set()

bed = Bed()
for service in ("login", "sshd", "sudo"):
    bed.pam(service, "@include common-auth", "auth required pam_totp.so after=password")
bed.pam("su", "@include common-auth", "auth required pam_totp.so after=password")
write("/etc/pam.d/known", "auth required pam_totp.so after=password\n")
write("/etc/sudoers.d/bed", "Defaults timestamp_timeout=0\nALL ALL=(ALL) ALL\n", 0o440)
alice = bed.person("alice")


class Row:
    """The one row with these words in its first two cells."""

    def __init__(self, person, log):
        found = [row for row in ROWS if person in row[0] and log in row[1]]
        check(len(found) == 1 and len(found[0]) == 3, f"rows of {person!r}, {log!r}: {found}")
        tried.add(tuple(found[0]))
        self.reads = re.findall('"([^"]*)"', found[0][0])
        self.logs = re.findall("`([^`]*)`", found[0][1])
        self.types = re.findall("`([^`]*)`", found[0][2])
        self.mark = bed.syslog.mark()

    def is_seen(self, seen):
        for words in self.reads:
            check(words in seen.replace("\n", " "), f"not read: {words}\n{seen}")
        bed.syslog.find(re.escape(self.logs[0]), self.mark)

    def type(self, which=0, user=None, **more):
        """As root, or as the person."""
        said = run(*(as_user(user, "sh", "-c", self.types[which]) if user else ("sh", "-c", self.types[which])), **more)
        return said.stdout


def on_the_console(*answers, argv=("login", "-p"), person=None):
    """Whether a shell came, and all that was read. login(1) asks for a name again after a refusal: that is the end."""
    person = person or alice
    session = Driven([*argv], UTF8)
    for regex, answer in (("login: ", person.name), (PASSWORD, person.password), *answers):
        session.expect(f"{regex}|{REFUSED}")
        if REFUSED in session.seen:
            break
        session.answer(answer)
    else:
        session.expect(f"{SHELL}|{REFUSED}")
    session.end()
    return REFUSED not in session.seen and re.search(SHELL, session.seen) is not None, session.seen


def gets_in(*answers):
    came, seen = on_the_console(*(answers or ((PROMPT, alice.phone.fresh),)))
    check(came, seen)
    return seen


def is_kept_out(*answers):
    came, seen = on_the_console(*(answers or ((PROMPT, alice.phone.fresh),)))
    check(not came, seen)
    return seen


def proof(seen):
    key = re.findall(r"Key: ([A-Z2-7 ]+)\n", seen)[-1]
    alice.phone = Phone(key.replace(" ", ""))
    return alice.phone.fresh()


def set_up_by(code):
    gets_in((PROMPT, code), ("Code from the app: ", proof))


def code_in(said):
    return re.search(r"\b\w{5}-\w{5}-\w{5}\b", said)[0]


def anew():
    """Alice as before."""
    bed.tool("unlock", "-u", "alice")
    bed.setup_user(alice)


@promise
def a_lost_phone():
    row = Row("has lost the phone", "verdict=accepted_backup")
    seen = gets_in((PROMPT, alice.backup_codes[0]))
    row.is_seen(seen)
    check("Run: " + row.types[0] in seen, "the person is told something else")
    seen, status = drive(as_user("alice", "sh", "-c", row.types[0]), (
        ("backup code: ", alice.backup_codes[1]),
        ("shows now: ", lambda seen: proof("Key: " + re.search(r"(?m)^    ([A-Z2-7 ]{39})$", seen)[1] + "\n"))), UTF8)
    check(status == 0, seen)
    gets_in()
    anew()


@promise
def phone_and_backup_codes_lost_and_the_code_typed_elsewhere_or_too_late():
    row = Row("and the backup codes", "verdict=wrong")
    row.is_seen(is_kept_out((PROMPT, alice.phone.wrong)))
    recover, code = row, code_in(row.type())
    row = Row("Set up anew first", "verdict=recovery")
    seen, _ = drive(as_user("alice", "sudo", "true"), ((PASSWORD, alice.password), (PROMPT, code), (PASSWORD, b"\x03")))
    row.is_seen(seen)
    check("run: " + row.types[0] in seen, seen)
    set_up_by(code)
    gets_in()
    code = code_in(recover.type())
    row = Row("is over", "verdict=recovery_over")
    late = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() + 90000))
    said = run("faketime", "-f", late, sys.executable, libpam.__file__, "known", "alice", input=code, env={**UTF8, "TZ": "UTC"})
    row.is_seen(json.loads(said.stdout)[1][0])
    set_up_by(code_in(row.type()))
    anew()


@promise
def guesses_used_up():
    for _ in range(10):
        libpam.authenticate("known", "alice", alice.phone.wrong())
    row = Row("Too many wrong codes", "verdict=two_needed")
    row.is_seen(is_kept_out() + is_kept_out((PROMPT, b"\x03")))
    gets_in((PROMPT, alice.phone.two_in_a_row))
    row.type()
    gets_in()


@promise
def codes_of_a_device_that_are_never_right():
    row = Row("is not right", "verdict=wrong")
    bed.setup_user(alice, "--hotp")
    for _ in range(200):
        alice.phone.take()
    row.is_seen(is_kept_out((PROMPT, alice.phone.wrong())) + is_kept_out((PROMPT, alice.phone.wrong())))
    row.type(user="alice", input=f"{alice.phone.take()} {alice.phone.take()}\n")
    gets_in((PROMPT, alice.phone.take()))
    anew()


@promise
def a_clock_that_is_behind():
    row = Row("clock is behind", "verdict=clock_behind")
    gets_in()
    behind = ("faketime", "-f", "-400d", "login", "-p")
    came, seen = on_the_console((PROMPT, alice.phone.fresh), argv=behind)
    check(not came, seen)
    row.is_seen(seen)
    came, seen = on_the_console((PROMPT, alice.backup_codes.pop()), argv=behind)
    check(came, seen)
    check(row.types == ["timedatectl set-ntp true"], row.types)  # there is no time daemon in a sandbox
    gets_in()


@promise
def nothing_set_up_where_a_code_is_required():
    row = Row("No codes are set up", "verdict=not_set_up")
    check(bed.tool("remove", "--all", "-u", "alice").returncode == 0, "not removed")
    seen, _ = drive(as_user("alice", "sudo", "true"), ((PASSWORD, alice.password), (PROMPT, ""), (PASSWORD, b"\x03")))
    row.is_seen(seen)
    set_up_by(code_in(row.type()))
    check(row.types[1] == "pam-totp setup -u alice", row.types)
    anew()


@promise
def a_mistake_in_the_settings():
    write(CONF, "require\nif-enroled\n")
    row = Row(OUT_OF_ORDER, "reason=bad_setting")
    seen = is_kept_out()
    row.is_seen(seen)
    check("Verification" not in seen, seen)
    write("/tmp/editor", "#!/bin/sh\nsed -i 2d \"$1\"\n", 0o755)
    row.type(env={**os.environ, "VISUAL": "/tmp/editor"})
    gets_in()
    os.unlink(CONF)


@contextlib.contextmanager
def kept(path):
    """A copy of it beside, as a backup has one; back at the end whatever becomes of it."""
    os.makedirs("/root/backup", exist_ok=True)
    run("cp", "-a", path, "/root/backup/")
    try:
        yield
    finally:
        shutil.rmtree(path) if os.path.isdir(path) else os.path.exists(path) and os.unlink(path)
        run("cp", "-a", f"/root/backup/{os.path.basename(path)}", path)


@promise
def a_missing_host_key():
    row = Row(OUT_OF_ORDER, "reason=key_missing")
    with kept(KEY), kept(STORE):
        os.unlink(KEY)
        row.is_seen(is_kept_out())
        row.type(0)
        gets_in()
        os.unlink(KEY)
        check(bed.tool("init").returncode != 0, "a new key beside records that it cannot read")
        row.type(1)
        check(row.types[2] == "recover" and os.path.isdir(STORE + ".lost"), row.types)
        set_up_by(code_in(run("pam-totp", "recover", "-u", "alice").stdout))
    anew()


@promise
def a_disk_that_is_not_mounted():
    row = Row(OUT_OF_ORDER, "reason=store_unmarked")
    os.rename(STORE, "/srv/store")
    run("install", "-d", "-o", "root", "-g", "_pam_totp", "-m", "1770", STORE)
    write("/etc/fstab", f"/srv/store {STORE} none bind 0 0\n")
    row.is_seen(is_kept_out())
    row.type()
    gets_in()
    run("umount", STORE)
    os.rmdir(STORE)
    mark = bed.syslog.mark()
    is_kept_out()
    bed.syslog.find("reason=store_missing", mark)
    os.rename("/srv/store", STORE)
    gets_in()


@promise
def a_full_disk():
    row = Row(OUT_OF_ORDER, "reason=no_space")
    with kept(STORE):
        run("mount", "-t", "tmpfs", "-o", "size=256k,mode=1770", "tmpfs", STORE)
        try:
            run("cp", "-a", "/root/backup/pam_totp/.", STORE)
            run("chgrp", "_pam_totp", STORE)
            with open(f"{STORE}/.filler", "wb", buffering=0) as filler, contextlib.suppress(OSError):
                while filler.write(b"x" * 4096):
                    pass
            # Without blocks of its own, as a copied journal has none: the first block that it needs is refused.
            for _ in range(40):
                if libpam.authenticate("known", "alice", "zzzzz-zzzzz-zzzzz").code == libpam.AUTHINFO_UNAVAIL:
                    break
            row.is_seen(is_kept_out())
            said = bed.tool("recover", "-u", "alice")
            check(said.returncode == 4 and "full" in said.stderr and "is not shown again" not in said.stdout, said)
            check(STORE in row.type(), "df says another disk")
            os.unlink(f"{STORE}/.filler")
            gets_in()
        finally:
            run("umount", STORE)
    anew()


@promise
def a_damaged_record():
    for prefix in ("alice", "alice."):
        path = next(f"{STORE}/{name}" for name in sorted(os.listdir(STORE)) if name.startswith(prefix))
        row = Row(OUT_OF_ORDER, "reason=journal_damaged")
        with open(path, "r+b") as file:
            file.write(b"damaged" * (os.path.getsize(path) // 7 + 1))
        seen = is_kept_out()
        if prefix == "alice":
            row.is_seen(seen)
        else:
            bed.syslog.find("reason=" + row.logs[1], row.mark)
        set_up_by(code_in(row.type()))
        gets_in()
        anew()


@promise
def a_missing_module():
    row = Row("refused without a question", "dlopen")
    [module] = run("find", "/usr/lib", "-name", "pam_totp.so", "-path", "*/security/*").stdout.split()
    os.rename(module, module + ".away")
    seen = is_kept_out()
    row.is_seen(seen)
    check("Verification" not in seen, seen)
    # The dash that is advised against: refused as well, and nobody can see why.
    bed.pam("login", "@include common-auth", "-auth required pam_totp.so after=password")
    mark = bed.syslog.mark()
    is_kept_out()
    check("pam_totp" not in "\n".join(bed.syslog.lines[mark:]), bed.syslog.lines[mark:])
    bed.pam("login", "@include common-auth", "auth required pam_totp.so after=password")
    check(row.types[0] == "make install", row.types)
    run("make", "-C", REPOSITORY, "-o", "all", f"B={BUILD}", "install")
    gets_in()


@promise
def rescue_mode_knows_nothing_of_the_module():
    write(CONF, "if-enroled\n")
    run("chpasswd", input="root:Password-of-root\n")
    came, seen = on_the_console((PROMPT, "123456"), person=type(alice)("root", "Password-of-root"))
    check(not came and "#" not in seen, "root gets in by login: then the rescue mode is not needed\n" + seen)
    shell = Driven([SULOGIN], UTF8)
    check(shell.expect(r"(?i)root password for maintenance\s[^:]*: "), shell.seen)
    shell.answer("Password-of-root")
    check(shell.expect("# "), shell.seen)
    shell.answer("pam-totp status -u alice; echo said $?")
    check(shell.expect(r"said \d"), shell.seen)
    shell.answer("exit")
    shell.wait()
    os.unlink(CONF)
    check("bad_setting" in shell.seen or "mend" in shell.seen, shell.seen)


@promise
def break_glass_by_paper_alone():
    lines = re.search(r"(?m)^    useradd .*\n    passwd rescue\n    (pam-totp setup -u rescue --codes-only)$", TEXT)
    rescue = bed.add_user("rescue")
    seen, status = drive(["sh", "-c", lines[1]], (
        ("show that you have them: ", lambda seen: re.findall(r"\b\w{5}-\w{5}-\w{5}\b", seen)[0]),), UTF8)
    check(status == 0, seen)
    rescue.backup_codes = re.findall(r"\b\w{5}-\w{5}-\w{5}\b", seen.partition("Type one")[0])
    check(len(rescue.backup_codes) == 10, seen)
    write(CONF, "require user=rescue\n")
    run("ip", "link", "set", "lo", "down")
    mark = bed.syslog.mark()
    try:
        for left, code, clock in ((8, 1, "1970-01-02 00:00:00"), (7, 2, "2099-01-01 00:00:00"), (6, 3, None)):
            argv = ("faketime", "-f", clock, "login", "-p") if clock else ("login", "-p")
            came, seen = on_the_console((PROMPT, rescue.backup_codes[code]), argv=argv, person=rescue)
            check(came and f"{left} backup codes left." in seen, seen)
        came, seen = on_the_console((PROMPT, rescue.backup_codes[2]), person=rescue)
        check(not came, seen)
    finally:
        run("ip", "link", "set", "lo", "up")
    alarm = re.search("journalctl -g '([^']*)'", TEXT)[1]
    bed.syslog.find(alarm + "accepted_backup service=login .*codes_left=6", mark)
    check(bed.status(rescue)["backup_codes_left"] == 6, bed.status(rescue))
    said = run("pam-totp", "status", "-u", "rescue").stdout
    check("rescue has backup codes alone." in said and "6 of 10 left" in said, said)
    os.unlink(CONF)


@promise
def nothing_secret_is_in_the_log():
    bed.nothing_secret_in("\n".join(bed.syslog.lines))


@promise
def every_row_is_tried():
    missing = [row for row in ROWS if tuple(row) not in tried]
    check(len(sys.argv) > 1 or not missing, missing)


keep_all()
