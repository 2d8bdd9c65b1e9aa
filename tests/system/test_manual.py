#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the man pages say is what the programs do: exit statuses, JSON, the environment, the examples, the places."""
import json
import os
import shutil
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
import libpam  # noqa: E402
import manual  # noqa: E402
import source  # noqa: E402
from bed import BUILD, CONF, KEY, REPOSITORY, STORE, Bed, as_user, run, write  # noqa: E402
from own import PERMISSION, PROOF  # noqa: E402
from phone import Counting  # noqa: E402
from ptydrive import Driven, drive  # noqa: E402

SHARE = "/usr/share"
INSTALLED = [*(f"{SHARE}/man/man{name[-1]}/{name}" for name in manual.PAGES),
             f"{SHARE}/bash-completion/completions/pam-totp", f"{SHARE}/zsh/vendor-completions/_pam-totp",
             f"{SHARE}/fish/vendor_completions.d/pam-totp.fish"]
OBJECTS = manual.objects()

bed = Bed()


def person(name):
    return bed.setup_user(bed.add_user(name), "--hotp")


def shape(value):
    """Names and kinds; of a list its first element."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value[:1]]
    return type(value).__name__


def prints(name, *words, status=0, user=None, input="", null=()):
    """The command's JSON, which has the shape of the page's; the names in `null` have no value this time."""
    said = bed.tool(*words, "--json", user=user, input=input)
    check(said.returncode == status and said.stdout.count("\n") == 1, said)
    facts, wanted = json.loads(said.stdout), shape(OBJECTS[name])
    for known in null:
        check(facts[known] is None, facts)
        wanted[known] = "NoneType"
    check(shape(facts) == wanted, f"{shape(facts)}\nthe page: {wanted}")
    return facts


@promise
def json_is_as_the_page_shows_it():
    check(set(OBJECTS) == {*source.commands(), None}, set(OBJECTS))
    bed.add_user("amy")
    prints("init", "init")
    who = "-u", "amy"
    facts = prints("setup", "setup", *who, "--no-confirm", "--hotp")
    amy = Counting(facts["secret"])
    check(len(facts["backup_codes"]) == 10, facts)
    facts = prints("verify", "verify", *who, input=amy.take())
    check(facts["accepted"] is True and facts["verdict"] == "accepted", facts)
    write("/etc/pam.d/known", "auth required pam_totp.so after=password\n")
    write(CONF, "require remember=8h\n")
    check(libpam.authenticate("known", "amy", amy.take(), rhost="203.0.113.9").code == 0, "no login")
    os.unlink("/etc/pam.d/known")
    prints("status", "status", *who)
    prints("forget", "forget", *who)
    prints("add", "add", "tablet", *who, "--no-confirm")
    prints("resync", "resync", "phone", *who, input=f"{amy.take()} {amy.take()}")
    prints("export", "export", *who)
    write(CONF, "skip user=amy until=2100-12-31 reason=why\n")
    prints("explain", "explain", *who, "--from", "10.20.1.1")
    write(CONF, "enroll defer=2100-01-31\n")
    facts = prints("report", "report")
    check(set(facts["sum"]) == {"covered", "enrolling", "exempt", "open", "refused"}, facts)
    os.unlink(CONF)
    said = run("env", "EDITOR=true", "pam-totp", "edit", "--json")
    check(json.loads(said.stdout) == {"changed": False}, said)
    prints("codes", "codes", *who)
    prints("unlock", "unlock", *who)
    facts = prints("remove", "remove", "tablet", *who)
    check(facts["removed"] == "tablet" and facts["enrolled"] is True, facts)
    facts = prints("recover", "recover", *who)
    check(bed.status(bed.people[-1])["recovery_until"] == facts["recovery_until"], facts)
    facts = prints("remove", "remove", "--all", *who, null=["removed"])
    check(facts["enrolled"] is False, facts)


@promise
def json_of_a_list_has_what_status_has():
    person("bert")
    said = bed.tool("list", "--json")
    rows = json.loads(said.stdout)["users"]
    check(said.returncode == 0 and [row["user"] for row in rows] == ["bert"], said)
    named = {"users": [{**OBJECTS["list"]["users"][0], **OBJECTS["status"], "last_login": None, "remembered": []}]}
    check(shape({"users": rows}) == shape(named), rows)


@promise
def json_has_null_where_the_page_says_so():
    bed.add_user("carl")
    who = "-u", "carl"
    facts = prints("setup", "setup", *who, "--no-confirm", "--codes-only", null=["uri", "secret"])
    check(len(facts["backup_codes"]) == 10, facts)
    said = bed.tool("setup", *who, "--no-confirm", "--if-missing", "--json")
    check(said.returncode == 0, said)
    check(json.loads(said.stdout) == {"user": "carl", "uri": None, "secret": None, "backup_codes": [], "changed": False}, said)
    check(bed.status(bed.people[-1])["last_login"] is None, "a login that never was")


@promise
def json_of_a_refusal_is_as_the_page_shows_it():
    dora, eva = person("dora"), bed.add_user("eva")
    refused = {(3, "no_record"): ("codes", "remove --all", "resync", "add tablet"),
               (1, "only_root"): ("list", "unlock", "export", "init", "setup --no-confirm")}
    for (status, error), commands in refused.items():
        for words in commands:
            facts = prints(None, *words.split(), status=status, user=eva.name)
            check(facts["error"] == error, facts)
    facts = prints(None, "codes", status=1, user=dora.name, input=f"{dora.phone.wrong()}\n" * 3)
    check(facts["error"] == "none" and facts["verdict"] == "wrong", facts)
    facts = prints("verify", "verify", status=1, user=dora.name, input=dora.phone.wrong())
    check(facts["accepted"] is False, facts)


@promise
def each_exit_status_comes_for_what_the_page_says():
    fred, gus = person("fred"), bed.add_user("gus")
    check(bed.tool("status", user=fred.name).returncode == 0, "done")
    check(bed.tool("verify", user=fred.name, input=fred.phone.wrong()).returncode == 1, "a code that is not right")
    check(bed.tool("list", user=fred.name).returncode == 1, "something that only root may do")
    check(bed.tool("status", "-u", "no-such-account").returncode == 1, "no such account")
    check(bed.tool("remove", "fob", "-u", fred.name).returncode == 1, "no such token")
    check(bed.tool("setup", "--png", KEY, "-u", gus.name).returncode == 1, "a picture that is there")
    for words in ("", "status --jsn", "status --user", "setup --digits 9 --json", "add --json"):
        said = bed.tool(*words.split())
        check(said.returncode == 2 and not said.stdout and said.stderr, said)
    check(bed.tool("status", user=gus.name).returncode == 3, "nothing is set up")
    os.rename(STORE, STORE + ".away")
    try:
        check(bed.tool("status", user=fred.name).returncode == 4, "no store")
    finally:
        os.rename(STORE + ".away", STORE)
    said = run("sh", "-c", "exec pam-totp status -u fred >/dev/full", check=False)
    check(said.returncode == 4, said)
    write(CONF, "guesses = 1\n")
    try:
        for status in (1, 5):
            said = bed.tool("verify", "-u", fred.name, input=fred.phone.wrong())
            check(said.returncode == status, said)
    finally:
        os.unlink(CONF)


@promise
def an_interrupt_ends_it_with_128_and_its_number():
    hugo = person("hugo")
    session = Driven(as_user(hugo.name, "pam-totp", "codes", "--json"))
    check(session.expect(PERMISSION), session.seen)
    session.answer(b"\x03")
    check(session.wait() == 130 and "{" not in session.seen, session.seen)


def screen_of(person, *environment):
    """What setup shows, up to its question."""
    transcript, status = drive(as_user(person.name, "env", *environment, "pam-totp", "setup"), [(PROOF, b"\x03")])
    check(status == 130, transcript)
    return transcript


@promise
def the_environment_decides_how_a_code_is_drawn():
    ida = bed.add_user("ida")
    utf8, colour = "▄", "\033["
    seen = screen_of(ida, "LC_ALL=C.UTF-8", "TERM=xterm")
    check(utf8 in seen and colour in seen, seen)
    seen = screen_of(ida, "LC_CTYPE=C.UTF-8", "TERM=xterm", "NO_COLOR=1")
    check(utf8 in seen and colour not in seen, seen)
    for plain in ("TERM=dumb", "TERM=", "NO_COLOR=1"):
        seen = screen_of(ida, "LC_ALL=C.UTF-8", "TERM=xterm", plain)
        check(utf8 in seen and colour not in seen, seen)
    seen = screen_of(ida, "LC_ALL=C", "TERM=xterm", "NO_COLOR=")
    check(utf8 not in seen and colour in seen, seen)
    moved = [run("pam-totp", "status", "-u", person("jo").name, env={**os.environ, "TZ": zone}).stdout
             for zone in ("UTC0", "XYZ-5")]
    check(" UTC, by root" in moved[0] and " XYZ, by root" in moved[1], moved)


@promise
def the_examples_of_the_pages_work():
    write(CONF, "\n".join(manual.examples(manual.section("pam_totp.conf.5", "EXAMPLES"))).replace("\\", "") + "\n")
    kate = bed.setup_user(bed.add_user("kate"))
    check("/example.org:kate?" in kate.uri, "another issuer")
    said = bed.tool("codes", user=kate.name)
    check(said.returncode == 1 and "administrator" in said.stderr, said)
    check(bed.tool("status", user=kate.name).returncode == 0, "status")
    os.unlink(CONF)


@promise
def the_examples_of_the_commands_are_understood():
    person("alice")
    os.chdir("/tmp")
    os.environ["EDITOR"] = "true"  # of edit
    write("fob.key", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n", 0o600)
    lines = "\n".join(manual.examples(manual.section("pam-totp.1", "COMMANDS"))).split("\n")
    check(len(lines) > len(source.commands()), lines)
    for line in lines:
        said = bed.tool(*line.split()[1:], *([] if "-u" in line else ["-u", "alice"]))
        check(said.returncode in (0, 1), said)  # 1: nobody is there to type a code, or the token is not there
    check(os.stat("fob.key").st_size and not os.path.exists("code.png"), "a picture of a key that does not count")


@promise
def the_window_of_programs_without_root_is_the_settings_one():
    kim = bed.setup_user(bed.add_user("kim"))
    shutil.copy(libpam.__file__, "/tmp/libpam.py")
    write("/etc/pam.d/narrow", "auth required pam_totp.so window=0\n")
    while time.time() % 30 > 20:
        time.sleep(0.2)
    early = kim.phone.at(kim.phone.step() + 1)
    login = libpam.authenticate("narrow", "kim", early)
    said = run(*as_user("kim", sys.executable, "-B", "/tmp/libpam.py", "narrow", "kim"), input=early).stdout
    os.unlink("/etc/pam.d/narrow")
    check(login.code == libpam.AUTH_ERR, "with root window=0 counts")
    check(json.loads(said)[0] == libpam.SUCCESS, said)


@promise
def nothing_secret_is_in_the_log():
    bed.nothing_secret_in("\n".join(bed.syslog.lines))


@promise
def pages_and_completions_are_installed_and_go_again():
    check(all(os.path.exists(path) for path in INSTALLED), [path for path in INSTALLED if not os.path.exists(path)])
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    run("make", "-C", REPOSITORY, "-o", "all", f"B={BUILD}", "uninstall", env=environment)
    check(not any(os.path.exists(path) for path in INSTALLED), [path for path in INSTALLED if os.path.exists(path)])


if __name__ == "__main__":
    keep_all()
