#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A service is switched on, confirmed by a real login, or undone: by its time, a restart, a hand; and switched off."""
import glob
import hashlib
import json
import os
import re
import signal
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
from bed import PROMPT, Bed, as_user, run, write  # noqa: E402
from ptydrive import Driven, drive  # noqa: E402
from results import let_in, refused  # noqa: E402
from sshd import DIRECTORY, Sshd, authorize, make_keys  # noqa: E402

NOTE, DROPIN, STACK = "/etc/security/pam_totp.undo", "/etc/ssh/sshd_config.d/10-pam-totp.conf", "/etc/pam.d/sshd"
PASSWORD = r"(?i)password[^\n]*: "
PLACES = ("/etc/pam.d", "/etc/ssh/sshd_config.d", "/etc/security", "/etc/systemd/system", "/etc/cron.d")

bed = Bed()
make_keys()
for group in ("admins", "robots"):
    run("groupadd", "-f", group)
ann, ulf, rob = bed.setup_user(bed.add_user("ann"), "--hotp"), bed.add_user("ulf"), bed.add_user("rob")
run("usermod", "-aG", "robots", "rob")
for someone in (ann, ulf, rob):
    authorize(someone)
    write(f"/etc/sudoers.d/{someone.name}", f"{someone.name} ALL=(ALL) ALL\n", 0o440)
write("/etc/security/pam_totp.conf", "if-enrolled\n")


class Host(Sshd):
    """This host's own sshd: its settings are the ones that enable changes."""

    def __init__(self):
        super().__init__(2401, drop_ins=True)
        with open(self.path, encoding="ascii") as file:
            write("/etc/ssh/sshd_config", file.read().replace(f"{DIRECTORY}/pid-2401", "/run/sshd.pid"))
        self.path = "/etc/ssh/sshd_config"


for left in glob.glob("/etc/ssh/sshd_config.d/*"):
    os.unlink(left)
server = Host().start()


def code(_=""):
    return ann.phone.take()


def files():
    """Everything that enable may touch, byte for byte, with modes."""
    found = {}
    for place in PLACES:
        for folder, _, names in os.walk(place):
            for path in (os.path.join(folder, name) for name in names):
                with open(path, "rb") as file:
                    found[path] = (hashlib.sha256(file.read()).hexdigest(), os.stat(path).st_mode, os.stat(path).st_uid)
    return found


def same_as(before):
    now = files()
    check(now == before, {path for path in before.keys() | now.keys() if before.get(path) != now.get(path)})


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def tool(*words, status=0, **more):
    said = bed.tool(*words, **more)
    check(said.returncode == status, f"{words}: {said.returncode}\n{said.stdout}{said.stderr}")
    return said


def on(*words, service="sshd"):
    """Switched on as a script does it."""
    return json.loads(tool("enable", service, "--yes", "--json", *words).stdout)


def later():
    """A login counts from the second after the change."""
    time.sleep(1.1)


def login(*answers, who=ann, **more):
    """sshd may be on its way into its new settings."""
    for _ in range(20):
        said = server.login(who, *answers, **more)
        if "Connection refused" not in said[0]:
            return said
        time.sleep(0.2)
    return said


def off():
    tool("undo")
    for service in ("sshd", "sudo", "su", "login"):
        tool("disable", service, "--yes")


def watchers():
    """The processes that wait for the deadline."""
    found = []
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(path, "rb") as file:
                words = file.read().split(b"\0")
        except OSError:
            continue
        if words[1:3] == [b"undo", b"--at-deadline"]:
            found.append(int(path.split("/")[2]))
    return found


def ended(pid):
    for _ in range(100):
        if not os.path.exists(f"/proc/{pid}") or "Z (zombie)" in read(f"/proc/{pid}/status"):
            return True
        time.sleep(0.1)
    return False


def set_deadline(seconds_from_now):
    """The note, as if its time were nearly over."""
    now = int(time.clock_gettime(time.CLOCK_BOOTTIME))
    write(NOTE, re.sub(r"(?m)^deadline .*", f"deadline {now + seconds_from_now}", read(NOTE)))


def enable_at_a_terminal(*words):
    """Up to the question whether it is to be kept; the dry run takes a code."""
    session = Driven(["pam-totp", "enable", "sshd", "-u", "ann", *words])
    for regex, answer in ((PROMPT, code), (r"Change it now\?", "")):
        check(session.expect(regex), session.seen)
        session.answer(answer)
    check(session.expect("Log in by sshd now"), session.seen)
    return session


