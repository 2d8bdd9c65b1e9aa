#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The set-group-id helper by itself: what is said to it, who looks into it, and what it is without its group."""
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import Skip, check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
import libpam  # noqa: E402
from bed import STORE, Bed, as_user, run, write  # noqa: E402
from libpam import AUTH_ERR, SUCCESS  # noqa: E402

HELPER = "/usr/lib/pam-totp/pam_totp_helper"
REQUEST_WAIT = 30  # seconds that the helper gives a request, and then some for a busy machine
VERIFY = b"verify user=-\n"
AS_ROOT = ["unshare", "--user", "--map-root-user"]
IN_GROUP = ["setpriv", "--reuid=mallory", "--regid=_pam_totp", "--clear-groups", "--reset-env", "--"]

bed = Bed()
write("/etc/pam.d/totp", "auth required pam_totp.so\n")
vera, mallory = (bed.setup_user(bed.add_user(name), "--hotp") for name in ("vera", "mallory"))


class Helper:
    """One that mallory started, and her end of the socket."""

    def __init__(self, said=b""):
        self.socket, theirs = socket.socketpair()
        self.socket.settimeout(REQUEST_WAIT)
        with theirs:
            self.process = subprocess.Popen(
                [HELPER], stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL, user="mallory", group="mallory",
                extra_groups=[], cwd="/home/mallory", env={},
                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2))
        self.pid, self.since = self.process.pid, time.monotonic()
        self.say(said)

    def say(self, data):
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it had enough

    def hears_line(self):
        line = b""
        while not line.endswith(b"\n"):
            piece = self.socket.recv(1)
            check(piece, f"it ended after {line!r}")
            line += piece
        return line

    def hears_the_question(self):
        line = self.hears_line()
        while line.startswith((b"token ", b"record ")):
            line = self.hears_line()
        check(line.startswith(b"ask "), f"no question: {line}")

    def end(self, patience=5):
        """Everything it still said and its exit status, which it must give by itself."""
        self.socket.settimeout(patience)
        said = b""
        try:
            while piece := self.socket.recv(65536):
                said += piece
        except ConnectionResetError:
            pass
        status = self.process.wait(patience)
        self.socket.close()
        return said, status


def works(someone):
    code = someone.phone.take()
    first, second = (libpam.authenticate("totp", someone.name, code).code for _ in range(2))
    check((first, second) == (SUCCESS, AUTH_ERR), f"{someone.name}'s next code, and that again: {first}, {second}")


def files():
    """Every file of the store with its owner, mode and bytes, but for the journals' growth."""
    found = {}
    for entry in os.scandir(STORE):
        status = entry.stat(follow_symlinks=False)
        with open(entry.path, "rb") as file:
            found[entry.name] = status.st_uid, oct(status.st_mode), file.read() if "." in entry.name else b""
    return found


silent = Helper()
slow = Helper()
threading.Thread(target=lambda: [(slow.say(b"s"), time.sleep(2)) for _ in range(100)], daemon=True).start()


def says_that_it_has_no_privilege(*before):
    done = run(*as_user("mallory", *before, "pam-totp", "status"), check=False)
    check(done.returncode == 4 and "the helper has no privilege here" in done.stderr, f"{before}: {done}")
    check("NoNewPrivileges" in done.stderr and "system call" not in done.stderr, done.stderr)


@promise
def without_its_group_the_helper_says_so():
    says_that_it_has_no_privilege("setpriv", "--no-new-privs")
    says_that_it_has_no_privilege("strace", "-f", "-o", "/dev/null")


def need_user_name_spaces():
    """Where they are not for everybody, who tries it is refused by the kernel already."""
    done = run(*as_user("mallory", *AS_ROOT, "true"), check=False)
    if done.returncode:
        raise Skip(done.stderr.strip())


@promise
def as_root_of_a_user_name_space_the_helper_has_no_privilege():
    need_user_name_spaces()
    says_that_it_has_no_privilege(*AS_ROOT)


@promise
def nobody_looks_into_a_helper_or_makes_it_leave_a_core():
    helper = Helper(VERIFY)
    helper.hears_the_question()
    for argv in (["strace", "-o", "/dev/null", "-p", str(helper.pid)],
                 *(["cat", f"/proc/{helper.pid}/{name}"] for name in ("mem", "environ", "maps", "auxv", "stack")),
                 ["ls", f"/proc/{helper.pid}/fd/"]):
        done = run(*as_user("mallory", "timeout", "5", *argv), check=False)
        check(done.returncode not in (0, 124) and ("ermi" in done.stderr or "denied" in done.stderr), f"{argv}: {done}")
    os.kill(helper.pid, signal.SIGSEGV)
    helper.process.returncode = os.waitpid(helper.pid, 0)[1]
    check(os.WTERMSIG(helper.process.returncode) == signal.SIGSEGV, helper.process.returncode)
    check(not os.WCOREDUMP(helper.process.returncode), "it leaves a core")
    works(mallory)


