#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The profile of pam-auth-update: sudo, su and the console ask with it, and nothing else does."""
import os
import sys

sys.dont_write_bytecode = True
sys.path[1:1] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support")]
from promises import check, keep_all, require_sandbox  # noqa: E402

require_sandbox()
import doors  # noqa: E402
from guest import on_each  # noqa: E402


def named(guest):
    return [name for name in os.listdir(guest.path("/etc/pam.d")) if "pam_totp" in guest.read(f"/etc/pam.d/{name}")]


@on_each
def is_off_until_somebody_switches_it_on(guest):
    guest.install()
    check(named(guest) == [], named(guest))
    ann = doors.open_to(guest, guest.person("ann"))
    guest.run("pam-auth-update", "--enable", "totp")
    check(named(guest) == ["common-auth"], named(guest))
    for door in ("sudo", "su", "login"):
        doors.asks(door, guest, ann)
    doors.lets_in("sshd", guest, ann)
    guest.run("pam-auth-update", "--disable", "totp")
    check(named(guest) == [], named(guest))
    doors.all_let_in(guest, ann)


@on_each
def stays_on_over_a_reinstallation_and_goes_with_the_package(guest):
    guest.install()
    ann = doors.open_to(guest, guest.person("ann"))
    before = guest.read("/etc/pam.d/common-auth")
    guest.run("pam-auth-update", "--enable", "totp")
    guest.install("packages", "--reinstall")
    doors.asks("sudo", guest, ann)
    guest.apt("remove", "libpam-totp")
    check(named(guest) == [] and guest.read("/etc/pam.d/common-auth") == before, guest.read("/etc/pam.d/common-auth"))
    doors.all_let_in(guest, ann)


@on_each
def refuses_to_go_where_pam_auth_update_may_not_take_it_out(guest):
    guest.install()
    ann = doors.open_to(guest, guest.person("ann"))
    guest.run("pam-auth-update", "--enable", "totp")
    edited = guest.read("/etc/pam.d/common-auth").replace("pam_totp.so", "pam_totp.so try_first_pass\nauth optional pam_permit.so")
    guest.write("/etc/pam.d/common-auth", edited)
    said = guest.apt("remove", "libpam-totp", check=False)
    check(said.returncode != 0 and "/etc/pam.d/common-auth:" in said.stderr + said.stdout, said.stdout + said.stderr)
    guest.whole()
    doors.asks("sudo", guest, ann)


keep_all()
