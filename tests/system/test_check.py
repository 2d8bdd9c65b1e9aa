#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What `pam-totp check` finds on a real host, and for what it calls a danger the proof by libpam, sshd and sudo."""
import glob
import json
import os
import shutil
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
from bed import CONF, KEY, PROMPT, STORE, Bed, as_user, run, write  # noqa: E402
from libpam import SUCCESS, authenticate  # noqa: E402
from ptydrive import drive  # noqa: E402
from results import let_in, refused  # noqa: E402
from sshd import Sshd, authorize, make_keys  # noqa: E402

HELPER = "/usr/lib/pam-totp/pam_totp_helper"
OURS = "auth required pam_totp.so after=password"
DROP_IN = "/etc/ssh/sshd_config.d/10-pam-totp.conf"
# What this machine is makes a difference for these alone.
OF_THE_MACHINE = {"clock_unsynchronised", "store_copies"}
KEY_AND_CODE = ("UsePAM yes\nUseDNS no\nKbdInteractiveAuthentication yes\nPasswordAuthentication no\n"
                "AuthenticationMethods publickey,keyboard-interactive:pam\n")

bed = Bed()
make_keys()
anna, ulf = bed.setup_user(bed.add_user("anna"), "--hotp"), bed.add_user("ulf")
authorize(anna)
PASSWORD = anna.password
# What else is installed here comes in by files of its own, and may include login's.
for one in os.listdir("/etc/pam.d"):
    if one not in ("sshd", "sudo", "sudo-i", "su", "su-l", "login", "other") and not one.startswith("common-"):
        os.unlink(f"/etc/pam.d/{one}")


def pristine():
    """The host as INSTALL leaves it: all four services, sshd by key and code."""
    write(CONF, "if-enrolled\n")
    for service in ("sudo", "sudo-i", "su", "login"):
        bed.pam(service, "@include common-auth", OURS)
    bed.pam("sshd", "auth required pam_totp.so")
    write(DROP_IN, KEY_AND_CODE + "PermitRootLogin no\n")
    os.makedirs("/run/sshd", exist_ok=True)
    bed.tool("unlock", "-u", "anna")


def found(*words):
    """Its findings by id, and the exit status, which must fit."""
    said = bed.tool("check", "--json", *words)
    check(said.returncode in (0, 1, 2) and said.stdout, f"{said.returncode}: {said.stdout}{said.stderr}")
    told = json.loads(said.stdout)
    levels = {finding["level"] for finding in told["findings"]}
    worst = 2 if "danger" in levels else 1 if "warning" in levels else 0
    check((said.returncode, told["status"]) == (worst, ("clean", "warning", "danger")[worst]), said.stdout)
    return {finding["id"]: finding for finding in told["findings"]}


def wrong(findings):
    return {name for name, finding in findings.items() if finding["level"] != "note"} - OF_THE_MACHINE


def finds(name, where, level="danger", more=()):
    """This alone, and in that place."""
    findings = found()
    check(wrong(findings) == {name, *more}, findings)
    check(findings[name]["level"] == level and findings[name]["where"].startswith(where), findings[name])
    return findings[name]


@promise
def finds_nothing_wrong_on_a_host_as_install_leaves_it():
    pristine()
    check(wrong(found()) == set(), found())
    check(authenticate("sudo", "anna", PASSWORD, anna.phone.take()).code == SUCCESS, "a right code")
    check(authenticate("sudo", "anna", PASSWORD, "000000").code != SUCCESS, "a wrong one")
    check(authenticate("sudo", "anna", PASSWORD).code != SUCCESS, "none")


@promise
def a_jump_over_the_line_lets_in_by_the_password_alone():
    pristine()
    bed.pam("sudo", "auth [success=2 default=ignore] pam_unix.so", "auth requisite pam_deny.so", OURS, "auth required pam_permit.so")
    finds("stack_jump", "/etc/pam.d/sudo:")
    login = authenticate("sudo", "anna", PASSWORD)
    check(login.code == SUCCESS and len(login.prompts) == 1, login)


@promise
def a_line_behind_sufficient_lets_in_by_the_password_alone():
    pristine()
    bed.pam("login", "auth sufficient pam_unix.so", "auth required pam_deny.so", "auth required pam_totp.so")
    finds("stack_sufficient", "/etc/pam.d/login:")
    login = authenticate("login", "anna", PASSWORD)
    check(login.code == SUCCESS and len(login.prompts) == 1, login)


