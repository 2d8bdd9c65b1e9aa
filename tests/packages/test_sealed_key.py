#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The host key sealed to a TPM, or to a secret of the host, as INSTALL says it: real starts of systemd, and real ssh."""
import contextlib
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import Skip, check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
from bed import CONF, KEY, PROMPT, REPOSITORY, Bed, run, write  # noqa: E402
from booted import Booted, make_bare  # noqa: E402
from results import let_in, refused  # noqa: E402
from sshd import Sshd, authorize  # noqa: E402

UNIT, UNSEALED = "pam-totp-key.service", "/run/pam_totp/key"
SEALED, SECRET = "/etc/credstore.encrypted/pam_totp.key", "/var/lib/systemd/credential.secret"
SAFE, NAMED = "/root/safe/pam_totp.key", f"{CONF}.d/sealed-key.conf"
PORT, TPM_PORT = 2291, 2321

with open(f"{REPOSITORY}/INSTALL.md", encoding="utf-8") as install:
    SECTION = install.read().partition("## The host key sealed to the machine\n")[2].partition("\n## ")[0]
SEAL, TAKE_BACK, REKEY = (re.sub("(?m)^    ", "", block) for block in re.findall(r"\n\n((?:    [^\n]+\n)+)", SECTION))

bed = Bed()
bed.pam("sshd", "auth required pam_totp.so")
server = Sshd(PORT)
alice = bed.setup_user(bed.add_user("alice"), "--hotp")
authorize(alice)
os.makedirs("/root/safe", exist_ok=True)
make_bare()
# Debian's own unit, with the settings of this test: it comes after the key as on a machine.
os.makedirs("/etc/systemd/system/ssh.service.d", exist_ok=True)
write("/etc/systemd/system/ssh.service.d/bed.conf", f"[Service]\nExecStartPre=\nExecStart=\nExecStart=/usr/sbin/sshd -D -f {server.path}\n")
for unit in ("ssh.service", "systemd-user-sessions.service"):
    os.makedirs("/etc/systemd/system/multi-user.target.wants", exist_ok=True)
    os.symlink(f"/lib/systemd/system/{unit}", f"/etc/systemd/system/multi-user.target.wants/{unit}")


class Tpm:
    """A TPM of software; `state` is which one."""

    def __init__(self, state):
        if not shutil.which("swtpm"):
            raise Skip("swtpm is not installed")
        self.state = f"/root/tpm-{state}"
        os.makedirs(self.state, exist_ok=True)
        self.device = f"swtpm:host=127.0.0.1,port={TPM_PORT}"
        self.process = None

    def __enter__(self):
        place = "type=tcp,bindaddr=127.0.0.1,port="
        self.process = subprocess.Popen(
            ["swtpm", "socket", "--tpm2", "--tpmstate", f"dir={self.state}", "--server", f"{place}{TPM_PORT},disconnect",
             "--ctrl", f"{place}{TPM_PORT + 1}", "--flags", "not-need-init,startup-clear"], stdin=subprocess.DEVNULL)
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", TPM_PORT + 1)) == 0:
                    return self
            time.sleep(0.05)
        raise AssertionError("swtpm does not listen")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)


def content(path):
    with open(path, "rb") as file:
        return file.read()


def seal(machine, kind="host", tpm=None):
    """What INSTALL says, with the key's kind chosen: a test has no TPM that systemd finds by itself."""
    text = SEAL.replace("systemd-creds encrypt", f"systemd-creds encrypt --with-key={kind}")
    check(text != SEAL, SEAL)
    device = f"export SYSTEMD_TPM2_DEVICE={tpm.device}\n" if tpm else ""
    machine.shell(device + text)
    check(not os.path.exists(KEY) and content(SAFE) == content(UNSEALED), "the key on the disk stayed, or is not what was unsealed")


def started(tpm=None):
    return Booted(**({"SYSTEMD_TPM2_DEVICE": tpm.device} if tpm else {}))


def login():
    return server.login(alice, (PROMPT, alice.phone.next()))


def gets_in():
    let_in(login(), alice.name)
    alice.phone.take()
    own = bed.tool("status", "--json", user="alice")
    check(own.returncode == 0, own.stdout + own.stderr)


def is_not_unsealed(machine):
    """And the machine is up all the same."""
    check(machine.systemctl("is-failed", UNIT, check=False).stdout == "failed\n" and not os.path.exists(UNSEALED), "it was unsealed")


