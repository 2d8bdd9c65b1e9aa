#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The SELinux module in a whole policy, Debian's: who may do what with the records and the key, asked of the policy that
was built; and that it allows what the helper and the module were seen to do. No kernel enforces it here."""
import collections
import glob
import os
import re
import shutil
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import Skip, check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
from bed import REPOSITORY, Bed, as_user, run, write  # noqa: E402

CONTEXTS = "/etc/selinux/default/contexts/files/file_contexts"
LOGINS = ("sshd_t", "local_login_t", "xdm_t", "policykit_auth_t", "remote_login_t", "staff_sudo_t", "sysadm_sudo_t",
          "user_sudo_t", "staff_su_t", "sysadm_su_t", "user_su_t")
STRANGERS = ("httpd_t", "user_t", "guest_t", "named_t", "postfix_smtpd_t", "user_ssh_t", "chkpwd_t")
PEOPLE = ("user_t", "staff_t", "sysadm_t", "unconfined_t")
HELPER = "/usr/lib/pam-totp/pam_totp_helper"


def policy():
    return sorted(glob.glob("/etc/selinux/default/policy/policy.*"))[-1]


def may(domain, kind, of_class, at_most=False):
    """What the policy allows whatever its booleans are set to; or at most, with some setting of them."""
    if (domain, kind, of_class, at_most) not in seen:
        said = run("sesearch", "-A", "-s", domain, "-t", kind, "-c", of_class, policy()).stdout
        rules = [line.split(";")[0] for line in said.splitlines() if at_most or line.endswith(";")]
        seen[domain, kind, of_class, at_most] = {perm for rule in rules for perm in re.sub(r".*:\w+ |[{}]", "", rule).split()}
    return seen[domain, kind, of_class, at_most]


def context(path):
    return run("matchpathcon", "-n", "-f", CONTEXTS, path).stdout.split(":")[2]


def load():
    if not shutil.which("semodule") or not os.path.exists(CONTEXTS) or not os.path.exists("/usr/share/selinux/devel/Makefile"):
        return "needs selinux-policy-default and selinux-policy-dev"
    shutil.copytree(os.path.join(REPOSITORY, "packaging/selinux"), "/tmp/selinux")
    said = run("make", "-C", "/tmp/selinux", "pam_totp.pp.bz2", check=False)
    if said.returncode == 0:
        said = run("semodule", "-n", "-s", "default", "-i", "/tmp/selinux/pam_totp.pp", check=False)
    check(said.returncode == 0, said.stdout + said.stderr)
    return ""


seen = {}
without = load()


def needs_the_policy():
    if without:
        raise Skip(without)


@promise
def labels_the_records_the_key_and_the_helper():
    needs_the_policy()
    wanted = {"/var/lib/pam_totp": "var_auth_t", "/var/lib/pam_totp/alice": "var_auth_t", "/var/lib/pam_totp/.store": "var_auth_t",
              "/etc/security/pam_totp.key": "var_auth_t", "/etc/security/pam_totp.conf": "etc_t",
              "/etc/security/pam_totp.conf.d/1.conf": "etc_t", HELPER: "pam_totp_helper_exec_t",
              "/usr/libexec/pam-totp/pam_totp_helper": "pam_totp_helper_exec_t", "/usr/bin/pam-totp": "bin_t"}
    found = {path: context(path) for path in wanted}
    check(found == wanted, found)


@promise
def whatever_asks_for_a_code_may_check_it_and_write_that_it_was_used():
    needs_the_policy()
    for domain in LOGINS:
        for kind, of_class, perms in (("var_auth_t", "file", "open read write append getattr ioctl"), ("var_auth_t", "dir", "search"),
                                      ("var_lib_t", "dir", "search"), ("etc_t", "file", "open read"), (domain, "capability", "dac_override")):
            missing = set(perms.split()) - may(domain, kind, of_class)
            check(not missing, f"{domain} may not {missing} {kind}:{of_class}")


@promise
def nobody_else_may_and_people_only_through_the_helper():
    needs_the_policy()
    known = run("seinfo", policy(), "-t").stdout.split()
    strangers = [domain for domain in STRANGERS if domain in known]
    check(len(strangers) > 4, strangers)
    for domain in strangers:
        found = may(domain, "var_auth_t", "file", at_most=True) & {"open", "read", "write", "append", "create", "unlink"}
        check(not found, f"{domain} may {found}")
    for domain in PEOPLE:
        check({"execute", "open", "read"} <= may(domain, "pam_totp_helper_exec_t", "file"), domain)
        check("transition" in may(domain, "pam_totp_helper_t", "process"), domain)
        said = run("sesearch", "-T", "-s", domain, "-t", "pam_totp_helper_exec_t", "-c", "process", policy()).stdout
        check("pam_totp_helper_t;" in said, f"{domain}: {said}")
    check(may("pam_totp_helper_t", "shadow_t", "file") <= {"getattr"}, may("pam_totp_helper_t", "shadow_t", "file"))
    for role in ("user_r", "staff_r", "sysadm_r", "unconfined_r", "system_r"):
        check("pam_totp_helper_t" in run("seinfo", policy(), "-r", role, "-x").stdout, role)


def need(perms, path, of_class, *words):
    perms[path, of_class] |= set(words)


def opened(perms, flags, path, of_class, is_made):
    if "O_PATH" in flags:
        return
    need(perms, path, of_class, "open")
    if "O_WRONLY" not in flags:
        need(perms, path, of_class, "read")
    if "O_APPEND" in flags:
        need(perms, path, of_class, "append")
    elif "O_RDWR" in flags or "O_WRONLY" in flags:
        need(perms, path, of_class, "write")
    if is_made and "O_CREAT" in flags:
        need(perms, path, of_class, "create")


def class_of(path, flags):
    if "O_DIRECTORY" in flags or os.path.isdir(path):
        return "dir"
    return "chr_file" if path.startswith("/dev/") else "file"


def read_trace(path, program=None):
    """What each file was asked for, of one program alone or of all."""
    perms, ours = collections.defaultdict(set), set()
    for line in open(path, encoding="utf-8", errors="replace"):
        pid, call = line.split(None, 1)
        if call.startswith("execve(") and program and call.endswith("= 0\n"):
            (ours.add if program in call.split(",")[0] else ours.discard)(pid)
        if (program and pid not in ours) or "= -1" in call:
            continue
        if found := re.match(r"openat\(.*, ([A-Z_|]+)(?:, 0\d+)?\) += \d+<(/[^>]*)>", call):
            target = found[2].removesuffix("(deleted)")
            opened(perms, found[1], target, class_of(target, found[1]), True)
        elif found := re.match(r"(fchmod|fchown)\(\d+<(/[^>]*)>", call):
            need(perms, found[2], class_of(found[2], ""), "setattr")
        elif found := re.match(r"(unlinkat|renameat2?|linkat)\((?:\w+<([^>]*)>|\w+), \"([^\"]*)\"", call):
            target = os.path.join(found[2] or "/", found[3])
            need(perms, target, "file", {"unlinkat": "unlink", "linkat": "link"}.get(found[1], "rename"))
            need(perms, os.path.dirname(target), "dir", "write", "search", "add_name" if found[1] != "unlinkat" else "remove_name")
        elif found := re.match(r"fallocate\(\d+<(/[^>]*)>", call):
            need(perms, found[1], "file", "write")
        elif found := re.match(r"fstatfs\(\d+<(/[^>]*)>", call):
            need(perms, found[1], "file", "getattr")
    return perms


def allowed(domain, perms):
    wrong = [f"{domain} may not {sorted(words - may(domain, context(path), of_class))} {path} ({context(path)}:{of_class})"
             for (path, of_class), words in sorted(perms.items())
             if not path.startswith(("/proc", "/tmp")) and words - may(domain, context(path), of_class)]
    check(not wrong, "\n".join(wrong))


def trace(path, *argv, input=""):
    said = run("strace", "-f", "-y", "-qq", "-e", "trace=%file,%desc", "-o", path, *argv, check=False, input=input)
    check(said.returncode == 0, said.stdout + said.stderr)


@promise
def allows_what_the_helper_does_for_root():
    needs_the_policy()
    for number, words in enumerate((("init",), ("setup", "-u", "ann", "--no-confirm"), ("codes", "-u", "ann"), ("status", "-u", "ann"),
                                    ("rekey",), ("remove", "--all", "-u", "ann"), ("prune",))):
        trace(f"/tmp/helper{number}", "pam-totp", *words)
        perms = read_trace(f"/tmp/helper{number}", HELPER)
        check(len(perms) > 3, f"{words}: {dict(perms)}")
        allowed("pam_totp_helper_t", perms)


@promise
def allows_what_the_module_does_in_whatever_asks_for_a_code():
    needs_the_policy()
    write("/etc/pam.d/asks", "auth required pam_totp.so\naccount required pam_permit.so\n")
    bob = bed.person("bob")
    trace("/tmp/module", "pamtester", "asks", "bob", "authenticate", input=bob.phone.fresh() + "\n")
    perms = {(path, of_class): words for (path, of_class), words in read_trace("/tmp/module").items() if "pam_totp" in path and ".so" not in path}
    check({"append", "read"} <= perms["/var/lib/pam_totp/bob", "file"], perms)
    for domain in LOGINS:
        allowed(domain, perms)


if not without:
    bed = Bed()
    bed.add_user("ann")

if __name__ == "__main__":
    keep_all()