@promise
def an_optional_line_lets_in_by_a_wrong_code():
    pristine()
    bed.pam("login", "@include common-auth", "auth optional pam_totp.so after=password")
    finds("stack_refusal_passes", "/etc/pam.d/login:")
    check(authenticate("login", "anna", PASSWORD, anna.phone.wrong()).code == SUCCESS, "it is true no more")


@promise
def a_sufficient_line_lets_in_by_a_code_alone():
    pristine()
    bed.pam("sudo", "auth sufficient pam_totp.so", "@include common-auth")
    finds("stack_code_alone", "/etc/pam.d/sudo:", more=["stack_refusal_passes"])
    check(authenticate("sudo", "anna", anna.phone.take()).code == SUCCESS, "it is true no more")


@promise
def pam_permit_beside_it_lets_in_whom_a_rule_exempts_with_nothing():
    pristine()
    bed.pam("login", "auth required pam_totp.so", "auth required pam_permit.so")
    finds("stack_ignore_permit", "/etc/pam.d/login:", more=["stack_code_alone"])
    login = authenticate("login", "ulf")
    check(login.code == SUCCESS and not login.prompts, login)


@promise
def a_line_alone_keeps_out_whom_a_rule_exempts():
    pristine()
    bed.pam("login", "auth required pam_totp.so")
    finds("stack_ignore_only", "/etc/pam.d/login:", more=["stack_code_alone"])
    check(authenticate("login", "ulf", ulf.password).code != SUCCESS, "it is true no more")


@promise
def after_a_required_password_a_wrong_one_tells_of_codes():
    pristine()
    bed.pam("sudo", "auth required pam_unix.so", OURS)
    finds("after_unproved", "/etc/pam.d/sudo:")
    authenticate("sudo", "anna", "no password", anna.phone.wrong())
    login = authenticate("sudo", "anna", "no password", anna.phone.wrong())
    check("not right" in login.prompts[-1], login)
    bed.pam("sudo", "auth required pam_unix.so", "auth required pam_totp.so")
    check("after_unproved" not in found(), "the line that was named")
    check("not right" not in authenticate("sudo", "anna", "no password", "000000").prompts[-1], "told all the same")


@promise
def a_second_line_asks_for_a_second_code():
    pristine()
    bed.pam("sudo", "@include common-auth", OURS, OURS)
    finds("stack_twice", "/etc/pam.d/sudo:", "warning")
    code = anna.phone.take()
    login = authenticate("sudo", "anna", PASSWORD, code, code)
    check(login.code != SUCCESS and len(login.prompts) == 3, login)


@promise
def a_locker_behind_common_auth_lets_nobody_in():
    pristine()
    shutil.copy("/etc/pam.d/common-auth", "/etc/pam.d/common-auth.kept")
    try:
        with open("/etc/pam.d/common-auth", "a", encoding="utf-8") as file:
            file.write(OURS + "\n")
        for service in ("sudo", "sudo-i", "su", "login"):
            bed.pam(service, "@include common-auth")
        write("/etc/pam.d/i3lock", "@include common-auth\n")
        check("one_field" in wrong(found()), found())
        check(authenticate("i3lock", "anna", PASSWORD, PASSWORD).code != SUCCESS, "it is true no more")
    finally:
        os.unlink("/etc/pam.d/i3lock")
        os.replace("/etc/pam.d/common-auth.kept", "/etc/pam.d/common-auth")


@promise
def a_match_that_asks_for_no_code_is_found_whoever_and_wherever_it_is_about():
    pristine()
    write(DROP_IN, KEY_AND_CODE + "PermitRootLogin no\nMatch Address 127.0.0.0/8\n  AuthenticationMethods publickey\n")
    finds("sshd_match", f"{DROP_IN}:8", "warning")
    write(DROP_IN, KEY_AND_CODE + "PermitRootLogin no\nMatch User ulf\n  AuthenticationMethods publickey keyboard-interactive:pam\n")
    check("ulf" in finds("sshd_either", DROP_IN, more=["stack_code_alone", "stack_ignore_only"])["what"], "of somebody else")
    write(DROP_IN, KEY_AND_CODE + "PermitRootLogin no\nMatch Address 127.0.0.0/8\n  X11Forwarding no\n")
    check(wrong(found()) == set(), found())


