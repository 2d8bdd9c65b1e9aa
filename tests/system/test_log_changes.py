#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the log says of changes of a record: each that came in force, whose, and by whom."""
import json
import os
import pwd
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
import own  # noqa: E402
from bed import STORE, Bed, as_user, run  # noqa: E402
from own import PERMISSION, tool  # noqa: E402

HELPER = "/usr/lib/pam-totp/pam_totp_helper"
HEAD = r" pam_totp_helper\[\d+\]: "

bed = Bed()


def uid(person):
    return pwd.getpwnam(person.name).pw_uid


def events_since(mark):
    """The texts of the helper's lines; a last one is sent by us, so that nothing is still on its way."""
    run("logger", "-t", "test", f"mark {mark}")
    bed.syslog.find(f"test: mark {mark}$", mark)
    return [re.split(HEAD, line, maxsplit=1)[1] for line in bed.syslog.lines[mark:] if re.search(HEAD, line)]


def same(lines, *wanted):
    check(lines == list(wanted), lines)


def one_event(action):
    """What the helper says while `action` is done: one line."""
    mark = bed.syslog.mark()
    action()
    lines = events_since(mark)
    check(len(lines) == 1, lines)
    return lines[0]


def by_root(*words):
    def action():
        said = bed.tool(*words)
        check(said.returncode == 0, said)
    return action


@promise
def every_change_by_root_is_one_line_with_its_actor():
    anna = bed.add_user("anna")
    setup = by_root("setup", "-u", "anna", "--no-confirm")
    check(one_event(setup) == "event=enrolled user=anna actor=0 token=phone", "first")
    check(one_event(setup) == "event=changed user=anna actor=0 token=phone", "anew")
    check(one_event(by_root("add", "laptop", "-u", "anna", "--no-confirm")) == "event=added user=anna actor=0 token=laptop", "add")
    check(one_event(by_root("remove", "laptop", "-u", "anna")) == "event=removed user=anna actor=0 token=laptop", "remove")
    check(one_event(by_root("codes", "-u", "anna")) == "event=codes_renewed user=anna actor=0", "codes")
    check(one_event(by_root("unlock", "-u", "anna")) == "event=unlocked user=anna actor=0", "unlock")
    check(one_event(by_root("remove", "--all", "-u", "anna")) == "event=removed_all user=anna actor=0", "remove --all")
    only_codes = by_root("setup", "-u", "anna", "--codes-only", "--no-confirm")
    check(one_event(only_codes) == "event=enrolled user=anna actor=0", "backup codes alone")
    with open(f"{STORE}/{anna.name}", "r+b") as journal:
        journal.truncate(100)
        journal.write(b"x" * 100)
    check(one_event(by_root("remove", "--all", "-u", "anna")) == "event=removed_all user=anna actor=0", "beyond repair")
    check(one_event(by_root("init")) == "event=init actor=0", "init")


@promise
def a_persons_own_change_has_the_uid_and_no_change_no_line():
    mark = bed.syslog.mark()
    bert = own.enrol(bed, "bert")
    same(events_since(mark), f"event=enrolled user=bert actor={uid(bert)} token=phone")
    mark = bed.syslog.mark()
    transcript, status = tool(bert, "codes", answers=[(PERMISSION, bert.phone.fresh)])
    check(status == 0, transcript)
    same(events_since(mark), f"event=codes_renewed user=bert actor={uid(bert)}")
    mark = bed.syslog.mark()
    for words in (("status",), ("list",), ("explain",)):
        bed.tool(*words)
    bed.tool("unlock", "-u", "bert", user="bert")
    bed.tool("setup", "-u", "bert", "--if-missing", "--no-confirm")
    same(events_since(mark))


@promise
def a_resync_names_the_token_also_when_nobody_did():
    cleo = bed.setup_user(bed.add_user("cleo"), "--hotp")
    pair = f"{cleo.phone.codes[50]} {cleo.phone.codes[51]}"
    line = one_event(lambda: check(bed.tool("resync", "-u", "cleo", input=pair + "\n").returncode == 0, "resync"))
    check(line == "event=resynced user=cleo actor=0 token=phone", line)


@promise
def refused_answers_of_a_persons_own_programs_are_a_line_each():
    dora = bed.setup_user(bed.add_user("dora"), "--hotp")
    mark, who = bed.syslog.mark(), f"user=dora actor={uid(dora)}"
    bed.tool("verify", user="dora", input=dora.phone.wrong() + "\n")
    bed.tool("verify", user="dora", input=dora.phone.take() + "\n")
    bed.tool("verify", user="dora", input=dora.phone.spent() + "\n")
    bed.tool("remove", "--all", user="dora", input=dora.phone.wrong() + "\n")
    bed.tool("resync", user="dora", input=f"{dora.phone.codes[500]} {dora.phone.codes[502]}\n")
    verdicts = ["wrong", "replayed", "wrong", "wrong"]
    same(events_since(mark), *(f"event=refused {who} verdict={word}" for word in verdicts))


# Speaks with a helper of the caller's own starting: PROGRAM, its argv as JSON, and the lines to say after its questions.
SPEAKER = """import json, os, socket, sys
ours, its = socket.socketpair()
if os.fork() == 0:
    os.dup2(its.fileno(), 0), os.dup2(its.fileno(), 1)
    os.execve(sys.argv[1], json.loads(sys.argv[2]), {"TZ": "x" * 5000, "LC_ALL": "x"})
its.close()
for line in sys.argv[3:]:
    ours.sendall(line.encode() + b"\\n")
    while line != sys.argv[-1] and b"ask " not in ours.recv(4096): pass
while ours.recv(4096): pass
"""


def speak(person, program, argv, *lines):
    run(*as_user(person.name, sys.executable, "-c", SPEAKER, program, json.dumps(argv), *lines))


@promise
def whoever_starts_the_helper_chooses_nothing_of_the_line():
    emil = own.enrol(bed, "emil")
    mark = bed.syslog.mark()
    forged = "sshd[1]: event=unlocked user=root actor=0 " + "x" * 5000
    speak(emil, HELPER, [forged], "verify user=-", "answer text=1")
    same(events_since(mark), f"event=refused user=emil actor={uid(emil)} verdict=wrong")
    check(not any("unlocked" in line for line in bed.syslog.lines[mark:]), bed.syslog.lines[mark:])


@promise
def a_store_of_ones_own_is_told_from_the_hosts():
    fred = bed.add_user("fred")
    plain, mark = "/home/fred/helper", bed.syslog.mark()
    run("install", "-o", "fred", "-m", "755", HELPER, plain)  # without the bit
    speak(fred, plain, ["helper", "--store", "/home/fred/store", "--key", "/home/fred/key"], "init user=-")
    same(events_since(mark), f"event=init actor={uid(fred)} store=/home/fred/store")


@promise
def no_key_code_or_password_is_in_these_lines():
    said = "\n".join(bed.syslog.lines)
    check("event=enrolled" in said and "event=refused" in said, "the log is empty")
    bed.nothing_secret_in(said)


if __name__ == "__main__":
    keep_all()
