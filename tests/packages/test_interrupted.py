#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An installation is cut off, at each step of the maintainer scripts and at any moment: dpkg goes on from there."""
import os
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path[1:1] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support")]
from promises import check, keep_all, require_sandbox  # noqa: E402

require_sandbox()
import doors  # noqa: E402
from guest import CONF, KEY, on_each  # noqa: E402

HELPER = "/usr/lib/pam-totp/pam_totp_helper"
# Programs that the scripts run, each a step: dpkg and the script are killed before it, and after it.
STEPS = ("groupadd", "dpkg-statoverride", "chgrp", "chown", "chmod", "pam-totp", "pam-auth-update")
KILL = """#!/bin/sh
{first}
pid=$PPID chain=
while [ "$pid" -gt 1 ]; do
    chain="$pid $chain"
    read -r name < "/proc/$pid/comm"
    [ "$name" != dpkg ] || break
    pid=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$pid/status")
done
kill -KILL $chain
"""


def cut_off_at(guest, step, first, *debs):
    """False when no script comes by this step."""
    found = guest.run("sh", "-c", f"command -v {step}", check=False).stdout.strip()
    whole_path = found if found and not found.startswith("/usr/local") else f"/usr/bin/{step}"
    trap = f"/usr/local/sbin/{step}"
    guest.write(trap, KILL.format(first=f'{whole_path} "$@"' if first else ":"), 0o755)
    said = guest.run("dpkg", "-i", *debs, check=False)
    os.unlink(guest.path(trap))
    check(said.returncode in (0, -signal.SIGKILL), f"{step}: {said.returncode}\n{said.stdout}{said.stderr}")
    return said.returncode != 0


def is_whole(guest, person):
    guest.run("dpkg", "--configure", "-a")
    guest.whole()
    look = os.stat(guest.path(HELPER))
    check(look.st_mode & 0o7777 == 0o2755 and look.st_gid == group_of(guest), oct(look.st_mode))
    check(os.stat(guest.path(KEY)).st_mode & 0o7777 == 0o640, "the host key's mode")
    check(guest.run("dpkg-statoverride", "--list", HELPER).stdout.split()[:3] == ["root", "_pam_totp", "2755"], "override")
    guest.set_up(person)


def group_of(guest):
    return int(guest.run("getent", "group", "_pam_totp").stdout.split(":")[2])


@on_each
def once_configured_a_first_installation_cut_off_at_any_step_is_whole(guest):
    cut = 0
    for step in STEPS:
        for first in (False, True):
            with guest.again() as other:
                ann = doors.open_to(other, other.add_user("ann"))
                if not cut_off_at(other, step, first, *other.bring()):
                    continue
                cut += 1
                doors.all_let_in(other, ann)
                is_whole(other, ann)
                doors.switch_on("sudo", other, ann)
    check(cut >= 6, f"cut off at {cut} steps alone")


@on_each
def nobody_is_let_in_or_kept_out_by_an_upgrade_killed_at_any_moment(guest):
    guest.install("packages-before")
    ann = doors.open_to(guest, guest.person("ann"))
    doors.switch_on("sudo", guest, ann)
    doors.switch_on("login", guest, ann)
    guest.write(CONF, "guesses = 100\nif-enrolled\n")
    before, after = guest.bring("packages-before"), guest.bring()
    began = time.monotonic()
    guest.run("dpkg", "-i", *after)
    whole = time.monotonic() - began
    for part in range(1, 9):
        guest.run("dpkg", "-i", *before)
        dpkg = subprocess.Popen(guest.argv("dpkg", "-i", *after), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL, start_new_session=True)
        time.sleep(whole * part / 9)
        os.killpg(dpkg.pid, signal.SIGKILL)
        dpkg.wait()
        doors.asks("sudo", guest, ann)
        doors.asks("login", guest, ann)
        guest.run("dpkg", "--configure", "-a", check=False)  # says what is to be installed once more
        guest.run("dpkg", "-i", *after)
        guest.whole()
        doors.asks("sudo", guest, ann)


keep_all()
