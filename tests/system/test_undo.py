#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What was switched on and is not kept is undone: by its time, a restart, a hand; whatever was killed or full by then."""
import glob
import os
import re
import signal
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
from bed import PROMPT, run, write  # noqa: E402
from results import let_in, refused  # noqa: E402
from switched import (DROPIN, NOTE, STACK, ann, bed, enable_at_a_terminal, files, login, on, read, same_as,  # noqa: E402
                      server, tool, watchers)


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
    on()
    write(DROPIN, read(DROPIN) + "# mine\n")
    said = tool("undo", status=1).stderr
    check(f"{DROPIN} was changed by somebody else" in said and "before-pam-totp" in said, said)
    check(read(DROPIN).endswith("# mine\n"), "not as it was left")
    os.unlink(DROPIN)


@promise
def takes_its_line_out_of_a_stack_that_somebody_edited_so_that_no_code_alone_lets_in():
    before, settings = read(STACK), read("/etc/ssh/sshd_config")
    write("/etc/ssh/sshd_config", settings + "UsePAM yes\nKbdInteractiveAuthentication no\n")  # as Debian has it
    on("--key-and-code")
    write(STACK, read(STACK) + "# mine\n")
    tool("undo")
    check(read(STACK) == before + "# mine\n" and not os.path.exists(STACK + ".before-pam-totp"), read(STACK))
    check(not os.path.exists(DROPIN), "the other file stays")
    refused(login((r"(?i)password[^\n]*: ", ann.phone.take()), key=False))
    write("/etc/ssh/sshd_config", settings)
    write(STACK, before)


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
def nothing_secret_is_in_the_log():
    bed.nothing_secret_in("\n".join(bed.syslog.lines))


if __name__ == "__main__":
    keep_all(server.stop)
