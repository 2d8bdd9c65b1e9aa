#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The host key, or the store, is gone: who has codes is refused, root and others get in, and dpkg goes on with its work."""
import os
import sys

sys.dont_write_bytecode = True
sys.path[1:1] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support")]
from promises import check, keep_all, require_sandbox  # noqa: E402

require_sandbox()
import doors  # noqa: E402
from bed import PROMPT, as_user  # noqa: E402
from guest import KEY, STORE, on_each  # noqa: E402
from results import let_in, refused  # noqa: E402

KEPT = "/root/kept"


def lose(guest, what):
    """As an administrator's slip does, or a disk that is not mounted: the place itself is there, empty."""
    guest.run("mv", what, KEPT)
    if what == STORE:
        guest.run("install", "-d", "-o", "root", "-g", "_pam_totp", "-m", "1770", STORE)


def bring_back(guest, what):
    guest.run("rm", "-rf", what)
    guest.run("mv", KEPT, what)


def root_gets_in(guest, person):
    """On the console by password, and by su from a shell of root's."""
    root = type(person)("root", "Pass-of-root")
    guest.set_password("root", root.password)
    transcript, status = doors.login(guest, root, (doors.PASSWORD, root.password))
    check(status == 0 and PROMPT not in transcript, transcript)
    let_in(guest.drive(["su", person.name, "-c", doors.IN]), person.name)


def is_refused_with_a_reason(guest, person, reason):
    """Before any question for a code: no answer could be judged."""
    for door in ("sshd", "sudo"):
        mark = guest.syslog.mark()
        refused(doors.through(door, guest, person))
        guest.syslog.find(f"pam_totp.*service={door}.*{reason}|pam_totp.*{reason}.*service={door}", mark)


def without(guest, what, reason):
    guest.install("packages-before")
    ann = doors.open_to(guest, guest.person("ann"))
    for door in ("sshd", "sudo"):
        doors.switch_on(door, guest, ann)
    lose(guest, what)
    for step in (lambda: None, guest.install, lambda: guest.install("packages", "--reinstall"),
                 lambda: guest.run("dpkg-reconfigure", "pam-totp", "libpam-totp")):
        step()
        guest.whole()
        is_refused_with_a_reason(guest, ann, reason)
        root_gets_in(guest, ann)
        check(not guest.exists(KEY if what == KEY else f"{STORE}/.store"), "made anew beside what it does not fit")
    return ann


@on_each
def without_the_host_key_root_gets_in_and_the_package_is_looked_after(guest):
    ann = without(guest, KEY, "reason=key_missing")
    said = guest.install("packages", "--reinstall")
    check(KEY in said.stderr + said.stdout, "nobody is told:\n" + said.stdout + said.stderr)
    bring_back(guest, KEY)
    for door in ("sshd", "sudo"):
        doors.asks(door, guest, ann)


@on_each
def without_the_store_root_gets_in_and_the_package_is_looked_after(guest):
    ann = without(guest, STORE, "reason=store_")
    bring_back(guest, STORE)
    for door in ("sshd", "sudo"):
        doors.asks(door, guest, ann)


def goes_without(guest, what):
    guest.install()
    ann = doors.open_to(guest, guest.person("ann"))
    for door in ("sshd", "sudo"):
        doors.switch_on(door, guest, ann)
    guest.run("pam-auth-update", "--enable", "totp")
    guest.run("rm", "-rf", what)
    let_in(guest.drive(["su", ann.name, "-c", doors.IN]), ann.name)
    for door in ("sshd", "sudo"):
        guest.tool("disable", door, "--yes")
    guest.apt("purge", "libpam-totp", "pam-totp")
    doors.later(guest)
    doors.all_let_in(guest, ann)


@on_each
def without_the_host_key_it_can_be_switched_off_and_removed(guest):
    goes_without(guest, KEY)


@on_each
def without_the_stores_directory_it_can_be_switched_off_and_removed(guest):
    goes_without(guest, STORE)


@on_each
def where_the_stores_directory_is_gone_it_is_configured_all_the_same(guest):
    guest.install()
    guest.run("rm", "-rf", STORE)
    guest.run("dpkg-reconfigure", "pam-totp")
    guest.whole()


keep_all()
