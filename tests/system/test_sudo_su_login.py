# SPDX-License-Identifier: Apache-2.0
"""Real sudo, su and login. Runs inside the sandbox."""
import os
import pwd
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import bed  # noqa: E402
from ptydrive import Session  # noqa: E402

PASSWORD = "pass word"
ENV = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TERM": "xterm"}
STACK = "@include common-auth\nauth required pam_totp.so after=password\n@include common-account\n@include common-session\n"
bed.install()
for person in ("alice", "bob"):
    bed.add_user(person, PASSWORD)
phone, backup_codes = bed.set_up("alice")
for service in ("sudo", "su", "login"):
    bed.write(f"/etc/pam.d/{service}", STACK)
bed.write("/etc/sudoers.d/alice", "alice ALL=(ALL) ALL\nDefaults timestamp_timeout=0, passwd_tries=2\n", 0o440)


def sudo(*answers):
    session = Session(["sudo", "id", "-u"], env=ENV, user=pwd.getpwnam("alice"))
    for answer in answers:
        if not session.expect(r"(assword.*|code): "):
            break
        session.type(*answer) if isinstance(answer, tuple) else session.type(answer)
    return session.finish(), session.seen


def sudo_accepts_password_and_code():
    status, seen = sudo(PASSWORD, phone.code())
    assert status == 0 and "\n0\n" in seen, seen


def sudo_refuses_a_wrong_code_and_says_so_at_the_next_prompt():
    status, seen = sudo(PASSWORD, phone.wrong(), PASSWORD, phone.code())
    assert status == 0 and "That code is not right" in seen, seen
    status, seen = sudo(PASSWORD, phone.wrong(), PASSWORD, phone.wrong())
    assert status != 0 and "\n0\n" not in seen, seen


def sudo_refuses_an_aborted_question():
    status, seen = sudo(PASSWORD, ("\x03", ""))
    assert status != 0 and "\n0\n" not in seen, seen


def su(*answers):
    session = Session(["su", "alice", "-c", "id -un"], env=ENV, user=pwd.getpwnam("bob"))
    for answer in answers:
        session.expect(r"(assword|code): ")
        session.type(*answer) if isinstance(answer, tuple) else session.type(answer)
    return session.finish(), session.seen


def su_asks_for_the_code_of_whom_it_becomes():
    status, seen = su(PASSWORD, phone.code())
    assert status == 0 and "\nalice\n" in seen, seen


def su_refuses_a_wrong_code():
    status, seen = su(PASSWORD, phone.wrong())
    assert status != 0 and "\nalice\n" not in seen, seen


def su_refuses_an_aborted_question():
    status, seen = su(PASSWORD, ("\x03", ""))
    assert status != 0 and "\nalice\n" not in seen, seen


def login(*answers):
    session = Session(["login"], env=ENV)
    session.expect("login: ")
    session.type("alice")
    for answer in answers:
        session.expect(r"(assword|code): ")
        session.type(answer)
    return session


def login_accepts_password_and_code():
    session = login(PASSWORD, phone.code())
    session.expect(r"\$ ")
    session.type("id -un; exit")
    session.finish()
    assert "\nalice\n" in session.seen, session.seen


def login_refuses_a_wrong_code():
    session = login(PASSWORD, phone.wrong())
    assert session.expect("Login incorrect"), session.seen
    session.type("", end="\x04")
    session.finish(5)


bed.run_tests([value for name, value in list(globals().items())
               if callable(value) and getattr(value, "__module__", "") == "__main__"
               and name not in ("sudo", "su", "login")])
