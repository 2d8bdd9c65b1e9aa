#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Who is asked: rules in the settings, with real sshd, sudo and su, and what `explain` and `edit` say of them."""
import grp
import json
import os
import shutil
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
import libpam  # noqa: E402
from bed import CONF, PROMPT, Bed, as_user, run, write  # noqa: E402
from libpam import AUTH_ERR, AUTHINFO_UNAVAIL, SUCCESS  # noqa: E402
from ptydrive import drive  # noqa: E402
from results import let_in, refused  # noqa: E402
from sshd import Sshd, authorize  # noqa: E402

PASSWORD = r"(?i)password[^\n]*: "
CTRL_C = b"\x03"
KNOWN, UNKNOWN = "known", "unknown"  # services whose first factor the module knows of, or not

bed = Bed()
write(f"/etc/pam.d/{KNOWN}", "auth requisite pam_unix.so\nauth required pam_totp.so after=password\n")
write(f"/etc/pam.d/{UNKNOWN}", "auth required pam_totp.so\n")
bed.pam("sshd", "auth required pam_totp.so")
for name in ("sudo", "su"):
    bed.pam(name, "@include common-auth", "auth required pam_totp.so after=password")
keyed, asked = Sshd(2201).start(), Sshd(2202, "keyboard-interactive:pam").start()
run("groupadd", "robots")
run("groupadd", "staff2")

anna = bed.setup_user(bed.add_user("anna"), "--hotp")  # has codes
ulf = bed.add_user("ulf")                              # has none
rob = bed.add_user("rob")                              # has none, and need not
run("usermod", "-aG", "robots", "rob")
for someone in (anna, ulf, rob):
    authorize(someone)
    write(f"/etc/sudoers.d/{someone.name}", f"Defaults:{someone.name} timestamp_timeout=0\n{someone.name} ALL=(ALL) ALL\n", 0o440)


def rules(text, **drop_ins):
    """The settings from now on."""
    write(CONF, text)
    shutil.rmtree(CONF + ".d", ignore_errors=True)
    if drop_ins:
        os.mkdir(CONF + ".d", 0o755)
    for name, content in drop_ins.items():
        write(f"{CONF}.d/{name}.conf", content)


def outcome(person, service=KNOWN, code=None):
    """The return code, and whether a code was asked for."""
    answers = [person.password] if service == KNOWN else []
    login = libpam.authenticate(service, person.name, *answers, code or "")
    return login.code, any(PROMPT in prompt for prompt in login.prompts)


def sudo(person, *answers):
    return drive(as_user(person.name, "sudo", "sh", "-c", "echo in as $(id -un)"),
                 [*answers, (f"{PASSWORD}|{PROMPT}", CTRL_C)])


@promise
def the_first_rule_that_matches_decides_and_the_log_names_it():
    rules("# who\nskip group=robots\nif-enrolled service=known\nrequire\n")
    mark = bed.syslog.mark()
    check(outcome(rob) == (SUCCESS, False), "rob")
    bed.syslog.find(r"user=rob verdict=not_asked service=known rule=pam_totp.conf:2", mark)
    check(outcome(ulf) == (SUCCESS, False), "ulf")
    bed.syslog.find(r"user=ulf verdict=not_asked service=known rule=pam_totp.conf:3", mark)
    check(outcome(anna, code=anna.phone.take()) == (SUCCESS, True), "anna")
    bed.syslog.find(r"user=anna verdict=accepted service=known token=phone rule=pam_totp.conf:3", mark)
    check(outcome(anna, code=anna.phone.spent()) == (AUTH_ERR, True), "anna again")
    check(outcome(ulf, UNKNOWN) == (AUTH_ERR, True), "ulf elsewhere")


@promise
def no_rule_and_no_file_mean_that_a_code_is_required():
    for text in ("", "skip user=nobody-else\n", None):
        rules(text or "")
        if text is None:
            os.unlink(CONF)
        check(outcome(ulf) == (AUTH_ERR, True), text)
        check(outcome(anna, code=anna.phone.take()) == (SUCCESS, True), text)