@promise
def su_with_a_login_shell_is_open_when_it_has_no_file_of_its_own():
    pristine()
    login_shell = open("/etc/pam.d/su-l", encoding="utf-8").read()
    os.unlink("/etc/pam.d/su-l")
    finds("sibling_open", "/etc/pam.d/su-l")
    check(authenticate("su-l", "anna", PASSWORD).code == SUCCESS, "it is true no more")
    write("/etc/pam.d/su-l", login_shell)


@promise
def sudo_with_i_is_open_when_sudo_alone_is_covered():
    pristine()
    bed.pam("sudo-i", "@include common-auth")
    finds("sibling_open", "/etc/pam.d/sudo-i")
    write("/etc/sudoers.d/anna", "Defaults:anna timestamp_timeout=0\nanna ALL=(ALL) ALL\n", 0o440)
    ask = r"(?i)password[^\n]*: "
    let_in(drive(as_user("anna", "sudo", "-i", "sh", "-c", "echo in as $(id -un)"), [(ask, PASSWORD)]), "root")
    pristine()
    refused(drive(as_user("anna", "sudo", "-i", "sh", "-c", "echo in as $(id -un)"), [(ask, PASSWORD), (PROMPT, b"\x03")]))


@promise
def pam_faillock_behind_it_locks_an_account_for_wrong_codes():
    pristine()
    bed.pam("login", "auth required pam_faillock.so preauth deny=2", "auth required pam_totp.so", "auth sufficient pam_unix.so",
            "auth required pam_faillock.so authfail deny=2", "auth required pam_deny.so")
    check("faillock_counts_codes" in found(), found())
    for _ in range(3):
        authenticate("login", "anna", anna.phone.wrong(), PASSWORD)
    check(authenticate("login", "anna", anna.phone.take(), PASSWORD).code != SUCCESS, "it is true no more")
    run("faillock", "--user", "anna", "--reset")


@promise
def a_key_alone_is_enough_without_authentication_methods():
    pristine()
    text = KEY_AND_CODE.replace("AuthenticationMethods publickey,keyboard-interactive:pam\n", "")
    write(DROP_IN, text + "PermitRootLogin no\n")
    finding = finds("sshd_key_alone", DROP_IN)
    with_it, without = Sshd(2471, drop_ins=True), Sshd(2472, drop_ins=True)
    without.start()
    let_in(without.login(anna), "anna")
    without.stop()
    write(DROP_IN, text + "PermitRootLogin no\n" + finding["fix"] + "\n")
    check(wrong(found()) == set(), found())
    with_it.start()
    refused(with_it.login(anna, (PROMPT, "000000")))
    let_in(with_it.login(anna, (PROMPT, lambda _: anna.phone.take())), "anna")
    with_it.stop()


@promise
def finds_what_sshd_makes_of_it():
    cases = (("KbdInteractiveAuthentication no", "sshd_broken"), ("UsePAM no", "sshd_no_pam"), ("PermitRootLogin prohibit-password", "sshd_root"),
             ("MaxAuthTries 1", "sshd_tries"), ("AuthenticationMethods publickey keyboard-interactive:pam", "sshd_either"),
             ("AuthenticationMethods publickey", "sshd_key_chosen"),
             ("PasswordAuthentication yes\nAuthenticationMethods publickey,password publickey,keyboard-interactive:pam", "sshd_password"))
    for line, name in cases:
        pristine()
        write(DROP_IN, f"{line}\n{KEY_AND_CODE}PermitRootLogin no\n")
        check(name in found(), f"{line}: {found()}")
    write(DROP_IN, "KbdInteractiveAuthentication no\n")
    check({"sshd_kbd_off", "sshd_key_alone"} <= wrong(found()), found())
    pristine()
    write(CONF, "enroll user=ulf\nif-enrolled from=10.0.0.0/8\nrequire\n")
    write(DROP_IN, f"UseDNS yes\nLoginGraceTime 30\n{KEY_AND_CODE}PermitRootLogin no\n")
    check(wrong(found()) == {"sshd_grace", "sshd_usedns"}, found())


@promise
def finds_a_code_alone_where_sshd_asks_for_no_key():
    pristine()
    write(DROP_IN, KEY_AND_CODE.replace("publickey,keyboard", "keyboard") + "PermitRootLogin no\n")
    check({"stack_code_alone", "stack_ignore_only"} <= wrong(found()), found())
    server = Sshd(2473, drop_ins=True).start()
    let_in(server.login(anna, (PROMPT, lambda _: anna.phone.take()), key=False), "anna")
    server.stop()


