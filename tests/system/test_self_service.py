# SPDX-License-Identifier: Apache-2.0
"""Two people without root on one machine: what each can do with their own record, and not with the other's."""
import os
import pwd
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import bed  # noqa: E402
from ptydrive import Session  # noqa: E402

STORE, KEY = "/var/lib/pam_totp", "/etc/security/pam_totp.key"
ENV = {"PATH": "/usr/bin:/bin", "TERM": "xterm", "LANG": "C.UTF-8"}
bed.install()
for person in ("alice", "bob"):
    bed.add_user(person, "password")
state = {}


def tool(name, *words):
    return Session(["pam-totp", *words], env=ENV, user=pwd.getpwnam(name))


def read_key(session):
    assert session.expect(r"Or type the key:"), session.seen
    found = session.expect(r"((?: *[A-Z2-7]{4})+)\n")
    assert session.expect(r"Code that the app shows now: "), session.seen
    return bed.Phone(found.group(1).replace(" ", ""))


def records():
    return sorted(os.listdir(STORE))


def sets_up_without_root_and_proves_the_key():
    session = tool("alice", "setup")
    phone = read_key(session)
    state["proof"] = phone.code()
    session.type(state["proof"])
    assert session.finish() == 0, session.seen
    state["codes"] = re.findall(r"\b[0-9a-z]{5}-[0-9a-z]{5}-[0-9a-z]{5}\b", session.seen)
    assert len(state["codes"]) == 10 and "█" in session.seen, session.seen
    state["phone"] = phone


def keeps_the_files_the_persons_own_and_closed():
    for name in records():
        if name.startswith("alice"):
            found = os.stat(f"{STORE}/{name}")
            assert found.st_uid == pwd.getpwnam("alice").pw_uid and found.st_mode & 0o777 == 0o600, name


def once_the_proof_is_spent():
    session = tool("alice", "verify")
    session.expect("code: ")
    session.type(state["proof"])
    assert session.finish() == 1 and "already used" in session.seen, session.seen


def accepts_the_next_code():
    session = tool("alice", "verify")
    session.expect("code: ")
    session.type(state["phone"].code())
    assert session.finish() == 0, session.seen


def shows_status_without_a_code():
    session = tool("alice", "status")
    assert session.finish() == 0 and "10 of 10 left" in session.seen, session.seen


def refuses_another_persons_account():
    for words in (("status", "-u", "alice"), ("remove", "--all", "-u", "alice"), ("setup", "-u", "alice")):
        session = tool("bob", *words)
        assert session.finish() == 1 and "only root" in session.seen, session.seen


def refuses_another_persons_programs_the_files():
    for path in (STORE, f"{STORE}/alice", KEY):
        done = bed.run("setpriv", "--reuid=bob", "--regid=bob", "--init-groups", "cat", path)
        assert done.returncode != 0 and "denied" in done.stderr, done.stderr
    done = bed.run("setpriv", "--reuid=alice", "--regid=alice", "--init-groups", "cat", f"{STORE}/alice")
    assert "denied" in done.stderr, "the person's own programs can read the record"


def refuses_other_places_to_who_has_the_privilege_of_the_group():
    session = tool("bob", "status", "--store", "/tmp")
    assert session.finish() == 1 and "by root" in session.seen, session.seen


def refuses_a_second_setup_without_a_current_code():
    before = records()
    session = tool("alice", "setup")
    for _ in range(3):
        assert session.expect("Current code or backup code: "), session.seen
        session.type(state["phone"].wrong())
    assert session.finish() == 1 and "type the key" not in session.seen, session.seen
    assert records() == before


def keeps_the_old_token_when_a_second_setup_is_given_up():
    before = records()
    session = tool("alice", "setup")
    session.expect("Current code or backup code: ")
    session.type(state["codes"][0])
    read_key(session)
    session.type("", end="\x03")
    assert session.finish() != 0
    assert records() == before
    accepts_the_next_code()


def replaces_the_token_once_the_new_one_is_proved():
    session = tool("alice", "setup")
    session.expect("Current code or backup code: ")
    session.type(state["codes"][1])
    phone = read_key(session)
    session.type(phone.code())
    assert session.finish() == 0 and "count no more" in session.seen, session.seen
    old = tool("alice", "verify")
    old.expect("code: ")
    old.type(state["codes"][2])
    assert old.finish() == 1, "a backup code of the old set still works"
    state["phone"] = phone
    accepts_the_next_code()
    assert len([name for name in records() if name.startswith("alice")]) == 2, records()


def says_how_far_the_phones_clock_is_off():
    session = tool("bob", "setup")
    phone = read_key(session)
    while int(time.time()) % 30 > 26:  # the answer must fall into the step it was made for
        time.sleep(0.5)
    session.type(phone.at(int(time.time()) // 30 + 10))
    assert session.expect(r"5 min ahead of this computer's"), session.seen
    session.type("", end="\x03")
    session.finish()
    assert not [name for name in records() if name.startswith("bob")], records()


def removes_only_with_a_current_code():
    session = tool("alice", "remove", "--all")
    session.expect("Current code or backup code: ")
    session.type(state["phone"].code())
    assert session.finish() == 0, session.seen
    session = tool("alice", "status")
    assert session.finish() == 3, session.seen
    assert [name for name in records() if name.startswith("alice")] == ["alice"], records()


bed.run_tests([value for name, value in list(globals().items())
               if callable(value) and getattr(value, "__module__", "") == "__main__"
               and name not in ("tool", "read_key", "records")])
