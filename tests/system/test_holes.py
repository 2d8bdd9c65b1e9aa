#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Holes and faults that were found in modules of this kind, tried on this one through real programs and people.

SECURITY.md has the table. What needs one process alone stands in tests/pam/test_holes*.cc.
"""
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
from bed import PROMPT, STORE, Bed, Person, as_user, run, write  # noqa: E402
from ptydrive import drive  # noqa: E402
from results import let_in, refused  # noqa: E402

MARK = "/run/begun"  # older than all that is done here
CTRL_C = b"\x03"
CODE_ALONE = "auth required pam_totp.so after=password"

write(MARK, "")
bed = Bed()
bed.pam("su", CODE_ALONE)
caller = bed.person("caller")  # who runs su


def account(name, uid):
    """An account as no useradd would make it; a directory service may."""
    with open("/etc/passwd", "ab") as file:
        file.write(name.encode() + b":*:%d:%d::/tmp:/bin/sh\n" % (uid, uid))
    person = Person(name, "-")
    bed.people.append(person)
    return person


def su(target, *answers):
    return drive(as_user("caller", "su", "-c", "echo in as $(id -u)", "--", target), answers)


@promise
def google_authenticator_no_name_of_an_account_leads_out_of_the_store():
    around = [os.path.dirname(STORE), "/", "/etc", "/var", "/tmp"]
    before = [sorted(os.listdir(directory)) for directory in around]
    names = ["..", "../x", "a/b", "/etc/shadow", ".store", "%n%s", "jörg", "a b", "x" * 255]
    for uid, name in enumerate(names, 20000):
        person = bed.setup_user(account(name, uid))
        let_in(su(name, (PROMPT, person.phone.fresh)), uid)
    check(before == [sorted(os.listdir(directory)) for directory in around], "something new outside")
    for name in os.listdir(STORE):
        check(name == ".store" or re.fullmatch(r"[A-Za-z0-9_%-]+(\.[0-9a-f]{16})?", name), name)
    account("y" * 256, 20100)
    said = bed.tool("setup", "-u", "y" * 256, "--no-confirm")
    check(said.returncode != 0, said.stdout)


@promise
def duo_no_escape_sequence_in_an_accounts_name_reaches_a_terminal():
    for uid, name in enumerate(("\x1b]0;owned\x07", "\x9b31m"), 20200):
        person, mark = bed.setup_user(account(name, uid)), bed.syslog.mark()
        refused(su(name, (PROMPT, person.phone.wrong)))
        said = su(name, (f"not right[^\n]*\n(.*\n)*{PROMPT}", person.phone.fresh))
        let_in(said, uid)
        words = (["status"], ["list"], ["setup", "--no-confirm"], ["remove", "--all"], ["status"])
        tool = [bed.tool(*some, *([] if some == ["list"] else ["-u", name])) for some in words]
        shown = said[0] + "".join(one.stdout + one.stderr for one in tool)
        check(not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", shown.replace("\r\n", "\n")), repr(shown))
        line = bed.syslog.find("verdict=accepted service=su", mark)
        check("user=%" in line, line)


@promise
def authd_cve_2024_9313_a_record_belongs_to_one_name_and_uid():
    alice = bed.person("alice")
    uid = int(run("id", "-u", "alice").stdout)
    run("useradd", "-M", "-o", "-u", str(uid), "alias")  # another name of the same account
    let_in(su("alias", (PROMPT, alice.phone.fresh)), uid)
    refused(su("alice", (PROMPT, alice.phone.spent)))
    run("userdel", "-f", "alias")
    run("usermod", "-l", "alicia", "alice")
    refused(su("alicia", (PROMPT, alice.phone.fresh)))
    run("usermod", "-l", "alice", "alicia")
    run("usermod", "-u", str(uid + 5000), "alice")
    mark = bed.syslog.mark()
    refused(su("alice"))
    bed.syslog.find("user=alice verdict=error service=su .*reason=record_unsafe", mark)
    run("usermod", "-u", str(uid), "alice")
    let_in(su("alice", (PROMPT, alice.phone.fresh)), uid)


@promise
def puppet_duo_8_ctrl_c_lets_nobody_in_through_a_stack_that_ignores_errors():
    bob = bed.person("bob")
    write("/etc/sudoers.d/bob", "Defaults:bob timestamp_timeout=0\nbob ALL=(ALL) ALL\n", 0o440)
    for control in ("[success=1 default=ignore]", "sufficient", "optional"):
        deny, permit = "auth requisite pam_deny.so", "auth required pam_permit.so"
        lines = [f"auth {control} pam_totp.so", *([] if control == "optional" else [deny]), permit]
        if control == "optional":
            lines = [lines[0]]  # alone: with nothing else to count, even `optional` counts
        for service in ("sudo", "su"):
            bed.pam(service, *lines)
        refused(drive(as_user("bob", "sudo", "sh", "-c", "echo in as root"), [(PROMPT, CTRL_C)] * 3))
        refused(su("bob", (PROMPT, CTRL_C)))
    bed.pam("su", CODE_ALONE)
    let_in(su("bob", (PROMPT, bob.phone.fresh)), run("id", "-u", "bob").stdout.strip())


@promise
def cve_2019_12210_what_sudo_and_su_start_sees_no_descriptor_of_ours():
    carol = bed.person("carol")
    write("/etc/sudoers.d/carol", "Defaults:carol timestamp_timeout=0\ncarol ALL=(ALL) ALL\n", 0o440)
    bed.pam("sudo", CODE_ALONE)
    look = "ls -l /proc/self/fd; env; echo looked"
    for argv in (as_user("carol", "sudo", "sh", "-c", look), as_user("caller", "su", "-c", look, "carol")):
        transcript, status = drive(argv, [(PROMPT, carol.phone.fresh)])
        check(status == 0 and "looked" in transcript and "totp" not in transcript, transcript)


def written(trace):
    """The paths that were opened to be written, made, renamed or removed."""
    paths = set()
    for line in trace.split("\n"):
        if " = -1 " in line or "unfinished" in line:
            continue
        if re.search(r"open(at)?\(.*O_(WRONLY|RDWR|CREAT)", line):
            paths.add(re.search(r"<(/[^>]*)>$", line.strip()).group(1))
        elif re.search(r"\b(mkdir|rename|unlink|link|symlink|mknod|creat|truncate)[a-z0-9]*\(", line):
            paths.update(f"{at}/{name}" for at, name in re.findall(r'<(/[^>]*)>, "([^"]*)"', line))
    return paths


@promise
def google_authenticator_88_nothing_is_written_outside_the_store():
    gail = bed.add_user("gail")
    outside = set()
    for words in (["setup", "--no-confirm", "--json"], ["codes"], ["remove", "--all"]):
        run("strace", "-f", "-y", "-s", "400", "-o", "/tmp/trace", "pam-totp", *words, "-u", "gail")
        with open("/tmp/trace", encoding="utf-8", errors="replace") as file:
            outside |= {path for path in written(file.read()) if not path.startswith(STORE + "/")}
    bed.setup_user(gail)
    argv = ["strace", "-f", "-y", "-s", "400", "-u", "caller", "-o", "/tmp/trace", "su", "-c", "echo ran", "gail"]
    transcript, status = drive(argv, [(PROMPT, gail.phone.fresh)])
    check(status == 0 and "ran" in transcript, transcript)
    with open("/tmp/trace", encoding="utf-8", errors="replace") as file:
        paths = written(file.read())
    check(f"{STORE}/gail" in paths, paths)
    outside |= {path for path in paths if not path.startswith((STORE + "/", "/dev/", "/proc/", "/var/log/", "/run/utmp"))}
    check(not outside, outside)


@promise
def no_key_code_or_password_is_in_any_log_or_file():
    text = "\n".join(bed.syslog.lines)
    check("verdict=accepted" in text, "the log is empty")
    bed.nothing_secret_in(text)
    secrets = {secret for person in bed.people if person.phone for secret in
               (person.phone.secret, *person.backup_codes, *(code.replace("-", "") for code in person.backup_codes))}
    write("/run/secrets", "\n".join(secrets), 0o600)
    changed = run("find", "/etc", "/home", "/root", "/tmp", "/var", "-xdev", "-type", "f", "-newer", MARK).stdout
    check(f"{STORE}/gail" in changed, "nothing of what was done was found")
    found = run("xargs", "-d", "\\n", "grep", "-lsFf", "/run/secrets", "--", check=False, input=changed).stdout
    check(not found, found)


keep_all()
