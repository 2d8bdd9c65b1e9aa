#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The packages go, for good or to come back: nothing is left over that is not kept on purpose, and everybody gets in."""
import hashlib
import os
import sys

sys.dont_write_bytecode = True
sys.path[1:1] = [os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support")]
from promises import check, keep_all, require_sandbox  # noqa: E402

require_sandbox()
import doors  # noqa: E402
from bed import PROMPT  # noqa: E402
from guest import CONF, KEY, STORE, on_each  # noqa: E402

# What dpkg and the programs that are run keep of their own; the group stays, since files may belong to it.
NOT_OURS = ("/proc", "/dev", "/run", "/tmp", "/var/log", "/var/cache", "/var/lib/dpkg", "/var/lib/apt", "/home", "/root",
            "/etc/group", "/etc/group-", "/etc/gshadow", "/etc/gshadow-", "/etc/.pwd.lock")


def disk(guest):
    """Every file and directory with mode, owner and contents."""
    found = {}
    for folder, folders, names in os.walk(guest.root):
        inside = folder[len(guest.root):]
        folders[:] = [name for name in folders if f"{inside}/{name}" not in NOT_OURS]
        for path in (f"{inside}/{name}" for name in folders + names if f"{inside}/{name}" not in NOT_OURS):
            look = os.lstat(guest.path(path))
            found[path] = (look.st_mode, look.st_uid, look.st_gid, contents(guest.path(path)))
    return found


def contents(path):
    if os.path.islink(path):
        return os.readlink(path)
    if not os.path.isfile(path):
        return ""
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def of(paths, *places):
    return {path for path in paths if any(path == place or path.startswith(place + "/") for place in places)}


@on_each
def once_purged_records_and_key_alone_are_left_and_come_to_life_again(guest):
    ann = doors.open_to(guest, guest.add_user("ann"))
    before = disk(guest)
    guest.install()
    guest.set_up(ann)
    for door in doors.ALL:
        doors.switch_on(door, guest, ann)
        guest.tool("disable", door, "--yes")
    guest.run("pam-auth-update", "--enable", "totp")
    key = guest.read(KEY)
    for word in ("remove", "purge"):
        guest.apt(word, "pam-totp", "libpam-totp")
        doors.all_let_in(guest, ann)
    check(guest.installed() == {}, guest.installed())
    after = disk(guest)
    gone, new = before.keys() - after.keys(), after.keys() - before.keys()
    changed = {path for path in before.keys() & after.keys() if before[path] != after[path]}
    check(not gone and not changed, f"gone {gone}, changed {changed}")
    kept = of(new, KEY, STORE)
    check(new == kept, f"left over: {sorted(new - kept)}")
    check({KEY, f"{STORE}/.store", f"{STORE}/ann"} <= kept, kept)
    check("pam_totp" not in guest.run("dpkg-statoverride", "--list", check=False).stdout, "an override is left over")
    guest.install()
    guest.whole()
    check(guest.read(KEY) == key, "another host key")
    doors.switch_on("sshd", guest, ann)
    doors.asks("sshd", guest, ann)


@on_each
def removed_and_installed_again_settings_and_records_are_as_they_were(guest):
    guest.install()
    ann = doors.open_to(guest, guest.person("ann"))
    guest.write(CONF, "guesses = 5\nif-enrolled\n")
    guest.apt("remove", "pam-totp")
    check(guest.read(CONF) == "guesses = 5\nif-enrolled\n", guest.read(CONF))
    doors.all_let_in(guest, ann)
    guest.install()
    guest.whole()
    for door in doors.ALL:
        doors.lets_in(door, guest, ann)  # nothing is switched on by itself
        doors.switch_on(door, guest, ann)
        doors.asks(door, guest, ann)


def refuses_to_go(guest, *named):
    """Whichever command it is, the module stays and nothing is half done; what is said names the line."""
    for words in (("apt-get", "-y", "remove", "libpam-totp"), ("apt-get", "-y", "purge", "pam-totp"),
                  ("dpkg", "--remove", "libpam-totp"), ("dpkg", "--purge", "libpam-totp", "pam-totp")):
        said = guest.run(*words, check=False)
        text = said.stdout + said.stderr
        check(said.returncode != 0, f"{words} did it:\n{text}")
        check(all(name in text for name in named), f"{words}:\n{text}")
        guest.whole()


@on_each
def refuses_to_go_while_a_line_by_hand_names_the_module(guest):
    guest.install()
    ann = doors.open_to(guest, guest.person("ann"))
    before = guest.read("/etc/pam.d/sudo")
    line = "auth required pam_totp.so after=password"
    guest.write("/etc/pam.d/sudo", before.replace("@include common-auth", f"@include common-auth\n{line}"))
    number = guest.read("/etc/pam.d/sudo").splitlines().index(line) + 1
    guest.run("pam-auth-update", "--enable", "totp")
    refuses_to_go(guest, f"/etc/pam.d/sudo:{number}: {line}")
    doors.asks("login", guest, ann)  # by the profile, which is not taken out first
    guest.write("/etc/pam.d/sudo", before + f"# {line}\n")
    guest.apt("remove", "libpam-totp")
    doors.all_let_in(guest, ann)


@on_each
def refuses_to_go_while_something_is_switched_on(guest):
    guest.install()
    ann = doors.open_to(guest, guest.person("ann"))
    doors.switch_on("sshd", guest, ann)
    refuses_to_go(guest, "/etc/pam.d/sshd", "pam-totp disable")
    doors.asks("sshd", guest, ann)
    guest.tool("disable", "sshd", "--yes")
    doors.later(guest)
    guest.apt("purge", "libpam-totp", "pam-totp")
    doors.all_let_in(guest, ann)


keep_all()
