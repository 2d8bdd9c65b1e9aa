# SPDX-License-Identifier: Apache-2.0
"""A real sshd on the sandbox's loopback, and the real ssh as its client."""
import os
import socket
import subprocess
import time

import ptydrive
from bed import run, write

DIRECTORY = "/etc/ssh/bed"
CLIENT_KEY = f"{DIRECTORY}/client"
KNOWN_HOSTS = f"{DIRECTORY}/known_hosts"
KEY_AND_CODE = "publickey,keyboard-interactive:pam"


def make_keys():
    os.makedirs(DIRECTORY, exist_ok=True)
    for name in ("host", "client"):
        if not os.path.exists(f"{DIRECTORY}/{name}"):
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", f"{DIRECTORY}/{name}")


def public_key(name):
    with open(f"{DIRECTORY}/{name}.pub", encoding="ascii") as file:
        return file.read()


def authorize(person):
    """Lets the client's key in as this person."""
    home = f"/home/{person.name}/.ssh"
    run("install", "-d", "-m", "700", "-o", person.name, "-g", person.name, home)
    write(f"{home}/authorized_keys", public_key("client"))


def usual_client(host):
    """`ssh alice@host` of root's, as a person types it: to a server on its usual port, with the client's key."""
    with open(KNOWN_HOSTS, "a", encoding="ascii") as file:
        file.write(f"{host} {public_key('host')}")
    os.makedirs("/root/.ssh", 0o700, exist_ok=True)
    write("/root/.ssh/config", f"Host {host}\nIdentityFile {CLIENT_KEY}\nIdentityAgent none\nIdentitiesOnly yes\n"
          f"UserKnownHostsFile {KNOWN_HOSTS}\nNumberOfPasswordPrompts 3\n", 0o600)


class Sshd:
    """One server. The PAM service is `sshd`, after the name of the program: edit it with Bed.pam."""

    def __init__(self, port, methods=KEY_AND_CODE, more=(), drop_ins=False):
        self.port, self.path, self.log = port, f"{DIRECTORY}/config-{port}", f"{DIRECTORY}/log-{port}"
        make_keys()
        os.makedirs("/run/sshd", exist_ok=True)
        lines = [f"ListenAddress 127.0.0.1:{port}", f"HostKey {DIRECTORY}/host", f"PidFile {DIRECTORY}/pid-{port}",
                 "UsePAM yes", "KbdInteractiveAuthentication yes", f"AuthenticationMethods {methods}", "UseDNS no",
                 "LogLevel VERBOSE", "Subsystem sftp internal-sftp", *more]
        if not any(line.startswith("PasswordAuthentication") for line in lines):
            lines.append("PasswordAuthentication no")
        # Newer servers shut out an address after a few refusals: all of these come from one.
        if run("/usr/sbin/sshd", "-t", "-f", "/dev/null", "-h", f"{DIRECTORY}/host", "-o", "PerSourcePenalties=no",
               check=False).returncode == 0:
            lines.append("PerSourcePenalties no")
        if drop_ins:  # as Debian's own file begins; what they say first counts
            own = ("UsePAM", "Kbd", "AuthenticationMethods", "UseDNS", "Password")
            lines = ["Include /etc/ssh/sshd_config.d/*.conf", *(line for line in lines if not line.startswith(own))]
        write(self.path, "\n".join(lines) + "\n")
        with open(KNOWN_HOSTS, "a", encoding="ascii") as file:
            file.write(f"[127.0.0.1]:{port} {public_key('host')}")
        self.process = None

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(["/usr/sbin/sshd", "-D", "-e", "-f", self.path],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        for _ in range(500):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return self
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError("sshd does not listen:\n" + self.said())

    def stop(self):
        self.process.terminate()
        self.process.wait(10)

    def said(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def options(self, key=True, prompts=1, more=()):
        """What the clients, ssh and sftp alike, are told besides port and host."""
        settings = [f"UserKnownHostsFile={KNOWN_HOSTS}", "StrictHostKeyChecking=yes", "IdentitiesOnly=yes",
                    "IdentityAgent=none", f"NumberOfPasswordPrompts={prompts}",
                    f"PubkeyAuthentication={'yes' if key else 'no'}", *more]
        return ["-F", "none", "-i", CLIENT_KEY, *(word for setting in settings for word in ("-o", setting))]

    def argv(self, person, *command, **more):
        name = getattr(person, "name", person)
        return ["ssh", *self.options(**more), "-p", str(self.port), f"{name}@127.0.0.1", *command]

    def login(self, person, *answers, command="echo in as $(id -un)", **more):
        """Answers (regex, answer) in turn; (transcript, exit status)."""
        return ptydrive.drive(self.argv(person, command, **more), answers)
