#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the packages bring for systemd: read by systemd's own programs."""
import os
import shutil
import stat
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import Skip, check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
from bed import BUILD, REPOSITORY, run, write  # noqa: E402

UNITS = "/usr/lib/systemd/system"
# As polkit has it from 127 on, so far as it says what may be written.
AGENT = """[Unit]
Description=Authorization Manager Agent Helper
CollectMode=inactive-or-failed
[Service]
ExecStart=/bin/true
StandardInput=socket
ProtectSystem=strict
ProtectHome=yes
NoNewPrivileges=yes
"""


def needs(program):
    if not shutil.which(program):
        raise Skip(f"needs {program}")


def verify(unit):
    said = run("systemd-analyze", "verify", "--man=no", unit, check=False)
    ours = [line for line in said.stderr.splitlines() if "pam" in line and "totp" in line]
    check(said.returncode == 0 and not ours, said.stderr)


@promise
def the_unit_that_makes_the_key_is_without_fault_and_does_nothing_where_a_key_or_a_store_is():
    needs("systemd-analyze")
    verify("pam-totp-init.service")
    for conditions, wanted in ((("ConditionPathExists=!/etc/none", "ConditionPathExists=!/etc/none2"), 0),
                               (("ConditionPathExists=!/etc/passwd", "ConditionPathExists=!/etc/none"), 1)):
        said = run("systemd-analyze", "condition", *conditions, check=False)
        check(said.returncode == wanted, said)
    with open(f"{UNITS}/pam-totp-init.service", encoding="utf-8") as file:
        text = file.read()
    for path in ("/etc/security/pam_totp.key", "/var/lib/pam_totp/.store"):
        check(f"ConditionPathExists=!{path}\n" in text, text)


@promise
def polkits_helper_may_write_the_store_and_a_mistake_would_be_seen():
    needs("systemd-analyze")
    write(f"{UNITS}/polkit-agent-helper@.service", AGENT)
    write(f"{UNITS}/polkit-agent-helper.socket", "[Socket]\nListenStream=/run/polkit/agent-helper.socket\nAccept=yes\n")
    dropin = f"{UNITS}/polkit-agent-helper@.service.d/50-pam_totp.conf"
    verify("polkit-agent-helper@1.service")
    with open(dropin, encoding="utf-8") as file:
        text = file.read()
    check("\nReadWritePaths=-/var/lib/pam_totp\n" in text, text)
    write(dropin, text.replace("ReadWritePaths=", "ReadWritPaths="))
    said = run("systemd-analyze", "verify", "--man=no", "polkit-agent-helper@1.service", check=False)
    check("ReadWritPaths" in said.stderr, "systemd did not read the drop-in:\n" + said.stderr)
    write(dropin, text)


@promise
def the_group_and_the_store_are_made_by_systemds_own_programs():
    needs("systemd-sysusers")
    needs("systemd-tmpfiles")
    shutil.rmtree("/var/lib/pam_totp", ignore_errors=True)
    for _ in range(2):
        run("systemd-sysusers", "pam_totp.conf")
        run("systemd-tmpfiles", "--create", "pam_totp.conf")
    found = os.stat("/var/lib/pam_totp")
    group = int(run("getent", "group", "_pam_totp").stdout.split(":")[2])
    check((stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid) == (0o1770, 0, group), found)
    check(os.listdir("/var/lib/pam_totp") == [], "the sentinel is init's alone to make")


run("make", "-C", REPOSITORY, "-o", "all", f"B={BUILD}", "install-systemd")
run("install", "-m", "755", f"{REPOSITORY}/{BUILD}/pam-totp", "/usr/bin/pam-totp")

if __name__ == "__main__":
    keep_all()
