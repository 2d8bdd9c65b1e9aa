#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The bastion of INSTALL.md: two real sshds, and the real ssh -J through the one to the other."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
import recipes  # noqa: E402
import sshd  # noqa: E402
from bed import PROMPT, Bed, run, write  # noqa: E402
from ptydrive import drive  # noqa: E402
from results import let_in, refused  # noqa: E402
from unpacked import Daemon  # noqa: E402

BASTION, INSIDE, ELSEWHERE = "192.0.2.1", "192.0.2.2", "192.0.2.9"  # the first as the text has it
HEADING, CLIENT, PORT = "ssh: a bastion", "/etc/ssh/bed/config-client", 2331

bed = Bed()
sshd.make_keys()
anna = bed.setup_user(bed.add_user("anna"), "--hotp")
sshd.authorize(anna)


def addresses():
    """A network in the loopback: whoever does not say otherwise comes from the bastion's address."""
    for address in (BASTION, INSIDE, ELSEWHERE):
        run("ip", "address", "add", f"{address}/32", "dev", "lo")
    run("ip", "route", "replace", "local", INSIDE, "dev", "lo", "table", "local", "src", BASTION)


def client():
    write(CLIENT, f"""IdentityFile {sshd.CLIENT_KEY}
IdentitiesOnly yes
IdentityAgent none
NumberOfPasswordPrompts 1
UserKnownHostsFile {sshd.KNOWN_HOSTS}
StrictHostKeyChecking yes
""")
    with open(sshd.KNOWN_HOSTS, "a", encoding="ascii") as file:
        file.write(f"{INSIDE} {sshd.public_key('host')}")


class Hosts:
    """The bastion with the recipe in force, and a host behind it with the other one in a file of its own."""

    def __enter__(self):
        self.undo = recipes.apply(HEADING)
        self.bastion = sshd.Sshd(PORT, drop_ins=True).start()
        (_, _, _, behind), = recipes.steps("ssh: the hosts behind a bastion")
        path = f"{sshd.DIRECTORY}/config-inside"
        write(path, f"{behind}ListenAddress {INSIDE}:22\nHostKey {sshd.DIRECTORY}/host\nPidFile none\nUsePAM yes\n")
        self.inside = Daemon(["/usr/sbin/sshd", "-D", "-e", "-f", path], 22, INSIDE)
        return self.bastion

    def __exit__(self, *_):
        self.inside.stop()
        self.bastion.stop()
        self.undo()


def ssh(*words, code=None):
    return drive(["ssh", "-F", CLIENT, *words], [(PROMPT, code)] if code else [])


def through(code):
    return ssh("-J", f"anna@127.0.0.1:{PORT}", f"anna@{INSIDE}", "echo in as $(id -un)", code=code)


@promise
def a_key_and_one_code_lead_through_the_bastion():
    with Hosts():
        said = let_in(through(anna.phone.take()), "anna")
        check(said.count(PROMPT) == 1, said)
        refused(through(anna.phone.spent()))
        refused(through(anna.phone.wrong()))


@promise
def the_bastion_leads_on_and_gives_nothing_else():
    with Hosts() as bastion:
        for command in ("echo in as anna", "sh"):
            said = refused(bastion.login(anna, (PROMPT, anna.phone.take()), command=command))
            check("not available" in said, said)
        said = refused(ssh("-W", f"127.0.0.1:{PORT}", "-p", str(PORT), "anna@127.0.0.1", code=anna.phone.take()))
        check("prohibited" in said, said)


@promise
def the_hosts_behind_are_open_to_the_bastion_alone():
    with Hosts():
        said = refused(ssh("-b", ELSEWHERE, f"anna@{INSIDE}", "echo in as anna"))
        check("denied" in said, said)
        let_in(ssh(f"anna@{INSIDE}", "echo in as $(id -un)"), "anna")


if __name__ == "__main__":
    addresses()
    client()
    keep_all()
