#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The maintainer scripts of Debian's packages: killed before each of their commands, run twice, on a host with a past."""
import difflib
import os
import shutil
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
from bed import KEY, STORE, run, write  # noqa: E402
from debs import debs  # noqa: E402

HELPER, MARK = "/usr/lib/pam-totp/pam_totp_helper", "/etc/security/pam_totp.image"
LINE = "auth required pam_totp.so\n"
PRISTINE = shutil.copytree("/etc/pam.d", "/var/tmp/pam.d", symlinks=True)


def dpkg(*words, status=0, **more):
    said = run("dpkg", *words, check=False, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, **more)
    check((said.returncode == 0) == (status == 0), f"{words}: {said.returncode}\n{said.stdout}{said.stderr}")
    return said.stdout + said.stderr


def forget():
    """What the scripts made, beside what dpkg unpacked."""
    for path in (KEY, MARK):
        if os.path.exists(path):
            os.unlink(path)
    for path in (HELPER, STORE):
        run("dpkg-statoverride", "--remove", path, check=False)
        if os.path.exists(path):
            os.chown(path, 0, 0)
            os.chmod(path, 0o755 if path == HELPER else 0o700)
    for name in os.listdir(STORE) if os.path.exists(STORE) else []:
        os.unlink(f"{STORE}/{name}")
    run("groupdel", "_pam_totp", check=False)


def clean():
    """As before the first installation."""
    forget()
    shutil.copytree(PRISTINE, "/etc/pam.d", dirs_exist_ok=True, symlinks=True)
    for name in set(os.listdir("/etc/pam.d")) - set(os.listdir(PRISTINE)):
        os.unlink(f"/etc/pam.d/{name}")
    dpkg("--purge", "libpam-totp", "pam-totp")
    shutil.rmtree(STORE, ignore_errors=True)


def state():
    """What the scripts have made, without what is random in it."""
    found = [run("stat", "-c", "%n %a %U %G", HELPER, STORE, KEY, f"{STORE}/.store", check=False).stdout]
    found.append(run("dpkg-statoverride", "--list", check=False).stdout)
    found.append(run("dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", "libpam-totp", "pam-totp").stdout)
    for name in sorted(os.listdir("/etc/pam.d")):
        if os.path.isfile(f"/etc/pam.d/{name}"):
            found.append(f"{name}\n{read(f'/etc/pam.d/{name}')}")
    return "\n".join(found)


def same(before, said=""):
    now = state()
    check(now == before, said + "\n" + "\n".join(difflib.unified_diff(before.split("\n"), now.split("\n"), lineterm="", n=0)))


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


# Read by bash before a script: it kills itself before its Nth command.
CUT = """set -T
left=$CUT_AT
trap '((left-- > 0)) || kill -KILL $BASHPID' DEBUG
"""


def cut_off(script, number, *words):
    """False when it comes to its end before. A part of it that runs by itself may be what is killed."""
    write("/run/cut", CUT)
    environment = {**os.environ, "BASH_ENV": "/run/cut", "CUT_AT": str(number), "DEBIAN_FRONTEND": "noninteractive",
                   "DPKG_MAINTSCRIPT_PACKAGE": script.partition(".")[0], "DPKG_MAINTSCRIPT_NAME": script.partition(".")[2]}
    path = run("dpkg-query", "--control-path", *script.split(".")).stdout.strip()
    said = run("bash", path, *words, check=False, env=environment)
    check(said.returncode in (0, -9, 137), f"{script}: {said.returncode}\n{said.stdout}{said.stderr}")
    return said.returncode != 0


@promise
def killed_before_any_command_and_run_again_a_first_installation_is_whole():
    clean()
    dpkg("-i", *debs())
    whole = state()
    check("_pam_totp 2755" in whole and "2755 root _pam_totp" in whole, whole[:500])
    number = 0
    while True:
        forget()
        if not cut_off("pam-totp.postinst", number, "configure", ""):
            break
        run("/var/lib/dpkg/info/pam-totp.postinst", "configure", "")
        same(whole, f"cut off before command {number}")
        number += 1
    check(number > 10, f"cut off at {number} commands alone")


@promise
def killed_before_any_command_a_removal_leaves_the_profile_or_takes_it_out():
    clean()
    dpkg("-i", *debs())
    without, number = state(), 0
    run("pam-auth-update", "--enable", "totp")
    on = state()
    check("pam_totp.so after=password" in on, "the profile is not on")
    while cut_off("libpam-totp.prerm", number, "remove"):
        if state() != without:
            same(on, f"cut off before command {number}")
        number += 1
        run("pam-auth-update", "--enable", "totp")
    check(number > 10, f"cut off at {number} commands alone")
    run("pam-auth-update", "--enable", "totp")
    dpkg("--remove", "libpam-totp")
    check("pam_totp" not in "".join(read(f"/etc/pam.d/{name}") for name in os.listdir("/etc/pam.d")), "a line is left")