@promise
def a_code_before_the_key_keeps_out_whom_a_rule_exempts():
    pristine()
    write(DROP_IN, KEY_AND_CODE.replace("publickey,keyboard-interactive:pam", "keyboard-interactive:pam,publickey") + "PermitRootLogin no\n")
    finding = found()
    check({"sshd_order", "stack_ignore_only"} == wrong(finding), finding)
    server = Sshd(2474, drop_ins=True).start()
    refused(server.login(ulf))
    let_in(server.login(anna, (PROMPT, lambda _: anna.phone.take())), "anna")
    server.stop()


@promise
def sudo_asks_for_nothing_where_its_own_settings_say_so():
    pristine()
    write("/etc/sudoers.d/anna", "anna ALL=(ALL) NOPASSWD: ALL\n", mode=0o440)
    finding = finds("sudo_unasked", "/etc/sudoers.d/anna:1", "warning")
    check("root" in run(*as_user("anna", "sudo", "-n", "id", "-un")).stdout, "it is true no more")
    write("/etc/sudoers.d/anna", finding["fix"] + "\n", mode=0o440)
    check(wrong(found()) == set(), found())
    check(run(*as_user("anna", "sudo", "-n", "true"), check=False).returncode != 0, "not asked")
    os.unlink("/etc/sudoers.d/anna")


@promise
def finds_a_skip_that_scripts_never_reach():
    pristine()
    run("groupadd", "-f", "robots")
    bed.add_user("rob")
    run("usermod", "-aG", "robots", "rob")
    authorize(bed.people[-1])
    write(CONF, "skip group=robots\nif-enrolled\n")
    finds("skip_unreached", f"{CONF}:1", "warning")
    server = Sshd(2474, drop_ins=True).start()
    refused(server.login("rob", more=("BatchMode=yes",)))
    server.stop()
    write(DROP_IN, KEY_AND_CODE + "PermitRootLogin no\nMatch User rob\n  AuthenticationMethods publickey\n")
    check(wrong(found()) == set(), found())
    server = Sshd(2475, drop_ins=True).start()
    let_in(server.login("rob", more=("BatchMode=yes",)), "rob")
    server.stop()


@promise
def finds_rules_that_match_nobody_and_groups_that_are_none():
    pristine()
    write(CONF, "skip user=nobody-has-this until=2020-01-01\nskip user=nobody-has-this\nrequire service=sodu\nrequire\nskip user=anna\n")
    findings = found()
    check(wrong(findings) == {"rule_over", "rule_user", "rule_service", "rule_shadowed"}, findings)
    check(findings["rule_shadowed"]["where"] == f"{CONF}:5", findings)
    write(CONF, "skip group=no-such-group\nif-enrolled\n")
    finds("rule_group", f"{CONF}:1")
    check(authenticate("sudo", "ulf", ulf.password).code != SUCCESS, "it is true no more")
    write(CONF, "require\nrequier\n")
    finds("settings_mistake", f"{CONF}:2")
    check(authenticate("sudo", "anna", PASSWORD, anna.phone.next()).code != SUCCESS, "it is true no more")


@promise
def finds_modes_and_owners_and_what_is_missing():
    pristine()
    cases = ((KEY, 0o644, "key_unsafe"), (STORE, 0o777, "store_unsafe"), (STORE, 0o770, "store_group"), (HELPER, 0o755, "helper_mode"),
             (HELPER, 0o6755, "helper_unsafe"), (CONF, 0o666, "settings_unsafe"))
    for path, mode, name in cases:
        before = os.stat(path).st_mode & 0o7777
        os.chmod(path, mode)
        findings = found()
        os.chmod(path, before)
        check(wrong(findings) == {name} and findings[name]["where"] == path, f"{path}: {findings}")
    for path, name in ((KEY, "key_missing"), (f"{STORE}/.store", "store_unmarked"), (HELPER, "helper_missing")):
        os.rename(path, path + ".away")
        try:
            findings = found()
        finally:
            os.rename(path + ".away", path)
        check(wrong(findings) == {name}, f"{path}: {findings}")
    for path, name in ((KEY, "key_unsafe"), (STORE, "store_unsafe"), (CONF, "settings_unsafe")):
        before = os.stat(path)
        os.chown(path, 12345, before.st_gid)
        findings = found()
        os.chown(path, before.st_uid, before.st_gid)
        check(wrong(findings) == {name}, f"{path}: {findings}")
    check(wrong(found()) == set(), found())


