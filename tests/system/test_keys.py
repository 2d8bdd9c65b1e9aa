#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The host key is changed and older ones are dropped; accounts are renamed, get another uid, and go away: with real
sshd and su."""
import json
import os
import pwd
import re
import stat
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
import libpam  # noqa: E402
from bed import CONF, KEY, PROMPT, STORE, Bed, as_user, run, write  # noqa: E402
from libpam import SUCCESS  # noqa: E402
from ptydrive import Driven  # noqa: E402
from results import let_in, refused  # noqa: E402
from sshd import Sshd, authorize  # noqa: E402

PASSWORD = r"(?i)password[^\n]*: "
DONE, REFUSED, USAGE, NOT_SET_UP, STORE_OR_KEY = 0, 1, 2, 3, 4
bed = Bed()
bed.pam("sshd", "auth required pam_totp.so")
bed.pam("su", "@include common-auth", "auth required pam_totp.so after=password")
write("/etc/pam.d/remembering", "auth requisite pam_unix.so\nauth required pam_totp.so after=password\n")
server = Sshd(2271).start()
caller = bed.add_user("caller")
keeper = bed.person("keeper")  # so that no store is ever without a record


def someone(name):
    """With a counting token, so that no login waits for the next code."""
    person = bed.setup_user(bed.add_user(name), "--hotp")
    authorize(person)
    return person


def ssh(person, code):
    return server.login(person, (PROMPT, code))


def su_session(person):
    session = Driven(as_user(caller.name, "su", person.name, "-c", "echo in as $(id -un)"))
    check(session.expect(PASSWORD), session.seen)
    session.answer(person.password)
    check(session.expect(PROMPT), session.seen)
    return session


def ended(session):
    status = session.wait()
    return session.seen, status


def root(*words, status=DONE, input=""):
    said = bed.tool(*words, input=input)
    check(said.returncode == status, f"{words}: {said.returncode}\n{said.stdout}{said.stderr}")
    return said.stdout + said.stderr


def key_ids():
    with open(KEY, encoding="ascii") as file:
        return re.findall(r"^([0-9a-f]{16}) ", file.read(), re.M)


def files_of(name):
    return sorted(file for file in os.listdir(STORE) if file.split(".")[0] == name)


@promise
def keeps_every_code_and_every_used_one_when_the_host_key_is_changed():
    anna = someone("anna")
    let_in(ssh(anna, anna.phone.take()), "anna")
    spare = anna.spare_code()
    let_in(ssh(anna, spare), "anna")
    before, was = key_ids(), os.stat(KEY)
    facts = json.loads(root("rekey", "--json"))
    check(facts["made"] and facts["moved"] == 2 and facts["left"] == [] and facts["older"] == 1, facts)
    after, found = key_ids(), os.stat(KEY)
    check(after[1:] == before and len(after) == 2, (before, after))
    check((found.st_uid, found.st_gid, found.st_mode) == (was.st_uid, was.st_gid, was.st_mode), found)
    with open(f"{STORE}/.store", encoding="ascii") as file:
        check(f"key={after[0]}" in file.read(), "the sentinel is not of the new key")
    refused(ssh(anna, anna.phone.spent()))
    refused(ssh(anna, spare))
    let_in(ssh(anna, anna.phone.take()), "anna")
    check(bed.status(anna)["backup_codes_left"] == 9, "the backup codes are others")


@promise
def keeps_who_waits_at_a_prompt_able_to_get_in_across_both():
    bert = someone("bert")
    waiting, other = su_session(bert), su_session(bert)
    root("rekey")
    waiting.answer(bert.phone.next())
    check(waiting.expect(PROMPT), waiting.seen)  # asked again: the codes are sealed anew, and nothing was spent
    waiting.answer(bert.phone.take())
    let_in(ended(waiting), "bert")
    root("rekey", "--drop-old")
    check(len(key_ids()) == 1, key_ids())
    other.answer(bert.phone.next())
    check(other.expect(PROMPT), other.seen)
    other.answer(bert.phone.take())
    let_in(ended(other), "bert")
    refused(ssh(bert, bert.phone.spent()))
    let_in(ssh(bert, bert.phone.take()), "bert")


@promise
def takes_no_second_answer_for_codes_that_are_not_in_force_any_more():
    yves = someone("yves")
    session = Driven(as_user("yves", "pam-totp", "codes"))
    check(session.expect(r"(?i)code[^\n]*: "), session.seen)
    root("rekey")
    session.answer(yves.phone.next())
    seen, status = ended(session)
    check(status == REFUSED and "begin again" in seen, f"{status}: {seen}")
    let_in(ssh(yves, yves.phone.take()), "yves")


@promise
def keeps_a_place_remembered_under_the_key_before():
    cleo = someone("cleo")
    write(CONF, "require user=cleo remember=8h\n")
    try:
        answers = [cleo.password, cleo.phone.take()]
        first = libpam.authenticate("remembering", "cleo", *answers, rhost="203.0.113.9")
        root("rekey")
        again = libpam.authenticate("remembering", "cleo", cleo.password, rhost="203.0.113.9")
        elsewhere = libpam.authenticate("remembering", "cleo", cleo.password, "000000", rhost="203.0.113.10")
    finally:
        os.unlink(CONF)
    check(first.code == again.code == SUCCESS and not any(PROMPT in p for p in again.prompts), again)
    check(elsewhere.code != SUCCESS, elsewhere)


@promise
def completes_a_change_of_the_key_before_it_makes_another():
    dora = someone("dora")
    root("rekey")
    saved = {name: open(f"{STORE}/{name}", "rb").read() for name in files_of("dora")}
    root("rekey")
    for name in files_of("dora"):
        os.unlink(f"{STORE}/{name}")
    for name, content in saved.items():  # as if it had been ended before hers
        with open(f"{STORE}/{name}", "wb") as file:
            file.write(content)
        run("install", "-m", "600", "-o", "dora", f"{STORE}/{name}", f"{STORE}/{name}.tmp")
        os.rename(f"{STORE}/{name}.tmp", f"{STORE}/{name}")
    before = key_ids()
    said = root("rekey")
    check("An earlier rekey is complete" in said and key_ids() == before, said)
    let_in(ssh(dora, dora.phone.take()), "dora")


@promise
def refuses_to_drop_a_key_that_somebody_needs_and_says_who():
    someone("emil")
    fritz = someone("fritz")
    root("rekey", "--drop-old")
    root("rekey")
    run("userdel", "emil")
    root("rekey")
    with open(f"{STORE}/fritz", "r+b") as journal:
        whole = journal.read()
        journal.seek(0)
        journal.write(b"x" * len(whole))
    before, said = key_ids(), root("rekey", "--drop-old", status=REFUSED)
    check("emil: " in said and "fritz: " in said and "prune" in said and key_ids() == before, said)
    check("fritz: " in root("rekey", status=STORE_OR_KEY), "what cannot be moved is not said")
    with open(f"{STORE}/fritz", "r+b") as journal:
        journal.write(whole)
    root("prune", "-u", "emil", input="y\n")
    root("rekey", "--drop-old")
    check(len(key_ids()) == 1, key_ids())
    let_in(ssh(fritz, fritz.phone.take()), "fritz")
    check(files_of("emil") == [], "not pruned")


@promise
def moves_a_record_to_the_new_name_of_its_account():
    gina = someone("gina")
    let_in(ssh(gina, gina.phone.take()), "gina")
    run("usermod", "-l", "gina2", "gina")
    gina.name = "gina2"
    refused(ssh(gina, gina.phone.next()))
    root("rebind", "--from", "keeper", "-u", "gina2", status=REFUSED)
    mark = bed.syslog.mark()
    check(json.loads(root("rebind", "--from", "gina", "-u", "gina2", "--json")) == {"user": "gina2", "rebound": True}, "")
    bed.syslog.find(r"event=rebound user=gina2 actor=0 from=gina", mark)
    check(files_of("gina") == [] and len(files_of("gina2")) == 2, os.listdir(STORE))
    refused(ssh(gina, gina.phone.spent()))
    let_in(ssh(gina, gina.phone.take()), "gina2")


@promise
def moves_a_record_to_the_new_uid_of_its_account():
    hugo = someone("hugo")
    let_in(ssh(hugo, hugo.phone.take()), "hugo")
    run("usermod", "-u", "47110", "hugo")
    refused(ssh(hugo, hugo.phone.next()))
    root("rebind", "-u", "hugo")
    found = [os.stat(f"{STORE}/{name}") for name in files_of("hugo")]
    check(len(found) == 2 and all(f.st_uid == 47110 and stat.S_IMODE(f.st_mode) == 0o600 for f in found), found)
    refused(ssh(hugo, hugo.phone.spent()))
    let_in(ssh(hugo, hugo.phone.take()), "hugo")
    check("nothing was changed" in root("rebind", "-u", "hugo"), "moved again")


@promise
def completes_a_move_that_was_killed_and_keeps_all_it_needs_until_then():
    rosa = someone("rosa")
    let_in(ssh(rosa, rosa.phone.take()), "rosa")
    run("usermod", "-l", "rosa2", "-u", "47111", "rosa")
    rosa.name = "rosa2"
    # The second is the one that gives the new journal its name; the old one is closed by then.
    run("strace", "-f", "-o", "/dev/null", "-e", "trace=renameat2", "-e", "inject=renameat2:error=EIO:signal=KILL:when=2",
        "pam-totp", "rebind", "--from", "rosa", "-u", "rosa2", check=False)
    refused(ssh(rosa, rosa.phone.next()))
    made = [name for name in files_of("rosa2") if not name.endswith(".first")]
    check(len(made) == 1 and len(files_of("rosa")) == 2, os.listdir(STORE))
    run("touch", "-d", "2 days ago", *(f"{STORE}/{name}" for name in made + files_of("rosa")))
    said = root("prune", "--yes")
    check("rebind" in said and len(files_of("rosa")) == 2 and made[0] in files_of("rosa2"), said)
    told = json.loads(bed.tool("check", "--json", "-u", "rosa2").stdout)["findings"]
    fix = [one["fix"] for one in told if one["id"] == "record_other_name" and one["level"] == "danger"]
    check(fix == ["pam-totp rebind --from rosa -u rosa2"], told)
    run("sh", "-c", fix[0])
    check(files_of("rosa") == [] and len(files_of("rosa2")) == 2, os.listdir(STORE))
    refused(ssh(rosa, rosa.phone.spent()))
    let_in(ssh(rosa, rosa.phone.take()), "rosa2")


@promise
def moves_nothing_of_who_is_there_under_another_name():
    vera = someone("vera")
    run("usermod", "-l", "vera2", "vera")
    root("rebind", "--from", "vera", "-u", caller.name, status=REFUSED)
    check(len(files_of("vera")) == 2, os.listdir(STORE))
    root("rebind", "--from", "vera", "-u", "vera2")
    vera.name = "vera2"
    let_in(ssh(vera, vera.phone.take()), "vera2")


@promise
def says_of_a_damaged_record_that_it_does_not_count():
    someone("wim")
    os.chown(f"{STORE}/wim", 58231, -1)
    run("usermod", "-u", "58231", "wim")
    said = root("rebind", "-u", "wim", status=STORE_OR_KEY)
    check("damaged" in said, said)
    root("remove", "--all", "-u", "wim")


@promise
def keeps_a_recovery_code_and_its_time_across_a_new_key_and_a_new_name():
    xenia = someone("xenia")
    code = re.search(r"\b[0-9a-z]{5}-[0-9a-z]{5}-[0-9a-z]{5}\b", root("recover", "-u", "xenia"))[0]
    until = json.loads(root("status", "-u", "xenia", "--json"))["recovery_until"]
    root("rekey")
    run("usermod", "-l", "xenia2", "xenia")
    run("groupmod", "-n", "xenia2", "xenia")
    xenia.name = "xenia2"
    root("rebind", "--from", "xenia", "-u", "xenia2")
    check(json.loads(root("status", "-u", "xenia2", "--json"))["recovery_until"] == until, "another time")
    for typed, shown in (("00000-00000-00000", False), (code, True)):
        said = bed.tool("setup", "--uri", user="xenia2", input=f"{typed}\n")
        check(("otpauth://" in said.stdout + said.stderr) == shown, said)


@promise
def refuses_to_move_what_is_somebodys_or_hostile():
    ida, jan = someone("ida"), someone("jan")
    root("rebind", "--from", "ida", "-u", caller.name, status=REFUSED)  # ida is there
    run("usermod", "-l", "ida2", "ida")
    root("rebind", "--from", "ida", "-u", "jan", status=REFUSED)  # jan has a record
    root("rebind", "--from", "nobody-at-all", "-u", "jan", status=NOT_SET_UP)
    root("rebind", status=USAGE)
    os.symlink("/etc/passwd", f"{STORE}/ida2")
    root("rebind", "--from", "ida", "-u", "ida2", status=REFUSED)
    check(os.readlink(f"{STORE}/ida2") == "/etc/passwd" and len(files_of("ida")) == 2, files_of("ida"))
    os.unlink(f"{STORE}/ida2")
    os.rename(f"{STORE}/ida", f"{STORE}/moved")
    os.symlink(f"{STORE}/moved", f"{STORE}/ida")
    root("rebind", "--from", "ida", "-u", "ida2", status=STORE_OR_KEY)
    os.rename(f"{STORE}/moved", f"{STORE}/ida")
    root("rebind", "--from", "ida", "-u", "ida2")
    ida.name = "ida2"
    let_in(ssh(ida, ida.phone.take()), "ida2")
    let_in(ssh(jan, jan.phone.take()), "jan")


def root_alone(*words):
    said = bed.tool(*words, user=caller.name)
    check(said.returncode == REFUSED, said)
    return said.stderr


@promise
def removes_records_without_an_account_and_no_other():
    someone("kurt")
    lena = someone("lena")
    uid = pwd.getpwnam("kurt").pw_uid
    run("userdel", "kurt")
    seen = json.loads(root("prune", "--dry-run", "--json"))
    check({f["why"] for f in seen["files"]} == {"no_account"} and not seen["removed"], seen)
    check({f["user"] for f in seen["files"]} == {"kurt"} and {f["uid"] for f in seen["files"]} == {uid}, seen)
    check("kurt" in root("prune", input="n\n") and len(files_of("kurt")) == 2, "removed without a yes")
    check("Nothing was removed" in root("prune"), "removed without an answer")
    mark = bed.syslog.mark()
    check("begins with nothing set up" in root("prune", "--yes"), "not said what it means")
    bed.syslog.find(r"event=pruned user=kurt actor=0", mark)
    check(files_of("kurt") == [] and len(files_of("lena")) == 2, os.listdir(STORE))
    let_in(ssh(lena, lena.phone.take()), "lena")
    check("nothing to remove" in root("prune", "--yes"), "something is left")


@promise
def keeps_what_may_be_a_renamed_accounts_unless_it_is_named():
    someone("mona")
    run("usermod", "-l", "mona2", "mona")
    said = root("prune", "--yes")
    check("kept" in said and "rebind" in said and len(files_of("mona")) == 2, said)
    root("prune", "-u", "mona", "--yes")
    check(files_of("mona") == [], os.listdir(STORE))


@promise
def removes_nothing_while_accounts_cannot_be_looked_up():
    someone("nora")
    run("userdel", "nora")
    with open("/etc/nsswitch.conf", encoding="utf-8") as file:
        conf = file.read()
    try:
        # hesiod is with glibc, and without its settings it does not answer, as a directory that is down.
        for services in ("files hesiod", "hesiod files", "hesiod [UNAVAIL=continue] files systemd", "nowhere files"):
            write("/etc/nsswitch.conf", re.sub(r"(?m)^passwd:.*$", f"passwd: {services}", conf))
            for words in (("prune", "--yes"), ("prune", "-u", "nora", "--yes")):
                check("directory service" in root(*words, status=STORE_OR_KEY), services)
            root("rebind", "--from", "nora", "-u", "keeper", status=STORE_OR_KEY)
    finally:
        write("/etc/nsswitch.conf", conf)
    check(len(files_of("nora")) == 2, os.listdir(STORE))
    root("prune", "-u", "nora", "--yes")


@promise
def refuses_to_remove_most_records_when_nobody_looks():
    names = [file for file in os.listdir(STORE) if "." not in file]
    for name in names:
        if name != keeper.name:
            run("userdel", "-f", name, check=False)
    said = root("prune", "--yes", status=REFUSED)
    check("more than half" in said and len([f for f in os.listdir(STORE) if "." not in f]) == len(names), said)
    root("prune", input="y\n")
    check([file for file in os.listdir(STORE) if "." not in file] == [keeper.name], os.listdir(STORE))


@promise
def removes_what_killed_changes_left_and_nothing_in_use():
    olga = someone("olga")
    in_force = next(name for name in files_of("olga") if "." in name)
    for name, days in (("olga.0123456789abcdef", 2), ("olga.0123456789abcdee.new", 2), ("olga.0123456789abcded", 0)):
        write(f"{STORE}/{name}", "x", 0o600)
        run("touch", "-d", f"{days} days ago", f"{STORE}/{name}")
    run("touch", "-d", "2 days ago", f"{STORE}/{in_force}", f"{STORE}/olga")
    os.mkdir(f"{STORE}/lost+found")
    root("prune", "--yes")
    check(files_of("olga") == ["olga", *sorted([in_force, "olga.0123456789abcded"])], files_of("olga"))
    check(os.path.isdir(f"{STORE}/lost+found"), "what is none of ours is gone")
    let_in(ssh(olga, olga.phone.take()), "olga")


@promise
def root_alone_may_and_nothing_secret_is_said():
    for words in (("rekey",), ("rekey", "--drop-old"), ("prune", "--yes"), ("rebind", "-u", caller.name)):
        check("root" in root_alone(*words), words)
    root("rekey", "--drop-old")
    said = root("rekey", "--json") + root("rekey") + "\n".join(bed.syslog.lines)
    with open(KEY, encoding="ascii") as file:
        for part in re.findall(r"\b[0-9a-f]{64}\b", file.read()):
            check(part not in said, "a key is in the log")
    check("event=rekeyed actor=0" in said and "event=key_added actor=0" in said and "event=keys_dropped" in said, said)
    bed.nothing_secret_in(said)


if __name__ == "__main__":
    keep_all()