@promise
def once_a_login_with_a_code_was_seen_it_is_kept():
    before = files()
    session = enable_at_a_terminal()
    check("+auth required pam_totp.so" in session.seen and "AuthenticationMethods" in session.seen, session.seen)
    check("root can no longer log in by ssh" in session.seen, session.seen)
    check("ulf" in session.seen, "who still gets in without a code is not named:\n" + session.seen)
    later()
    let_in(login((PROMPT, code)), "ann")
    check(session.expect("ann logged in with a code"), session.seen)
    session.answer("y")
    check(session.wait() == 0 and "Kept" in session.seen, session.seen)
    left = files().keys() - before.keys()
    check(left == {DROPIN}, left)
    refused(login((PROMPT, lambda _: ann.phone.spent())))
    state = files()
    check(on()["state"] == "on" and files() == state, "a second time changes something")
    off()
    same_as(before)
    check(PROMPT not in let_in(login(), "ann"), "a code was asked for")


@promise
def refuses_to_keep_what_no_login_has_proved():
    on()
    later()
    tool("verify", "-u", "ann", input=ann.phone.take() + "\n")
    said = tool("keep", status=1).stderr
    check("nobody has logged in by sshd" in said, said)
    refused(login((PROMPT, lambda _: ann.phone.wrong())))
    tool("keep", status=1)
    let_in(login((PROMPT, code)), "ann")
    said = json.loads(tool("keep", "--json").stdout)
    check(said == {"service": "sshd", "state": "kept", "login": "ann"}, said)
    bed.syslog.find("pam-totp.* event=kept service=sshd actor=0 proved_by=ann")
    off()


@promise
def keeps_what_another_host_has_proved_when_it_is_told_to():
    on()
    tool("keep", "--unproved")
    check(not os.path.exists(NOTE) and read(DROPIN), "not kept")
    tool("keep", status=1)
    off()


@promise
def what_nobody_keeps_is_undone_when_its_time_is_over_and_the_terminal_is_gone():
    before, mark = files(), bed.syslog.mark()
    session = enable_at_a_terminal("--undo-after", "30s")
    session.end()
    check(os.path.exists(NOTE) and len(watchers()) == 1, "nobody waits any more")
    refused(login((PROMPT, lambda _: ann.phone.wrong())))
    set_deadline(2)
    bed.syslog.find("event=undone service=sshd actor=0 reason=deadline", mark, seconds=20)
    same_as(before)
    check(PROMPT not in let_in(login(), "ann"), "a code was asked for")


@promise
def ctrl_c_leaves_the_undo_running():
    before = files()
    session = enable_at_a_terminal()
    session.answer(b"\x03")
    check(session.wait() != 0 and "pam-totp undo decides" in session.seen, session.seen)
    check(os.path.exists(NOTE) and watchers(), "nobody waits any more")
    tool("undo")
    same_as(before)


@promise
def undoes_it_at_the_next_start_when_the_watcher_was_killed():
    os.makedirs("/run/systemd/system", exist_ok=True)
    try:
        before = files()
        check(on()["survives_restart"], "a restart would not undo it")
        unit = "/etc/systemd/system/pam-totp-undo.service"
        check(os.path.realpath("/etc/systemd/system/multi-user.target.wants/pam-totp-undo.service") == unit, "not wanted")
        said = run("systemd-analyze", "verify", unit, check=False)
        check("pam-totp-undo" not in said.stdout + said.stderr, said.stdout + said.stderr)
        for pid in watchers():
            os.kill(pid, signal.SIGKILL)
            check(ended(pid), pid)
        write(NOTE, re.sub(r"(?m)^boot .*", "boot 00000000-0000-0000-0000-000000000000", read(NOTE)))  # another start since
        run(*re.search(r"(?m)^ExecStart=(.*)", read(unit)).group(1).split(), timeout=20)
        same_as(before)
    finally:
        os.rmdir("/run/systemd/system")


@promise
def leaves_a_persons_own_edits_and_says_what_to_do():
    before = read(STACK)
    on()
    write(STACK, read(STACK) + "# mine\n")
    said = tool("undo", status=1).stderr
    check(f"{STACK} was changed by somebody else" in said and "before-pam-totp" in said, said)
    check(read(STACK).endswith("# mine\n") and read(STACK + ".before-pam-totp") == before, "not as it was left")
    check(not os.path.exists(DROPIN), "the other file stays")
    os.rename(STACK + ".before-pam-totp", STACK)


