#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The packages come onto a clean Debian, people set up, and services are switched on."""
import os
import sys

sys.dont_write_bytecode = True
sys.path[1:1] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support")]
from promises import check, keep_all, require_sandbox  # noqa: E402

require_sandbox()
import doors  # noqa: E402
from bed import PROMPT  # noqa: E402
from guest import on_each  # noqa: E402
from results import refused  # noqa: E402


@on_each
def once_installed_nobody_is_asked_and_two_commands_change_that(guest):
    guest.install()
    guest.whole()
    alice = doors.open_to(guest, guest.add_user("alice"))
    doors.all_let_in(guest, alice)
    guest.enrol(alice)
    doors.lets_in("sshd", guest, alice)
    guest.tool("enable", "sshd", "--yes")
    doors.later(guest)
    refused(doors.through("sshd", guest, alice, alice.phone.wrong()))
    check(PROMPT in doors.lets_in("sshd", guest, alice, alice.phone.fresh), "no code was asked for")
    guest.tool("keep")


@on_each
def each_door_asks_once_it_is_switched_on(guest):
    guest.install()
    bob, ulf = doors.open_to(guest, guest.person("bob")), doors.open_to(guest, guest.add_user("ulf"))
    for door in doors.ALL:
        doors.lets_in(door, guest, bob)
        doors.switch_on(door, guest, bob)
        doors.asks(door, guest, bob)
        doors.lets_in(door, guest, ulf)  # who has nothing set up
    said = guest.run("pam-totp", "check", check=False)
    check(said.returncode < 2, said.stdout)  # warnings are of the chroot: nothing keeps its clock
    for door in doors.ALL:
        guest.tool("disable", door, "--yes")
        doors.later(guest)
        doors.lets_in(door, guest, bob)


keep_all()
