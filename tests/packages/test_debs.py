#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What Debian's own tools say of the packages: lintian, hardening-check, autopkgtest; and a second build is the same."""
import glob
import hashlib
import os
import re
import shutil
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import Skip, check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
from bed import REPOSITORY, run, write  # noqa: E402
from debs import PACKAGES, built, debs  # noqa: E402

ROOM = "/var/tmp/deb"
FLAGS = {"DEB_BUILD_OPTIONS": "nocheck parallel=2", "DEB_BUILD_PROFILES": "nocheck"}


def needs(program):
    if not shutil.which(program):
        raise Skip(f"no {program}: make deps-packages")


@promise
def lintian_has_nothing_to_say_and_each_override_says_why():
    needs("lintian")
    said = run("lintian", "--pedantic", "--display-info", "--allow-root", "--no-tag-display-limit",
               *built("*.dsc"), *built(), check=False)
    lines = [line for line in said.stdout.splitlines() if line and not line.startswith("N:")]
    check(not lines, "\n".join(lines))
    for path in glob.glob(f"{REPOSITORY}/packaging/debian/**/*lintian-overrides", recursive=True):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        check(re.fullmatch(r"((#[^\n]+\n)+([^#\n]+\n)+)+", text), f"{path}: an override without a reason")


@promise
def each_program_is_hardened_as_debian_wants_it():
    needs("hardening-check")
    for deb in debs():
        run("dpkg-deb", "-x", deb, ROOM + "/hardened")
    programs = [*glob.glob(ROOM + "/hardened/usr/lib/*/security/pam_totp.so"), ROOM + "/hardened/usr/bin/pam-totp",
                ROOM + "/hardened/usr/lib/pam-totp/pam_totp_helper"]
    check(len(programs) == 3, programs)
    for program in programs:
        library = ["--nopie"] if program.endswith(".so") else []
        # Debian 12 builds nothing for it yet.
        said = run("hardening-check", "--nocfprotection", *library, program, check=False)
        check(said.returncode == 0, said.stdout)


@promise
def one_package_serves_debian_12_and_13():
    """Names of libraries that only one of them has would keep it out of the other."""
    for deb in debs():
        depends = run("dpkg-deb", "-f", deb, "Depends").stdout
        check("t64" not in depends and "libpam-modules" not in depends, depends)
        contents = run("dpkg-deb", "-c", deb).stdout
        check(not re.search(r" \./lib", contents), "in /lib, which is a link:\n" + contents)


@promise
def the_module_may_stand_beside_one_of_another_architecture():
    kinds = {run("dpkg-deb", "-f", deb, "Package").stdout.strip(): run("dpkg-deb", "-f", deb, "Multi-Arch").stdout.strip()
             for deb in debs()}
    check(kinds == {"libpam-totp": "same", "pam-totp": "foreign"}, kinds)
    contents = run("dpkg-deb", "-c", next(deb for deb in debs() if "/libpam-totp" in deb)).stdout
    check(not re.search(r"/(s?bin|pam-totp/)", contents), "a program:\n" + contents)


@promise
def built_twice_in_other_places_at_other_times_they_are_the_same():
    needs("dpkg-buildpackage")
    needs("faketime")
    room = ROOM + "/another-place-with-a-longer-name"
    os.makedirs(room)
    run("dpkg-source", "-x", built("*.dsc")[0], room + "/source")
    environment = {**os.environ, **FLAGS, "TZ": "Pacific/Kiritimati", "LC_ALL": "C"}
    run("faketime", "+400 days", "sh", "-c", f"umask 027; cd {room}/source && exec dpkg-buildpackage -b -us -uc", env=environment)
    first, second = digests(PACKAGES), digests(room)
    check(first == second, {name for name in first.keys() | second.keys() if first.get(name) != second.get(name)})


def digests(place):
    return {os.path.basename(path): digest(path) for path in built("*.deb", place)}


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


@promise
def autopkgtest_logs_in():
    needs("autopkgtest")
    run("dpkg-source", "-x", built("*.dsc")[0], ROOM + "/source")
    write("/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0o755)
    said = run("autopkgtest", *debs(), ROOM + "/source/", "--", "null", check=False)
    check(said.returncode == 0 and re.search(r"(?m)^login +PASS", said.stdout), said.stdout[-4000:] + said.stderr[-4000:])


os.makedirs(ROOM, exist_ok=True)
keep_all()