@promise
def undoes_it_on_a_full_disk():
    """The files on a disk of their own, which is full by then."""
    on()
    run("mount", "-t", "tmpfs", "-o", "size=4m", "none", "/mnt")
    try:
        for place in ("/etc/pam.d", "/etc/ssh/sshd_config.d", "/etc/security"):
            os.makedirs(f"/mnt{place}")
            run("cp", "-a", f"{place}/.", f"/mnt{place}")
            run("mount", "--bind", f"/mnt{place}", place)
        run("dd", "if=/dev/zero", "of=/mnt/full", "bs=4k", check=False)
        said = run("sh", "-c", "echo x > /etc/pam.d/x", check=False)
        check(said.returncode != 0, "the disk is not full")
        tool("undo")
        check("pam_totp" not in read(STACK) and not os.path.exists(DROPIN) and not os.path.exists(NOTE), "not undone")
        check(not glob.glob("/etc/pam.d/*pam-totp*"), "something is left")
    finally:
        for place in ("/etc/pam.d", "/etc/ssh/sshd_config.d", "/etc/security"):
            run("umount", place, check=False)
        run("umount", "/mnt", check=False)
    tool("undo")


@promise
def once_it_is_killed_at_any_call_undo_puts_everything_back():
    """A kill before each call that changes a file or a name."""
    before = files()
    for call in ("rename", "link", "unlink", "fsync"):
        for which in range(1, 40):
            argv = ["strace", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={which}",
                    "pam-totp", "enable", "sshd", "--yes", "--json"]
            said = run(*argv, check=False)
            killed = said.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL)
            check(killed or said.returncode == 0, said.stdout + said.stderr)
            tool("undo")
            same_as(before)
            for pid in watchers():
                os.kill(pid, signal.SIGKILL)  # it would end by itself, in a second
            if not killed:
                break
        check(which < 39, call)


@promise
def a_dry_run_changes_nothing():
    before = files()
    said = json.loads(tool("enable", "sshd", "--dry-run", "--json").stdout)
    check(said["state"] == "dry_run" and "+PasswordAuthentication no" in said["diff"] and said["people"]["open"] >= 2, said)
    same_as(before)
    check(not watchers(), "something runs")


@promise
def refuses_where_another_line_of_sshds_wins():
    whole, before = read("/etc/ssh/sshd_config"), files()
    for text, reason in ((whole.replace("Include", "#Include"), "Include /etc/ssh/sshd_config.d"),
                         ("PasswordAuthentication yes\n" + whole, "/etc/ssh/sshd_config:1: PasswordAuthentication yes"),
                         (whole + "NoSuchOption x\n", "NoSuchOption")):
        write("/etc/ssh/sshd_config", text)
        said = tool("enable", "sshd", "--yes", status=1).stderr
        check(reason in said, said)
    write("/etc/ssh/sshd_config", whole)
    write("/etc/ssh/sshd_config.d/01-first.conf", "# first\nKbdInteractiveAuthentication no\n")
    said = tool("enable", "sshd", "--yes", status=1).stderr
    check("01-first.conf:2" in said, said)
    os.unlink("/etc/ssh/sshd_config.d/01-first.conf")
    same_as(before)


@promise
def another_mode_changes_the_lines_and_asks_for_the_password():
    before = files()
    on()
    tool("keep", "--unproved")
    said = on("--password-and-code")
    check("-auth required pam_totp.so\n" in said["diff"] and "+auth required pam_totp.so after=password\n" in said["diff"], said)
    later()
    let_in(login((PASSWORD, ann.password), (PROMPT, code), key=False), "ann")
    tool("keep")
    check(on()["state"] == "on", "without a word of it the mode changes")
    off()
    same_as(before)


@promise
def asks_some_groups_alone():
    before = files()
    on("--except-group", "robots")
    later()
    let_in(login(who=rob, more=["BatchMode=yes"]), "rob")
    let_in(login((PROMPT, code)), "ann")
    tool("keep")
    said = tool("enable", "sshd", "--yes", "--group", "nobody-of-that-name", status=1).stderr
    check("there is no group" in said, said)
    off()
    same_as(before)


def sudo(person, *answers, how=()):
    return drive(as_user(person.name, "sh", "-c", f"sudo -k; sudo {' '.join(how)} sh -c 'echo in as $(id -un)'"),
                 [*answers, (f"{PASSWORD}|{PROMPT}", b"\x03")])