@promise
def nullok_stands_for_a_last_rule():
    write("/etc/pam.d/nullok", "auth requisite pam_unix.so\nauth required pam_totp.so after=password nullok\n")
    rules("require user=ulf\n")
    login = libpam.authenticate("nullok", "ulf", ulf.password, "")
    check(login.code == AUTH_ERR and len(login.prompts) == 2, login)
    login = libpam.authenticate("nullok", "rob", rob.password)
    check(login.code == SUCCESS and len(login.prompts) == 1, login)


@promise
def who_need_not_is_let_in_by_a_key_and_by_nothing_less():
    rules("skip group=robots\nif-enrolled user=ulf\nrequire\n")
    check(PROMPT not in let_in(keyed.login(rob), "rob"), "a code was asked for")
    check(PROMPT not in let_in(keyed.login(ulf), "ulf"), "a code was asked for")
    let_in(keyed.login(anna, (PROMPT, anna.phone.take())), "anna")
    refused(keyed.login(anna, (PROMPT, anna.phone.spent())))
    for someone in (rob, ulf, anna):
        refused(keyed.login(someone, key=False))
        refused(asked.login(someone, (PROMPT, ""), key=False))  # neither key nor password: an IGNORE lets nobody in


@promise
def sudo_asks_for_the_password_all_the_same():
    rules("skip group=robots service=sudo\nrequire\n")
    let_in(sudo(rob, (PASSWORD, rob.password)), "root")
    refused(sudo(rob, (PASSWORD, "no")))
    check(PROMPT in refused(sudo(ulf, (PASSWORD, ulf.password), (PROMPT, "123456"))), "no code was asked for")
    let_in(sudo(anna, (PASSWORD, anna.password), (PROMPT, anna.phone.take())), "root")


@promise
def an_address_decides_and_a_name_does_not():
    rules("skip from=127.0.0.0/8 user=rob\nrequire\n")
    let_in(keyed.login(rob), "rob")
    rules("skip from=127.0.0.2/31 user=rob\nrequire\n")
    check(PROMPT in refused(keyed.login(rob, (PROMPT, "123456"))), "no code was asked for")
    rules("skip from=none user=rob\nrequire\n")
    check(outcome(rob) == (SUCCESS, False), "at the console")
    check(PROMPT in refused(keyed.login(rob, (PROMPT, "123456"))), "no code was asked for")


@promise
def files_beside_come_first_in_the_order_of_their_names():
    rules("skip user=rob\nwindow = 1\n", **{"20-b": "if-enrolled user=rob\n", "10-a": "require user=rob\nwindow = 3\n"})
    mark = bed.syslog.mark()
    check(outcome(rob) == (AUTH_ERR, True), "10-a requires")
    bed.syslog.find(r"user=rob verdict=not_set_up .*rule=10-a.conf:1", mark)
    os.unlink(f"{CONF}.d/10-a.conf")
    check(outcome(rob) == (SUCCESS, False), "20-b")
    bed.syslog.find(r"user=rob verdict=not_asked .*rule=20-b.conf:1", mark)
    write(f"{CONF}.d/05-c.conf.bak", "no setting at all\n")
    write(f"{CONF}.d/.05-c.conf", "no setting at all\n")
    check(outcome(rob) == (SUCCESS, False), "what is no *.conf is left alone")


@promise
def a_mistake_anywhere_lets_nobody_in_and_the_log_names_the_line():
    for text, drop_ins, at in (("require\n\nskip user\n", {}, r"pam_totp.conf line=3: expected"),
                               ("require\n", {"90-z": "window = 11\n"}, r"pam_totp.conf.d/90-z.conf line=1: window"),
                               ("skip from=10.0.0.1/8\n", {}, r"line=1: from takes"),
                               ("enrolls\n", {}, r"line=1: expected")):
        rules(text, **drop_ins)
        mark = bed.syslog.mark()
        check(outcome(rob) == (AUTHINFO_UNAVAIL, False), text)
        bed.syslog.find(r"verdict=error .*reason=bad_setting at=.*" + at, mark)
        said = bed.tool("status", "-u", "anna")
        check(said.returncode == 4 and ".conf" in said.stderr, said)


