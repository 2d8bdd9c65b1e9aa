#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A service is switched on, confirmed by a real login, and switched off: sshd, sudo, su and login."""
import json
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
from bed import PROMPT, as_user, run, write  # noqa: E402
from ptydrive import Driven, drive  # noqa: E402
from results import let_in, refused  # noqa: E402
from switched import (DROPIN, PASSWORD, ann, bed, code, enable_at_a_terminal, files, later, login, off, on, read,  # noqa: E402
                      rob, same_as, server, tool, watchers, NOTE)


@promise
def once_a_login_with_a_code_was_seen_it_is_kept():
    before = files()
    session = enable_at_a_terminal()
    check("+auth required pam_totp.so" in session.seen and "AuthenticationMethods" in session.seen, session.seen)
    check("root can no longer log in by ssh" in session.seen, session.seen)
    check("ulf" in session.seen, "who still gets in without a code is not named:\n" + session.seen)
    later()
    let_in(login((PROMPT, code)), "ann")
    check(session.expect("ann gave a right code"), session.seen)
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
def a_dry_run_changes_nothing():
    before, waiting = files(), set(watchers())  # of tests before, for a second yet
    said = json.loads(tool("enable", "sshd", "--dry-run", "--json").stdout)
    check(said["state"] == "dry_run" and "+PasswordAuthentication no" in said["diff"] and said["people"]["open"] >= 2, said)
    same_as(before)
    check(set(watchers()) <= waiting, "something runs")


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


def order_of(*words):
    """What a command renames, removes and tells sshd, in its order."""
    run("strace", "-qq", "-o", "/root/calls", "-e", "trace=rename,unlink,kill", "pam-totp", *words)
    kinds = {r'rename\(.*10-pam-totp\.conf|unlink\("[^"]*10-pam-totp\.conf"': "settings",
             r'rename\(.*"/etc/pam\.d/sshd"\)': "stack", r"kill\(\d+, SIGHUP": "sshd"}
    return [kind for line in read("/root/calls").splitlines() for call, kind in kinds.items()
            if re.match(call, line) and line.endswith("= 0")]


@promise
def sshd_reads_its_settings_before_its_stack_asks_for_a_code_alone():
    check(order_of("enable", "sshd", "--yes") == ["settings", "sshd", "stack"], read("/root/calls"))
    check(order_of("undo") == ["stack", "settings", "sshd"], read("/root/calls"))
    on()
    tool("keep", "--unproved")
    check(order_of("enable", "sshd", "--password-and-code", "--yes") == ["stack", "settings", "sshd"], read("/root/calls"))
    check(order_of("undo") == ["settings", "sshd", "stack"], read("/root/calls"))
    check(order_of("disable", "sshd", "--yes") == ["stack", "settings", "sshd"], read("/root/calls"))


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
