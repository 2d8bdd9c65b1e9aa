#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What stands in the log, whoever chooses names and addresses; and what fail2ban makes of it."""
import os
import pwd
import re
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import Skip, check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
import libpam  # noqa: E402
from bed import CONF, REPOSITORY, Bed, as_user, run, write  # noqa: E402
from results import refused  # noqa: E402
from sshd import Sshd  # noqa: E402

HEAD = r"pam_totp\(codes:auth\): "
VALUE = r"[A-Za-z0-9._:@%/-]*"
FORGED = ("x rhost=198.51.100.7 verdict=wrong service=codes", "x\nuser=root rhost=198.51.100.7 verdict=wrong service=sshd",
          "198.51.100.7 verdict=wrong service=", "\x1b[2J\xff", "%20user=root", "rhost=198.51.100.7", "<198.51.100.7>", "a" * 4000)

bed = Bed()
write("/etc/pam.d/codes", "auth required pam_totp.so\n")
alice, ulf = bed.setup_user(bed.add_user("alice"), "--hotp"), bed.add_user("ulf")


def lines_of(user, code, rhost="203.0.113.9"):
    """What one attempt writes; the text behind the module's name."""
    mark = bed.syslog.mark()
    libpam.authenticate("codes", user, code, rhost=rhost)
    bed.syslog.find(HEAD, mark)
    return [line.split(": ", 1)[1] for line in bed.syslog.lines[mark:] if re.search(HEAD, line)]


def line_of(*attempt, **more):
    lines = lines_of(*attempt, **more)
    check(len(lines) == 1, lines)
    return re.sub(HEAD, "", lines[0])


@promise
def user_rhost_and_verdict_come_first_and_one_line_says_one_attempt():
    head = "user=alice rhost=203.0.113.9 verdict="
    check(line_of("alice", alice.phone.wrong()).startswith(head + "wrong service=codes guesses_left=9"), "wrong")
    check(line_of("alice", alice.phone.take()).startswith(head + "accepted service=codes token=phone"), "right")
    check(line_of("alice", alice.phone.spent()).startswith(head + "replayed service=codes token=phone"), "used")
    check(line_of("alice", alice.backup_codes[0]).startswith(head + "accepted_backup service=codes"), "a backup code")
    check(line_of("ulf", "123456") == "user=ulf rhost=203.0.113.9 verdict=not_set_up service=codes", "nothing set up")
    write(CONF, "skip user=ulf\nrequire\n")
    check(line_of("ulf", "") == "user=ulf rhost=203.0.113.9 verdict=not_asked service=codes rule=pam_totp.conf:1", "skipped")
    write(CONF, "skip user=ulf x\n")
    check(line_of("ulf", "").startswith("user=ulf rhost=203.0.113.9 verdict=error service=codes reason=bad_setting"), "error")
    os.unlink(CONF)


@promise
def a_name_that_no_account_has_is_not_written():
    for name in ("my-password", *FORGED[:3]):
        line = line_of(name, "123456")
        check(line == "rhost=203.0.113.9 verdict=unknown_user service=codes", line)


@promise
def whoever_chooses_the_address_brings_no_second_pair_into_a_line():
    for rhost in FORGED:
        line = line_of("alice", alice.phone.wrong() if len(rhost) < 10 else "no code", rhost=rhost)
        check(re.fullmatch(rf"user=alice rhost={VALUE} verdict=\w+( \w+={VALUE})*", line), line)
        check(line.count("rhost=") == 1 or "%3D" in line, line)
        check(len(re.search("rhost=(\\S*)", line).group(1)) <= 3 * 128, line)