@promise
def a_line_that_mends_mends():
    pristine()
    for path, mode in ((KEY, 0o666), (STORE, 0o755), (HELPER, 0o755), (CONF, 0o662)):
        os.chmod(path, mode)
    for finding in found().values():
        if finding["level"] != "note" and finding["id"] not in OF_THE_MACHINE:
            run("sh", "-c", finding["fix"])
    check(wrong(found()) == set(), found())


@promise
def finds_records_without_an_account_and_with_another_uid():
    pristine()
    bed.setup_user(bed.add_user("gone"))
    run("userdel", "-f", "gone")
    finds("record_without_account", "gone", "warning")
    run("useradd", "-m", "-u", "54321", "gone")
    finds("record_other_uid", "gone")
    run("userdel", "-f", "-r", "gone", check=False)
    for path in glob.glob(f"{STORE}/gone*"):
        os.unlink(path)


def mends(name, where, level="danger"):
    """It is found, and the command that it names ends it."""
    said = finds(name, where, level)
    run("sh", "-c", said["fix"])
    check(wrong(found()) == set(), found())


@promise
def names_what_moves_the_record_of_a_renamed_account():
    pristine()
    bed.setup_user(bed.add_user("rita"))
    run("usermod", "-l", "rita2", "rita")
    check(wrong(found("-u", "rita2")) == {"record_other_name"}, found("-u", "rita2"))
    mends("record_other_name", "rita2")
    run("usermod", "-u", "47119", "rita2")
    mends("record_other_uid", "rita2")
    run("userdel", "-f", "-r", "rita2", check=False)
    run("sh", "-c", finds("record_without_account", "rita2", "warning")["fix"] + " --yes", check=False)
    for path in glob.glob(f"{STORE}/rita*"):
        os.unlink(path)


@promise
def counts_what_a_change_of_the_host_key_did_not_come_to():
    pristine()
    saved = "/tmp/before"
    run("cp", "-a", STORE, saved)
    bed.tool("rekey")
    check(wrong(found()) == set(), found())
    run("sh", "-c", f"rm {STORE}/anna* && cp -a {saved}/anna* {STORE}")
    mends("records_older_key", "pam-totp rekey", "warning")
    check(authenticate("sudo", "anna", PASSWORD, anna.phone.take()).code == SUCCESS, "a right code")


@promise
def says_what_to_do_after_a_backup_was_restored():
    pristine()
    findings = found("--restored")
    check(findings["restored_counter"]["fix"] == "pam-totp resync phone -u anna", findings)
    check(findings["restored_backup_codes"]["fix"] == "pam-totp codes -u anna", findings)
    check("restored_newcomers" in findings and not any(name.startswith("restored") for name in found()), findings)


@promise
def looks_at_an_image_and_at_one_person():
    pristine()
    image = "/srv/image"
    os.makedirs(f"{image}/etc/pam.d")
    write(f"{image}/etc/pam.d/sudo", "auth sufficient pam_unix.so\nauth required pam_totp.so\n")
    findings = found("--root", image)
    check({"stack_sufficient", "key_missing", "module_missing"} <= wrong(findings), findings)
    check(findings["stack_sufficient"]["where"] == "/etc/pam.d/sudo:1", findings)
    write(DROP_IN, KEY_AND_CODE + "PermitRootLogin no\nMatch User ulf\n  AuthenticationMethods publickey publickey,keyboard-interactive:pam\n")
    check("sshd_either" in found("-u", "ulf") and "sshd_either" not in found("-u", "anna"), found())


@promise
def says_what_it_cannot_see_and_tells_usage_apart():
    pristine()
    said = bed.tool("check", "--json", user="anna")
    ids = {finding["id"] for finding in json.loads(said.stdout)["findings"]}
    check(said.returncode != 0 and "not_root" in ids and "key_missing" not in ids and "store_unmarked" not in ids, said.stdout)
    said = bed.tool("check", "--rot", "/")
    check(said.returncode == 2 and not said.stdout and "--root" in said.stderr, said)
    write(DROP_IN, "Nonsense yes\n")
    check("sshd_broken" in wrong(found()), found())
    os.unlink(DROP_IN)


if __name__ == "__main__":
    keep_all()