@promise
def files_that_others_can_change_are_refused():
    rules("skip\n", **{"10-a": "require\n"})
    for path, mode, good in ((CONF, 0o666, 0o644), (f"{CONF}.d/10-a.conf", 0o664, 0o644), (f"{CONF}.d", 0o777, 0o755)):
        os.chmod(path, mode)
        mark = bed.syslog.mark()
        check(outcome(rob)[0] == AUTHINFO_UNAVAIL, path)
        bed.syslog.find(r"reason=settings_unsafe path=" + path, mark)
        os.chmod(path, good)
    os.symlink("/dev/zero", f"{CONF}.d/20-b.conf")
    check(outcome(rob)[0] == AUTHINFO_UNAVAIL, "a link")
    shutil.rmtree(f"{CONF}.d")


@promise
def a_group_that_is_not_there_refuses_when_its_rule_is_reached():
    rules("skip user=rob\nskip group=no-such-group\nrequire\n")
    mark = bed.syslog.mark()
    check(outcome(rob) == (SUCCESS, False), "before it")
    check(outcome(anna, code=anna.phone.next()) == (AUTHINFO_UNAVAIL, False), "behind it")
    bed.syslog.find(r"user=anna verdict=error .*rule=pam_totp.conf:2 reason=group_unknown", mark)


@promise
def whoever_calls_with_low_limits_gets_no_answer_about_groups():
    rules("skip group!=staff2\nrequire\n")
    program = ("-B", libpam.__file__, KNOWN, "rob")
    for limit, code in (("--nofile=1024", SUCCESS), ("--nofile=60", AUTHINFO_UNAVAIL), ("--data=100000000", AUTHINFO_UNAVAIL)):
        said = run("prlimit", limit, sys.executable, *program, input=rob.password).stdout
        check(json.loads(said)[0] == code, (limit, said))


@promise
def a_group_of_very_many_is_read_to_its_end():
    many = ",".join(f"member{number:05d}" for number in range(20000))
    with open("/etc/group", encoding="ascii") as file:
        lines = [line for line in file if not line.startswith("staff2:")]
    gid = grp.getgrnam("staff2").gr_gid
    write("/etc/group", "".join(lines) + f"staff2:x:{gid}:{many},rob\n")
    rules("skip group=staff2\nrequire\n")
    check(outcome(rob) == (SUCCESS, False), "the last member")
    check(outcome(ulf) == (AUTH_ERR, True), "no member")


@promise
def an_unknown_name_is_never_skipped():
    rules("skip\n")
    login = libpam.authenticate(UNKNOWN, "nobody-at-all", "123456")
    check(login.code == AUTH_ERR and login.prompts == [PROMPT], login)


def explain(*words, user=None):
    said = bed.tool("explain", *words, "--json", user=user)
    check(said.returncode == 0, said)
    return json.loads(said.stdout)


@promise
def explain_says_what_the_login_then_does():
    rules("skip group=robots from=10.0.0.0/8 until=2100-12-31 reason=\"backup hosts\"\nif-enrolled service=known\nrequire\n")
    said = explain("-u", "rob", "--from", "10.1.2.3")
    check(said == {"user": "rob", "service": "sshd", "from": "10.1.2.3", "enrolled": False, "asked": False,
                   "gets_in": "without_code", "rule": {"file": CONF, "line": 1, "demand": "skip",
                                                       "remember": None, "reason": "backup hosts",
                                                       "until": "2100-12-31", "defer": None}}, said)
    for person, service in ((rob, KNOWN), (ulf, KNOWN), (ulf, UNKNOWN), (anna, KNOWN), (anna, UNKNOWN)):
        said = explain("-u", person.name, "--service", service)
        code = anna.phone.take() if person is anna else "123456"
        expected = {"without_code": (SUCCESS, False), "with_code": (SUCCESS, True), "never": (AUTH_ERR, True)}
        check(outcome(person, service, code) == expected[said["gets_in"]], said)
    rules("")
    check(explain("-u", "ulf")["rule"] is None, "no rule")
    said = bed.tool("explain", "-u", "ulf")
    check("No rule matches" in said.stdout and "pam-totp setup -u ulf" in said.stdout and said.returncode == 0, said)