@promise
def sudo_asks_in_both_its_files_and_is_kept_by_a_login_of_its_own():
    before = files()
    said = on("--except-group", "robots", service="sudo")
    check(said["files"] == ["/etc/security/pam_totp.conf.d/10-enable-sudo.conf", "/etc/pam.d/sudo", "/etc/pam.d/sudo-i"], said)
    later()
    for how in ((), ("-i",)):
        let_in(sudo(ann, (PASSWORD, ann.password), (PROMPT, code), how=how), "root")
        refused(sudo(ann, (PASSWORD, ann.password), (PROMPT, lambda _: ann.phone.spent()), how=how))
    check(PROMPT not in let_in(sudo(rob, (PASSWORD, rob.password)), "root"), "a code was asked for")
    tool("keep")
    off()
    same_as(before)


@promise
def su_and_login_ask_and_only_their_own_logins_keep_them():
    before = files()
    on(service="su")
    check(read("/etc/pam.d/su-l") and "pam_totp" not in read("/etc/pam.d/su-l"), "su-l includes su")
    later()
    let_in(drive(as_user("ulf", "su", "-", "ann", "-c", "echo in as $(id -un)"), [(PASSWORD, ann.password), (PROMPT, code)]), "ann")
    said = tool("enable", "login", "--yes", status=1).stderr
    check("still waits" in said, said)
    tool("keep")
    on(service="login")
    later()
    let_in(drive(as_user("ulf", "su", "ann", "-c", "echo in as $(id -un)"), [(PASSWORD, ann.password), (PROMPT, code)]), "ann")
    tool("keep", status=1)
    session = Driven(["login"])
    for regex, answer in (("login: ", "ann"), (PASSWORD, ann.password), (PROMPT, code)):
        check(session.expect(regex), session.seen)
        session.answer(answer)
    check(session.expect(r"in:\$ "), session.seen)
    session.end()
    tool("keep")
    off()
    same_as(before)


@promise
def fedoras_files_get_their_line_behind_the_substack():
    kept = {path: read(path) for path in ("/etc/pam.d/sudo", "/etc/pam.d/sudo-i")}
    write("/etc/pam.d/system-auth", "auth required pam_env.so\nauth sufficient pam_unix.so nullok\nauth required pam_deny.so\n"
                                    "account required pam_unix.so\nsession required pam_unix.so\n")
    fedora = "#%PAM-1.0\nauth       include      system-auth\naccount    include      system-auth\nsession    include      system-auth\n"
    write("/etc/pam.d/sudo", fedora)
    write("/etc/pam.d/sudo-i", "#%PAM-1.0\nauth       include      sudo\naccount    include      sudo\nsession    include      sudo\n")
    on(service="sudo")
    later()
    let_in(sudo(ann, (PASSWORD, ann.password), (PROMPT, code)), "root")
    refused(sudo(ann, (PASSWORD, ann.password), (PROMPT, lambda _: ann.phone.spent())))
    refused(sudo(ann, (PASSWORD, "no"), (PROMPT, code)))
    tool("keep")
    tool("disable", "sudo", "--yes")
    check(read("/etc/pam.d/sudo") == fedora, read("/etc/pam.d/sudo"))
    os.makedirs("/etc/authselect", exist_ok=True)
    os.rename("/etc/pam.d/sudo", "/etc/authselect/sudo")
    os.symlink("/etc/authselect/sudo", "/etc/pam.d/sudo")
    said = tool("enable", "sudo", "--yes", status=1).stderr
    check("authselect" in said and read("/etc/authselect/sudo") == fedora, said)
    for path in ("/etc/pam.d/sudo", "/etc/authselect/sudo", "/etc/pam.d/system-auth"):
        os.unlink(path)
    for path, text in kept.items():
        write(path, text)


@promise
def refuses_whoever_is_not_root_and_what_it_does_not_know():
    check("only root" in tool("enable", "sshd", user="ulf", status=1).stderr, "")
    for words in (("enable",), ("enable", "cron"), ("enable", "sudo", "--key-and-code"), ("enable", "sshd", "--undo-after", "2h"),
                  ("disable", "cron")):
        tool(*words, status=2)


@promise
def nothing_secret_is_in_the_log():
    bed.nothing_secret_in("\n".join(bed.syslog.lines))


if __name__ == "__main__":
    keep_all(server.stop)