@promise
def run_twice_they_change_nothing():
    clean()
    dpkg("-i", *debs())
    whole, key = state(), read(KEY)
    for _ in range(2):
        dpkg("-i", *debs())
        run("/var/lib/dpkg/info/pam-totp.postinst", "configure", "")
        same(whole)
        check(read(KEY) == key, "another key")


@promise
def marks_a_store_whose_key_was_made_and_then_cut_off():
    clean()
    dpkg("-i", *debs())
    os.unlink(f"{STORE}/.store")
    run("/var/lib/dpkg/info/pam-totp.postinst", "configure", "")
    check(os.path.exists(f"{STORE}/.store"), "not marked")


@promise
def never_marks_a_store_that_is_not_mounted():
    clean()
    dpkg("-i", *debs())
    os.unlink(f"{STORE}/.store")
    dpkg("-i", *debs())  # once configured it was marked
    check(not os.path.exists(f"{STORE}/.store"), "marked")
    write("/etc/fstab", f"/dev/sdz1 {STORE} ext4 defaults 0 2\n")
    run("/var/lib/dpkg/info/pam-totp.postinst", "configure", "")
    os.unlink("/etc/fstab")
    check(not os.path.exists(f"{STORE}/.store"), "marked")


@promise
def makes_no_key_beside_what_another_has_sealed_and_says_so():
    clean()
    dpkg("-i", *debs())
    os.rename(KEY, "/root/key")
    said = dpkg("-i", *debs())
    check(not os.path.exists(KEY) and KEY in said, said)
    os.rename("/root/key", KEY)


@promise
def makes_no_key_in_an_image():
    clean()
    write(MARK, "")
    dpkg("-i", *debs())
    check(not os.path.exists(KEY) and not os.path.exists(f"{STORE}/.store"), os.listdir(STORE))
    os.unlink(MARK)


@promise
def keeps_what_an_administrator_said_of_the_helper_and_the_store():
    clean()
    dpkg("-i", *debs())
    run("dpkg-statoverride", "--force-all", "--update", "--add", "root", "root", "0700", HELPER)
    dpkg("-i", *debs())
    check("700 root root" in run("stat", "-c", "%a %U %G", HELPER).stdout, state())


def refuses(path, text, *named):
    """Nothing is changed, and what is said names the place."""
    before = read(path) if os.path.exists(path) else None
    write(path, (before or "") + text)
    run("pam-auth-update", "--enable", "totp")
    on = state()
    said = dpkg("--remove", "libpam-totp", status=1)
    check(path in said and all(word in said for word in named), said)
    same(on)
    write(path, before) if before is not None else os.unlink(path)


@promise
def refuses_to_go_while_anything_names_the_module_and_takes_nothing_out_first():
    clean()
    dpkg("-i", *debs())
    refuses("/etc/pam.d/sudo", LINE, LINE.strip(), "pam-totp disable SERVICE")
    refuses("/etc/pam.d/a-service-of-ours", "auth required \\\n  pam_totp.so\n", ":2:")
    refuses("/etc/pam.conf", "other " + LINE)
    refuses("/etc/ssh/sshd_config.d/10-pam-totp.conf", "UsePAM yes\n")


@promise
def refuses_to_go_when_pam_auth_update_leaves_its_line_where_it_is():
    clean()
    dpkg("-i", *debs())
    run("pam-auth-update", "--enable", "totp")
    text = read("/etc/pam.d/common-auth")
    changed = text.replace("# end of pam-auth-update config", "auth optional pam_warn.so\n# end of pam-auth-update config")
    check(changed != text, text)
    write("/etc/pam.d/common-auth", changed)
    said = dpkg("--remove", "libpam-totp", status=1)
    check("/etc/pam.d/common-auth" in said and read("/etc/pam.d/common-auth") == changed, said)


@promise
def goes_while_a_comment_or_a_file_that_nobody_reads_names_it():
    clean()
    dpkg("-i", *debs())
    write("/etc/pam.d/sudo.dpkg-old", LINE)
    write("/etc/pam.d/su", read("/etc/pam.d/su") + "# " + LINE + "auth optional pam_permit.so # not pam_totp.so\n")
    dpkg("--remove", "libpam-totp", "pam-totp")
    check(os.path.exists(KEY) and os.path.exists(f"{STORE}/.store"), "key and store went")
    dpkg("--purge", "libpam-totp", "pam-totp")
    check(os.path.exists(KEY) and os.path.exists(f"{STORE}/.store"), "key and store went")
    check("pam_totp" not in run("dpkg-statoverride", "--list", check=False).stdout, "an override is left over")
    run("getent", "group", "_pam_totp")


keep_all()
