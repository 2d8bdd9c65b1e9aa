#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""An image that holds the packages gives each of its clones a host key of its own, at its first start."""
import os
import sys

sys.dont_write_bytecode = True
sys.path[1:1] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support")]
from promises import check, keep_all, require_sandbox  # noqa: E402

require_sandbox()
from guest import KEY, STORE, fresh, on_each  # noqa: E402

UNIT = "pam-totp-init.service"
MARK = "/etc/security/pam_totp.image"


def start(guest):
    """What the unit does, and under which conditions, as systemd reads them: nobody boots here."""
    unit = guest.run("systemd-analyze", "cat-config", f"systemd/system/{UNIT}").stdout
    lines = dict.fromkeys(line for line in unit.splitlines())
    for line in lines:
        if line.startswith("ConditionPathExists=!") and guest.exists(line.partition("!")[2]):
            return
    command = next(line.partition("=")[2] for line in lines if line.startswith("ExecStart="))
    guest.run(*command.split())


@on_each
def clones_of_an_image_share_no_key(guest):
    guest.write(MARK, "")
    guest.install()
    guest.whole()
    check(not guest.exists(KEY) and not guest.exists(f"{STORE}/.store"), "the image has a key")
    wanted = [place for place in ("/etc", "/usr/lib") if guest.exists(f"{place}/systemd/system/multi-user.target.wants/{UNIT}")]
    check(wanted, "nothing makes the key at the first start")
    keys = []
    for _ in range(2):
        with guest.again() as clone:
            start(clone)
            keys.append(clone.read(KEY))
            clone.install("packages", "--reinstall")
            start(clone)
            check(clone.read(KEY) == keys[-1], "a second start changes the key")
            clone.person("ann")
    check(keys[0] != keys[1], "two clones share a key")


@on_each
def systemd_takes_the_unit_and_what_goes_with_it(guest):
    guest.install()
    said = guest.run("systemd-analyze", "--man=no", "verify", UNIT, check=False)
    check(said.returncode == 0 and UNIT not in said.stderr, said.stdout + said.stderr)
    before = guest.run("stat", "-c", "%a %U %G", STORE).stdout
    check(before == "1770 root _pam_totp\n", before)
    guest.run("systemd-sysusers", "--dry-run")
    said = guest.run("systemd-tmpfiles", "--create", "pam_totp.conf", check=False)
    check(said.returncode == 0 and guest.run("stat", "-c", "%a %U %G", STORE).stdout == before, said.stderr)
    guest.run("rm", "-rf", STORE)
    guest.run("systemd-tmpfiles", "--create", "pam_totp.conf")
    check(guest.run("stat", "-c", "%a %U %G", STORE).stdout == before and not guest.exists(f"{STORE}/.store"), "the store")


keep_all()
