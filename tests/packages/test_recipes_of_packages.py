#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""PKGBUILD and APKBUILD: their own package() over what is built here, and the scripts that run on the host. Neither Arch
nor Alpine can be had here: their tools' part is played by a shell that sets what they set."""
import glob
import os
import shutil
import stat
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import Skip, check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
from bed import BUILD, REPOSITORY, run, write  # noqa: E402

PACKAGING, SOURCE = f"{REPOSITORY}/packaging", "/run/source"
HELPER, STORE = "usr/lib/pam-totp/pam_totp_helper", "var/lib/pam_totp"
BOTH = {"usr/lib/security/pam_totp.so": "644", "usr/bin/pam-totp": "755", "etc/security/pam_totp.conf": "644", STORE: "1770",
        "etc/security/pam_totp.conf.d": "755", "usr/share/man/man8/pam_totp.8": "644",
        "usr/share/zsh/site-functions/_pam-totp": "644", "usr/share/doc/pam_totp/INSTALL.md": "644"}


def mode(path):
    return f"{stat.S_IMODE(os.lstat(path).st_mode):o}"


def lay(recipe, pkgdir):
    """What the recipe installs, without building it anew: make is told that all of it is there."""
    version = run("cat", f"{REPOSITORY}/VERSION").stdout.strip()
    source = f"{SOURCE}/pam_totp-{version}"
    if not os.path.isdir(source):
        os.makedirs(SOURCE)
        os.symlink(REPOSITORY, source)
        check(os.path.exists(f"{REPOSITORY}/{BUILD}/pam_totp.so"), "nothing is built")
    inside = f'cd "{SOURCE}/pam_totp-$pkgver" && ' if recipe.endswith("APKBUILD") else f'cd "{SOURCE}" && '
    shell = ["bash", "-e"] if recipe.endswith("PKGBUILD") else ["sh", "-e"]
    run(*shell, "-c", f'make() {{ command make -s -o all B={BUILD} "$@"; }}; . "{recipe}"; pkgdir={pkgdir}; {inside} package',
        env={**os.environ, "srcdir": SOURCE})


@promise
def the_pkgbuild_lays_every_file_where_arch_has_it():
    lay(f"{PACKAGING}/arch/PKGBUILD", "/run/arch")
    wanted = {**BOTH, "usr/lib/sysusers.d/pam_totp.conf": "644", "usr/lib/tmpfiles.d/pam_totp.conf": "644",
              "usr/lib/systemd/system/pam-totp-init.service": "644", "usr/share/libalpm/hooks/pam_totp-remove.hook": "644",
              "usr/lib/systemd/system/polkit-agent-helper@.service.d/50-pam_totp.conf": "644"}
    found = {path: mode(f"/run/arch/{path}") for path in wanted}
    check(found == wanted, found)
    check(not glob.glob("/run/arch/etc/security/*.key"), "a key is in the package")


@promise
def the_apkbuild_lays_every_file_where_alpine_has_it_and_gives_the_helper_its_group():
    run("sh", f"{PACKAGING}/alpine/pam_totp.pre-install", env={**os.environ, "PATH": f"{busybox()}:{os.environ['PATH']}"})
    lay(f"{PACKAGING}/alpine/APKBUILD", "/run/alpine")
    wanted = {**BOTH, HELPER: "2755"}
    found = {path: mode(f"/run/alpine/{path}") for path in wanted}
    check(found == wanted, found)
    group = int(run("getent", "group", "_pam_totp").stdout.split(":")[2])
    for path in (HELPER, STORE):
        check(os.lstat(f"/run/alpine/{path}").st_gid == group, path)
    check(not glob.glob("/run/alpine/etc/security/*.key"), "a key is in the package")


def busybox():
    """Debian's addgroup has another name for -S."""
    os.makedirs("/run/busybox", exist_ok=True)
    write("/run/busybox/addgroup", '#!/bin/sh\n[ "$1" = -S ] && exec groupadd --system "$2"\nexit 1\n', 0o755)
    return "/run/busybox"


@promise
def on_arch_the_helper_and_the_store_get_their_group_and_twice_is_as_once():
    if not shutil.which("systemd-sysusers"):
        raise Skip("needs systemd-sysusers")
    lay(f"{PACKAGING}/arch/PKGBUILD", "/run/host")
    run("cp", "-a", "/run/host/.", "/")
    for _ in range(2):
        run("bash", "-ec", f'cd /; . "{PACKAGING}/arch/pam_totp.install"; post_install; post_upgrade')
        group = int(run("getent", "group", "_pam_totp").stdout.split(":")[2])
        check(mode(f"/{HELPER}") == "2755" and os.lstat(f"/{HELPER}").st_gid == group, mode(f"/{HELPER}"))
        check(mode(f"/{STORE}") == "1770" and os.lstat(f"/{STORE}").st_gid == group, mode(f"/{STORE}"))


@promise
def pacmans_hook_fails_while_a_stack_names_the_module():
    with open(f"{PACKAGING}/arch/pam_totp.hook", encoding="utf-8") as file:
        command = next(line.split("= ", 1)[1] for line in file if line.startswith("Exec"))
    check(command.startswith('/bin/sh -c "'), command)
    look = ["/bin/sh", "-c", command.split('"')[1]]
    write("/etc/pam.d/asks.pacsave", "auth required pam_totp.so\n")
    check(run(*look, check=False).returncode == 0, "refused without a reason")
    write("/etc/pam.d/asks", "auth required pam_totp.so\n")
    said = run(*look, check=False)
    check(said.returncode != 0 and "/etc/pam.d/asks" in said.stdout, said)


@promise
def what_alpine_removes_switches_off_what_was_switched_on_and_names_the_rest():
    write("/etc/pam.d/asks", "auth required pam_totp.so\n")
    write("/etc/pam.d/sudo", "@include common-auth\nauth required pam_totp.so after=password\n@include common-account\n")
    run("make", "-C", REPOSITORY, "-o", "all", f"B={BUILD}", "install")
    said = run("sh", f"{PACKAGING}/alpine/pam_totp.pre-deinstall")
    with open("/etc/pam.d/sudo", encoding="utf-8") as file:
        check("pam_totp" not in file.read(), said)
    check("/etc/pam.d/asks" in said.stderr and "/etc/pam.d/sudo" not in said.stderr, said.stderr)


if __name__ == "__main__":
    keep_all()
