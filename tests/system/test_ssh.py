# SPDX-License-Identifier: Apache-2.0
"""Real sshd, real ssh: key and code, password and code. Runs inside the sandbox."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "support"))
import bed  # noqa: E402

PASSWORD = "correct horse"


def setting():
    bed.install()
    for name in ("alice", "bob"):
        bed.add_user(name, PASSWORD)
    return bed.set_up("alice")


phone, backup_codes = setting()
state = {}


def accepts_key_and_right_code():
    state["sshd"] = bed.Sshd(*bed.KEY_AND_CODE)
    state["code"] = phone.code()
    inside, seen = bed.ssh("alice", state["code"])
    assert inside, seen
    assert "(alice@127.0.0.1) Verification code: " in seen, seen


def once_the_same_code_again_is_refused():
    inside, seen = bed.ssh("alice", state["code"])
    assert not inside, seen


def tells_in_the_next_prompt_that_the_code_was_used():
    inside, seen = bed.ssh("alice", phone.code())
    assert inside and "already used" in seen, seen


def refuses_a_wrong_code():
    inside, seen = bed.ssh("alice", phone.wrong())
    assert not inside, seen


def tells_in_the_next_prompt_that_the_code_was_wrong():
    inside, seen = bed.ssh("alice", phone.code())
    assert inside and "That code is not right. Open your app at" in seen, seen


def once_a_backup_code_works():
    first = bed.ssh("alice", backup_codes[0])
    second = bed.ssh("alice", backup_codes[0])
    assert first[0] and not second[0], first[1] + second[1]


def refuses_the_code_without_the_key():
    inside, seen = bed.ssh("alice", phone.code(), key=False)
    assert not inside, seen


def refuses_whom_nothing_is_set_up_for_but_asks_all_the_same():
    inside, seen = bed.ssh("bob", "123456")
    assert not inside and "Verification code: " in seen, seen


def refuses_a_client_that_cannot_answer():
    inside, seen = bed.ssh("alice", options=("BatchMode=yes",))
    assert not inside and "Permission denied" in seen, seen


def logs_who_from_where_and_what_but_no_secret():
    log = bed.read_log()
    for wanted in ("user=alice rhost=127.0.0.1 verdict=accepted service=sshd token=phone",
                   "user=alice rhost=127.0.0.1 verdict=replayed", "user=alice rhost=127.0.0.1 verdict=wrong",
                   "verdict=accepted_backup", "user=bob rhost=127.0.0.1 verdict=not_set_up"):
        assert wanted in log, f"{wanted} is not in the log"
    for secret in (phone.secret, state["code"], backup_codes[0], PASSWORD):
        assert secret not in log, "a secret is in the log"


def lets_in_by_key_with_nullok_whom_nothing_is_set_up_for():
    state["sshd"].stop()
    state["sshd"] = bed.Sshd("auth required pam_totp.so nullok", bed.KEY_AND_CODE[1])
    inside, seen = bed.ssh("bob")
    assert inside and "code" not in seen, seen


def refuses_with_nullok_when_the_store_is_not_the_one_that_was_made():
    os.rename("/var/lib/pam_totp", "/var/lib/pam_totp.away")
    os.mkdir("/var/lib/pam_totp", 0o700)
    inside, seen = bed.ssh("bob")
    os.rmdir("/var/lib/pam_totp")
    missing, seen_missing = bed.ssh("bob")
    os.rename("/var/lib/pam_totp.away", "/var/lib/pam_totp")
    assert not inside and not missing, seen + seen_missing
    log = bed.read_log()
    assert "reason=store_unmarked" in log and "reason=store_missing" in log, "the log does not say why"


def accepts_password_and_right_code():
    state["sshd"].stop()
    state["sshd"] = bed.Sshd(*bed.PASSWORD_AND_CODE)
    inside, seen = bed.ssh("alice", PASSWORD, phone.code(), key=False)
    assert inside, seen


def refuses_a_wrong_password_without_asking_for_a_code():
    inside, seen = bed.ssh("alice", "wrong password", key=False)
    assert not inside and "Verification code" not in seen, seen


def refuses_the_password_as_a_code_and_does_not_count_it():
    before = bed.must("pam-totp", "status", "-u", "alice", "--json")
    inside, seen = bed.ssh("alice", PASSWORD, PASSWORD, key=False)
    assert not inside, seen
    assert bed.must("pam-totp", "status", "-u", "alice", "--json") == before


def refuses_an_unknown_user_after_the_same_prompts():
    known = bed.ssh("bob", PASSWORD, "123456", key=False)
    unknown = bed.ssh("nobody-here", "password", "123456", key=False)
    assert not known[0] and not unknown[0]
    state["sshd"].stop()


bed.run_tests([value for name, value in list(globals().items())
               if callable(value) and getattr(value, "__module__", "") == "__main__"
               and name != "setting"])