SAID = {
    "nothing": b"",
    "half a line": b"verify us",
    "no newline": b"status user=-",
    "an empty line": b"\n",
    "a mebibyte without a newline": b"x" * (1 << 20),
    "a mebibyte of one value": b"status user=" + b"a" * (1 << 20) + b"\n",
    "every byte": bytes(range(256)) * 8 + b"\n",
    "zero bytes": b"\0" * 600 + b"\n",
    "a verb that is none": b"export user=-\n",
    "a request and more behind it": b"status user=- key=-\n",
    "another's record": b"status user=vera\n",
    "another's, by a path": b"status user=..%2Fvera\n",
    "another's, removed": b"remove_all user=vera\n",
    "the first use of a host": b"init user=-\n",
    "a set-up without a proof": b"setup user=- token=x type=totp hash=sha1 digits=6 period=30 key=- counter=0 codes_only=0 "
                                b"confirm=0 if_missing=0\n",
    "numbers too large": b"setup user=- token=x type=hotp hash=sha1 digits=99999999999999999999 period=0 key=- "
                         b"counter=-1 codes_only=2 confirm=1 if_missing=0\n",
    "an answer before the question": b"answer text=000000\n",
    "a question open": VERIFY,
    "an answer of bytes": VERIFY + b"answer text=%00%FF%zz\n",
    "a long answer": VERIFY + b"answer text=" + b"1" * 100000 + b"\n",
    "a wrong answer": VERIFY + b"answer text=zzzzzz\n",
    "two requests": VERIFY + VERIFY,
    "wrong permission": b"codes user=-\nanswer text=1\nanswer text=2\nanswer text=3\nanswer text=4\n",
}


@promise
def whatever_is_said_to_it_the_helper_ends_and_gives_nothing_away():
    before = files()
    for what, said in SAID.items():
        helper = Helper(said)
        helper.socket.shutdown(socket.SHUT_WR)
        answer, status = helper.end()
        check(status in (0, 1, 2), f"{what}: exit status {status}")
        told = [line.split()[0] for line in answer.splitlines()]
        own = {b"token", b"record"} if said.startswith(VERIFY) else set()  # what status says, too
        check(set(told) <= {b"ask", b"done"} | own and b"verdict=accepted" not in answer, f"{what}: {answer}")
    check(files() == before, "the store is another one")
    for someone in (vera, mallory):
        works(someone)


@promise
def a_line_that_is_too_long_or_none_of_ours_ends_it_at_once():
    for said in (b"x" * 100000, b"what?\n"):
        check(Helper(said).end()[1] in (0, 2), said[:10])


@promise
def refuses_to_add_a_token_on_the_proof_of_a_backup_code():
    before = files()
    helper = Helper(b"add user=- token=fob type=totp hash=sha1 digits=6 period=30 key=- counter=0 codes_only=1 "
                    b"confirm=1 if_missing=0\n")
    for code in (mallory.backup_codes[0], mallory.backup_codes[1]):
        helper.say(f"answer text={code}\n".encode())
    said, status = helper.end()
    check(b"done error=bad_request " in said and b"key " not in said and status == 0, "it went on")
    check(files() == before, "the record is another one")


@promise
def a_caller_who_goes_away_takes_the_helper_along():
    for said in (b"", b"veri", VERIFY, b"codes user=-\n"):
        helper = Helper(said)
        helper.socket.close()
        check(helper.process.wait(5) in (0, 1, 2), said)


@promise
def a_hundred_open_helpers_keep_nobody_out():
    crowd = [Helper(VERIFY) for _ in range(100)]
    for helper in crowd:
        helper.hears_the_question()
    works(vera)
    works(mallory)
    done = bed.tool("verify", user="mallory", input=mallory.phone.take() + "\n")
    check(done.returncode == 0, done)
    for helper in crowd:
        helper.socket.close()
    for helper in crowd:
        helper.process.wait(5)


def cannot_touch_veras(*who):
    before = files()
    for name in [name for name in before if name.split(".")[0] == "vera"]:
        for words in (["cat", name], ["sh", "-c", f"echo x >>{name}"], ["rm", "-f", name], ["mv", name, "x"],
                      ["chmod", "666", name]):
            done = run(*who, *words, cwd=STORE, check=False)
            check(done.returncode != 0, f"{who} {words}: {done.stdout}")
    for words in (["verify"], ["status"], ["codes"], ["remove", "--all"], ["setup", "--no-confirm"]):
        done = run(*who, "pam-totp", *words, "-u", "vera", check=False, input=vera.phone.next() + "\n")
        check(done.returncode != 0 and vera.phone.secret not in done.stdout, f"{who} {words}: {done}")
    check(files() == before, f"{before.keys()}, and then {files().keys()}")
    works(vera)


@promise
def whoever_is_put_in_the_group_can_still_not_read_or_change_anothers_record():
    cannot_touch_veras(*IN_GROUP)


@promise
def nor_can_he_as_root_of_a_user_name_space():
    need_user_name_spaces()
    cannot_touch_veras(*IN_GROUP, *AS_ROOT)


@promise
def a_silent_caller_and_a_slow_one_are_left_after_half_a_minute():
    for helper in (silent, slow):
        _, status = helper.end(2 * REQUEST_WAIT)
        check(status == 2 and time.monotonic() - helper.since >= REQUEST_WAIT - 2, f"exit status {status}")


@promise
def no_key_is_in_the_log():
    bed.nothing_secret_in("\n".join(bed.syslog.lines))


keep_all()
