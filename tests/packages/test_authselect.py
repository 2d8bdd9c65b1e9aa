#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A profile of authselect with the features of this project: made as INSTALL.md says by the authselect of Debian 13, and
its files asked for codes by the real libpam."""
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import Skip, check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
from bed import BUILD, REPOSITORY, Bed, run, write  # noqa: E402

PROFILES = ("sssd", "local", "winbind")
ROOT = "/run/debian13"
TAR = f"{REPOSITORY}/{BUILD}/chroots/trixie.tar"


def unpack():
    if not os.path.exists(TAR):
        return f"no {TAR}: tests/packages/chroots makes it"
    os.makedirs(ROOT)
    run("tar", "-C", ROOT, "--exclude=./dev/*", "-xf", TAR)
    run("install", "-D", "-t", f"{ROOT}/usr/share/doc/pam_totp/authselect", f"{REPOSITORY}/packaging/authselect/with-totp.sed")
    return "" if os.path.exists(f"{ROOT}/usr/bin/authselect") else f"{TAR} was made without authselect: remove it, and make it again"


def inside(*argv):
    return run("chroot", ROOT, *argv).stdout


def needs_authselect():
    if without:
        raise Skip(without)


def commands():
    """What INSTALL.md says, for one profile."""
    with open(f"{REPOSITORY}/INSTALL.md", encoding="utf-8") as file:
        found = [line.strip().replace("sudo ", "") for line in file if re.match("    .*authselect", line)]
    check(len(found) == 3, f"INSTALL.md has these commands for authselect: {found}")
    return found


def make(profile):
    for line in commands()[:2]:
        inside("sh", "-ec", line.replace("-b sssd", f"-b {profile}").replace(" totp ", f" {profile}2 ").replace("custom/totp", f"custom/{profile}2"))


def shown(profile, name, *features):
    """One file, as it would be."""
    said = inside("authselect", "test", "-a", f"custom/{profile}2", *features)
    parts = re.split(r"(?m)^File (\S+):$", said)
    found = {os.path.basename(path): text for path, text in zip(parts[1::2], parts[2::2])}
    check(name in found, said)
    return found[name]


def auth_modules(text):
    return re.findall(r"(?m)^auth\s+(?:\[.*?\]|\S+)\s+(\S+)", text)


@promise
def a_profile_asks_for_the_code_with_the_feature_and_not_without():
    needs_authselect()
    for profile in PROFILES:
        make(profile)
        for name in ("system-auth", "password-auth"):
            modules = auth_modules(shown(profile, name, "with-totp"))
            check(modules.count("pam_totp.so") == 1, f"{profile} {name}: {modules}")
            check(modules.index("pam_totp.so") < modules.index("pam_unix.so"), f"dead code in {profile} {name}: {modules}")
            check("pam_totp" not in shown(profile, name), f"{profile} {name}: without the feature")
            check("nullok" in re.search("pam_totp.so.*", shown(profile, name, "with-totp"))[0], name)
            strict = re.search("pam_totp.so.*", shown(profile, name, "with-totp", "without-totp-nullok"))[0]
            check("nullok" not in strict, strict)


@promise
def what_it_writes_lets_in_with_code_and_password_and_with_nothing_less():
    needs_authselect()
    bed = Bed()
    ann, ulf = bed.person("ann"), bed.person("ulf", setup=False)
    write("/etc/pam.d/system-auth", shown("local", "system-auth", "with-totp"))
    write("/etc/pam.d/sudo", "auth include system-auth\naccount include system-auth\n")

    def gets_in(person, *answers):
        said = run("pamtester", "sudo", person.name, "authenticate", check=False, input="".join(f"{text}\n" for text in answers))
        return said.returncode == 0

    check(gets_in(ann, ann.phone.fresh(), ann.password), "code and password")
    check(not gets_in(ann, ann.phone.wrong(), ann.password), "a wrong code lets in")
    check(not gets_in(ann, ann.phone.fresh(), "no"), "a wrong password lets in")
    check(gets_in(ulf, ulf.password), "who has no codes is asked for one")


@promise
def the_commands_of_the_refusal_are_those_of_the_manual():
    with open(f"{REPOSITORY}/tools/host/plan.cc", encoding="utf-8") as file:
        said = re.sub(r'"\s*"', "", file.read())
    for line in commands():
        if line.startswith("authselect"):
            check(line.split(" --")[0] in said, f"{line}\nis not what enable says:\n{said[said.index('Make a profile'):][:300]}")


without = unpack()

if __name__ == "__main__":
    keep_all()