def regex(lines):
    """The addresses that fail2ban takes out of such lines, with the filter that is shipped in its place."""
    unpacked = f"{REPOSITORY}/build-deps/fail2ban"
    if not os.path.exists(unpacked):
        raise Skip("fail2ban is not unpacked; see make deps")
    if not os.path.exists("/tmp/fail2ban"):
        shutil.copytree(f"{unpacked}/etc/fail2ban", "/tmp/fail2ban")
        shutil.copy(f"{REPOSITORY}/packaging/fail2ban/pam_totp.conf", "/tmp/fail2ban/filter.d/")
    write("/tmp/lines", "".join(f"Nov 24 14:00:00 nas sshd[1]: {line}\n" for line in lines))
    done = subprocess.run(
        [sys.executable, "-B", f"{unpacked}/usr/bin/fail2ban-regex", "-c", "/tmp/fail2ban", "-o", "ip", "/tmp/lines", "pam_totp"],
        text=True, capture_output=True, check=False,
        env={**os.environ, "PYTHONPATH": f"{unpacked}/usr/lib/python3/dist-packages", "LC_ALL": "C.UTF-8"})
    check(done.returncode == 0, done)
    return done.stdout.split()


@promise
def fail2ban_finds_who_guesses_and_nobody_else():
    bert = bed.setup_user(bed.add_user("bert"), "--hotp")
    guesses = [*lines_of("bert", bert.phone.wrong()), *lines_of("bert", "no code", rhost="2001:db8::1"),
               *lines_of("ulf", "123456", rhost="203.0.113.10"), *lines_of("nobody-at-all", "123456", rhost="203.0.113.11")]
    check(regex(guesses) == ["203.0.113.9", "2001:db8::1", "203.0.113.10", "203.0.113.11"], guesses)
    fine = [*lines_of("bert", bert.phone.take()), *lines_of("bert", bert.phone.spent()), *lines_of("bert", bert.backup_codes[1])]
    check(regex(fine) == [], fine)
    for _ in range(10):
        lines_of("bert", bert.phone.wrong())
    emptied = lines_of("bert", bert.phone.next(), rhost="203.0.113.12")
    check("verdict=two_needed" in emptied[0] and regex(emptied) == ["203.0.113.12"], emptied)


@promise
def fail2ban_bans_nobody_whom_somebody_else_names():
    lines = [line for rhost in FORGED for line in lines_of("alice", "no code", rhost=rhost)]
    lines += [line for name in FORGED[:4] for line in lines_of(name, "123456", rhost="203.0.113.13")]
    # Somebody whose directory lets people choose their names.
    with open("/etc/passwd", "a", encoding="utf-8") as file:
        file.write(f"{FORGED[0]}:x:54321:54321::/:/bin/sh\n{FORGED[5]}:x:54322:54322::/:/bin/sh\n")
    for name in (FORGED[0], FORGED[5]):
        lines += (named := lines_of(name, "123456", rhost="203.0.113.13"))
        check(all(line.count(" rhost=") == 1 for line in named), named)
    found = regex(lines)
    check(found and set(found) == {"203.0.113.13"}, found)


@promise
def fail2ban_hears_root_alone_and_no_change_of_a_record():
    """Anybody may write to the log: of the journal, only lines that root's programs sent count."""
    with open(f"{REPOSITORY}/packaging/fail2ban/pam_totp.conf", encoding="ascii") as file:
        check("\njournalmatch = SYSLOG_FACILITY=10 _UID=0\n" in file.read(), "others are heard, too")
    write("/etc/pam.d/sshd", "auth required pam_totp.so\naccount required pam_permit.so\n")
    server, mark = Sshd(2201, "keyboard-interactive:pam").start(), bed.syslog.mark()
    refused(server.login("alice", ("code: ", "123456"), key=False))
    server.stop()
    run(*as_user("ulf", "logger", "-p", "authpriv.notice", "-t", "sshd", "pam_totp(sshd:auth): rhost=198.51.100.7 verdict=wrong service="))
    bed.tool("verify", user="alice", input="123456\n")
    for regex_, uid in ((r"sshd: pam_totp\(sshd:auth\): user=alice", 0), (r"rhost=198.51.100.7", pwd.getpwnam("ulf").pw_uid)):
        line = bed.syslog.find(regex_, mark)
        check(bed.syslog.uids[bed.syslog.lines.index(line)] == uid, (line, uid))
    change = bed.syslog.find("pam_totp_helper.*event=refused user=alice", mark)
    check(regex([change.split(": ", 1)[1], "pam_totp_helper[1]: " + change.split(": ", 1)[1]]) == [], change)


if __name__ == "__main__":
    keep_all()