def is_kept_out():
    """And the log says where to look."""
    mark = bed.syslog.mark()
    refused(login())
    line = bed.syslog.find(r"user=alice .*reason=key_missing", mark)
    check(f"path={UNSEALED}" in line and "pam-totp-key" in line, line)
    said = bed.tool("check")
    finding = re.search(rf"danger: {UNSEALED}: .*\[key_missing\]\n.*\n.*", said.stdout)
    check(said.returncode == 2 and finding and UNIT.partition(".")[0] in finding[0], said.stdout)


@contextlib.contextmanager
def sealed(kind="host", tpm=None):
    """The key as it is after INSTALL's steps, and as it was when it is over."""
    try:
        with started(tpm) as machine:
            seal(machine, kind, tpm)
        yield
    finally:
        if not os.path.exists(KEY):
            run("install", "-m", "0640", "-g", "_pam_totp", SAFE, KEY)
        for path in (SEALED, NAMED, SAFE):
            if os.path.exists(path):
                os.unlink(path)


@promise
def systemd_takes_the_unit():
    said = run("systemd-analyze", "verify", f"/usr/lib/systemd/system/{UNIT}", check=False)
    check(said.returncode == 0 and not said.stderr, said.stderr)


@promise
def a_key_sealed_to_a_secret_of_the_host_lets_people_in_after_a_start():
    with sealed():
        with started() as machine:
            found = os.stat(UNSEALED)
            check((found.st_uid, stat.S_IMODE(found.st_mode)) == (0, 0o640), oct(found.st_mode))
            check(stat.S_IMODE(os.stat(os.path.dirname(UNSEALED)).st_mode) == 0o755, "others may write beside it")
            gets_in()
            for later in ("ssh.service", "systemd-user-sessions.service"):
                check(UNIT in machine.systemctl("show", "-P", "After", later).stdout.split(), f"{later} does not wait")


@promise
def a_key_sealed_to_a_tpm_lets_people_in_after_a_start_and_another_tpm_unseals_nothing():
    with contextlib.ExitStack() as over:
        with Tpm("own") as tpm:
            over.enter_context(sealed("tpm2", tpm))
        # A TPM starts with its machine.
        with Tpm("own") as tpm, started(tpm):
            gets_in()
        with Tpm("other") as other, started(other) as machine:
            is_not_unsealed(machine)
            is_kept_out()
        with Tpm("own") as tpm, started(tpm):
            gets_in()


@promise
def a_disk_in_another_machine_lets_nobody_in_and_the_copy_lets_everybody_in_again():
    with sealed():
        os.rename(SECRET, SECRET + ".away")
        try:
            with started() as machine:
                is_not_unsealed(machine)
                is_kept_out()
                check(bed.tool("init").returncode == 4 and not os.path.exists(UNSEALED) and not os.path.exists(KEY),
                      "a new key beside records that it cannot read")
                machine.shell(TAKE_BACK)
                gets_in()
        finally:
            os.replace(SECRET + ".away", SECRET)


@promise
def a_seal_that_does_not_open_takes_no_key_that_is_there():
    with sealed(), started() as machine:
        write(SEALED, "nothing\n", 0o600)
        check(machine.systemctl("restart", UNIT, check=False).returncode != 0, "it was unsealed")
        gets_in()


@promise
def rekey_refuses_where_the_new_key_would_be_gone():
    with sealed(), started():
        before = content(UNSEALED)
        said = bed.tool("rekey")
        check(said.returncode == 4 and "lies in memory" in said.stderr, said)
        check(content(UNSEALED) == before, "it was changed")
        gets_in()


@promise
def after_a_new_key_was_sealed_a_start_lets_people_in():
    with sealed():
        with started() as machine:
            before = content(UNSEALED)
            machine.shell(REKEY)
            check(content(KEY) != before, "no new key")
            gets_in()
            seal(machine)
        with started():
            gets_in()
            said = bed.tool("rekey", "--drop-old")
            check(said.returncode == 4 and "lies in memory" in said.stderr, said)


@promise
def a_host_that_names_a_key_and_has_none_makes_none():
    with sealed():
        store = "/root/another"
        os.unlink(UNSEALED)
        said = bed.tool("init", "--store", store)
        check(said.returncode == 4 and not os.path.exists(UNSEALED) and not os.path.exists(store), said)


keep_all()
