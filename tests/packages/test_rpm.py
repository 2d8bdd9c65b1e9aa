#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `make rpm` made: in an empty root, and on a host where people log in, through its whole life. Fedora itself cannot
be had here: the scriptlets run in the sandbox's Debian, and the module is named by its path."""
import glob
import os
import re
import shutil
import stat
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import Skip, check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
from bed import CONF, KEY, REPOSITORY, STORE, Bed, run, write  # noqa: E402

BUILT, ROOT = f"{REPOSITORY}/build/packages", "/run/empty"
MODULE, HELPER = "/usr/lib64/security/pam_totp.so", "/usr/libexec/pam-totp/pam_totp_helper"
STACK = "/etc/pam.d/asks"


def package(name="pam_totp", arch="x86_64", place=BUILT):
    found = [path for path in glob.glob(f"{place}/{name}-[0-9]*.{arch}.rpm") if "selinux" in name or "selinux" not in path]
    if not shutil.which("rpm") or not found:
        raise Skip("needs rpm, and what `make rpm` makes on amd64")
    return max(found, key=os.path.getmtime)


def rpm(*words, status=0, root=None):
    debian = ["--force-debian"] if words[0] != "--initdb" and os.path.exists("/etc/debian_version") else []
    argv = ["rpm", *debian, *(["--root", root] if root else []), *words]
    said = run(*argv, check=False)
    check(status is None or said.returncode == status, f"{argv}: {said.returncode}\n{said.stdout}{said.stderr}")
    return said.stdout + said.stderr


def owner(path):
    found = os.lstat(path)
    return f"{stat.S_IMODE(found.st_mode):o} {found.st_uid} {found.st_gid}"


@promise
def rpmlint_says_nothing():
    package()
    said = run("rpmlint", "-c", f"{REPOSITORY}/packaging/rpm/rpmlint.toml", *glob.glob(f"{BUILT}/*.rpm"), check=False)
    wrong = [line for line in said.stdout.splitlines() if re.search(r": [EW]: ", line)]
    check("packages and" in said.stdout and not wrong, said.stdout + said.stderr)


@promise
def in_an_empty_root_every_file_is_where_fedora_has_it_and_whose_it_is():
    os.makedirs(f"{ROOT}/etc")
    write(f"{ROOT}/etc/passwd", "root:x:0:0::/root:/bin/sh\n")
    write(f"{ROOT}/etc/group", "root:x:0:\n_pam_totp:x:977:\n")
    rpm("--initdb", root=ROOT)
    rpm("-i", "--nodeps", "--noscripts", package(), package("pam_totp-selinux", "noarch"), root=ROOT)
    wanted = {MODULE: ("644", 0), HELPER: ("2755", 977), STORE: ("1770", 977), CONF: ("644", 0), CONF + ".d": ("755", 0),
              "/usr/bin/pam-totp": ("755", 0), "/usr/share/zsh/site-functions/_pam-totp": ("644", 0),
              "/usr/share/selinux/packages/targeted/pam_totp.pp.bz2": ("644", 0),
              "/usr/lib/systemd/system/polkit-agent-helper@.service.d/50-pam_totp.conf": ("644", 0)}
    found = {path: owner(ROOT + path) for path in wanted}
    check(found == {path: f"{mode} 0 {group}" for path, (mode, group) in wanted.items()}, found)
    for name in ("pam_totp", "pam_totp-selinux"):
        check(not rpm("-V", "--nodeps", name, root=ROOT).strip(), rpm("-V", "--nodeps", name, status=None, root=ROOT))
    check(not os.path.exists(ROOT + KEY) and not os.listdir(ROOT + STORE), "a key or a record is in the package")
    rpm("-e", "--nodeps", "--noscripts", "pam_totp", "pam_totp-selinux", root=ROOT)
    left = [path for path, _, files in os.walk(ROOT) if files and "/etc" not in path and "rpm" not in path]
    check(not left and not os.path.exists(ROOT + STORE), left)


def switch_on():
    write(STACK, f"auth required {MODULE}\naccount required pam_permit.so\n")


def gets_in(person, code):
    return run("pamtester", "asks", person.name, "authenticate", check=False, input=f"{code}\n").returncode == 0


def asks(person):
    check(not gets_in(person, person.phone.wrong()), "a wrong code lets in")
    check(gets_in(person, person.phone.fresh()), f"{person.name}'s code does not let in")


