# SPDX-License-Identifier: Apache-2.0
"""A host whose services are switched on and off: its own sshd, people, and everything that enable may touch."""
import glob
import hashlib
import json
import os
import time

from bed import PROMPT, Bed, run, write
from promises import check
from ptydrive import Driven
from sshd import DIRECTORY, Sshd, authorize, make_keys

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


def enable_at_a_terminal(*words):
    """Up to the question whether it is to be kept; the dry run takes a code."""
    session = Driven(["pam-totp", "enable", "sshd", "-u", "ann", *words])
    for regex, answer in ((PROMPT, code), (r"Change it now\?", "")):
        check(session.expect(regex), session.seen)
        session.answer(answer)
    check(session.expect("Log in by sshd now"), session.seen)
    return session


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