@promise
def people_may_ask_about_themselves_alone():
    rules("skip group=robots\nrequire\n")
    check(explain("--service", "sudo", user="rob")["gets_in"] == "without_code", "rob")
    said = bed.tool("explain", "-u", "anna", user="rob")
    check(said.returncode == 1 and not said.stdout, said)


def edit(*scripts, answers=""):
    """pam-totp edit with a program in place of the person at the editor: one script each time it is started."""
    write("/root/editor", "#!/bin/sh\nnext=$(ls /root/edits/* | head -n 1)\nsh \"$next\" \"$2\"; status=$?\nrm \"$next\"\nexit $status\n",
          0o755)
    shutil.rmtree("/root/edits", ignore_errors=True)
    os.mkdir("/root/edits")
    for number, script in enumerate(scripts):
        write(f"/root/edits/{number}", script)
    return run("env", "VISUAL=/root/editor --wait", "pam-totp", "edit", input=answers, check=False)


@promise
def edit_lets_no_mistake_count():
    rules("require\n")
    said = edit('echo "skip user" >>"$1"\n', 'sed -i s/user$/user=rob/ "$1"\n', answers="\n")
    check(said.returncode == 0 and f"{CONF}:2: expected" in said.stdout and "counts from the next login" in said.stdout, said)
    with open(CONF, encoding="ascii") as file:
        check(file.read() == "require\nskip user=rob\n", "the file")
    check(os.stat(CONF).st_mode & 0o7777 == 0o644, "its mode")
    for scripts, answers in ((['echo "skip user" >>"$1"\n'], "n\n"), (["exit 1\n"], ""), (['echo "#" >>"$1"; echo x >>' + CONF + "\n"], ""),
                             (['echo "skip user" >>"$1"\n'], "")):
        before = open(CONF, encoding="ascii").read()
        said = edit(*scripts, answers=answers)
        check(said.returncode == 1 and "nothing was changed" in said.stderr, said)
        check(open(CONF, encoding="ascii").read().startswith(before), "the file is another one")
        rules("require\n")
    check("Nothing was changed" in edit("true\n").stdout, "no change")
    os.chmod(CONF, 0o600)
    check(edit('echo "#" >>"$1"\n').returncode == 0 and os.stat(CONF).st_mode & 0o7777 == 0o600, "it is open to others now")
    os.unlink(CONF)
    check(edit('echo require >"$1"\n').returncode == 0 and os.path.exists(CONF), "a first file")
    check(not [name for name in os.listdir("/etc/security") if ".edit." in name], os.listdir("/etc/security"))
    said = bed.tool("edit", user="rob")
    check(said.returncode == 1 and "only root" in said.stderr, said)


@promise
def the_example_that_is_shipped_asks_whoever_has_codes():
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "packaging", "pam_totp.conf")
    with open(source, encoding="ascii") as file:
        text = file.read()
    rules(text)
    check(outcome(ulf) == (SUCCESS, False) and outcome(anna, code=anna.phone.take()) == (SUCCESS, True), "as it is")
    lines = [line[1:] if line.startswith(("#skip", "#require", "#if-enrolled", "#window", "#guess", "#issuer", "#self"))
             else line for line in text.split("\n")]
    rules("\n".join(lines))
    for group in ("admins", "wheel"):
        run("groupadd", "-f", group)
    check(outcome(anna, code=anna.phone.take()) == (SUCCESS, True), "with every example in force")


if __name__ == "__main__":
    keep_all()