def next_release():
    """The same once more, as release 2."""
    spec = "/run/next.spec"
    with open(f"{REPOSITORY}/packaging/rpm/pam_totp.spec", encoding="utf-8") as file:
        write(spec, re.sub(r"(?m)^(Release: +)1", r"\g<1>2", file.read()))
    run("rpmbuild", "-bb", "--nocheck", "--nodeps", "--load", f"{REPOSITORY}/packaging/rpm/macros.elsewhere", "--define", "_topdir /run/build",
        "--define", f"_sourcedir {REPOSITORY}/build/rpm/SOURCES", "--define", "_rpmdir /run/next", spec)
    return package(place="/run/next/x86_64")


@promise
def makes_no_key_in_an_image_and_one_on_a_host():
    file = package()
    rpm("--initdb")
    rpm("-i", "--nodeps", file)
    check(not os.path.exists(KEY) and os.listdir(STORE) == [], os.listdir(STORE))
    rpm("-e", "--nodeps", "pam_totp")
    os.makedirs("/run/systemd/system")
    rpm("-i", "--nodeps", file)
    group = run("getent", "group", "_pam_totp").stdout.split(":")[2]
    check(owner(KEY) == f"640 0 {group}" and owner(HELPER) == f"2755 0 {group}", owner(KEY) + owner(HELPER))
    check(not rpm("-V", "--nodeps", "pam_totp").strip(), rpm("-V", "--nodeps", "pam_totp", status=None))


@promise
def people_log_in_through_it_and_through_an_upgrade():
    check(os.path.exists(KEY), "not installed")
    switch_on()
    bed.setup_user(ann)
    asks(ann)
    write(CONF, "issuer = example.org\nrequire\n")
    with open(KEY, "rb") as file:
        key = file.read()
    for words in (("-U", next_release()), ("-U", "--replacepkgs", package(place="/run/next/x86_64")), ("-U", "--replacepkgs", package(place="/run/next/x86_64"))):
        rpm("--nodeps", *words)
        with open(KEY, "rb") as file:
            check(file.read() == key, "another key")
        with open(CONF, encoding="utf-8") as file:
            check("example.org" in file.read(), "the settings were replaced")
        asks(ann)
    check("-2" in rpm("-q", "pam_totp"), rpm("-q", "pam_totp"))


@promise
def is_not_removed_while_a_stack_names_it_and_leaves_key_and_records():
    said = rpm("-e", "--nodeps", "pam_totp", status=1)
    check(STACK in said and os.path.exists(MODULE), said)
    asks(ann)
    write(STACK, f"#auth required {MODULE}\nauth required pam_permit.so\naccount required pam_permit.so\n")
    rpm("-e", "--nodeps", "pam_totp")
    left = [path for path in (MODULE, HELPER, "/usr/bin/pam-totp", "/usr/libexec/pam-totp") if os.path.exists(path)]
    check(not left and os.path.exists(KEY) and os.path.exists(f"{STORE}/ann"), left)
    rpm("-i", "--nodeps", package())
    switch_on()
    asks(ann)


@promise
def the_source_is_the_same_bytes_from_a_checkout_and_from_a_release():
    run(f"{REPOSITORY}/packaging/dist", "/run/one.tar.gz")
    os.makedirs("/run/release")
    run("tar", "-C", "/run/release", "-xzf", "/run/one.tar.gz")
    release = glob.glob("/run/release/pam_totp-*")[0]
    check(os.path.exists(f"{release}/VERSION") and not os.path.exists(f"{release}/build"), os.listdir(release))
    os.makedirs(f"{release}/build")
    write(f"{release}/build/left", "of a build")
    run(f"{release}/packaging/dist", "/run/two.tar.gz")
    run("cmp", "/run/one.tar.gz", "/run/two.tar.gz")


def clear():
    """What the machine may have from source."""
    shutil.rmtree(STORE, ignore_errors=True)
    shutil.rmtree(CONF + ".d", ignore_errors=True)
    for path in (KEY, CONF, "/usr/bin/pam-totp"):
        if os.path.exists(path):
            os.unlink(path)


clear()
bed = Bed(product=False)
ann = bed.add_user("ann")

if __name__ == "__main__":
    keep_all()
