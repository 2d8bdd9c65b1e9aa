#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Callers without root who know the password but have no code, and what they do to su, sudo and the helper.

Whatever it is: nobody gets in without a code, nobody reads a key, and afterwards the records are what they were: the
next right code gets in and a used one does not.
"""
import concurrent.futures
import ctypes
import multiprocessing
import os
import pwd
import random
import signal
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import Skip, check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
import libpam  # noqa: E402
from bed import CONF, STORE, Bed, as_user, run, write  # noqa: E402
from hostile import LOADED, SETTINGS, plant  # noqa: E402
from libpam import AUTH_ERR, SUCCESS  # noqa: E402

PAIRS = 8  # an owner and a caller each, so that many settings are tried side by side
PATIENCE = 30  # seconds after which something hangs

bed = Bed()
for service in ("sudo", "su"):
    bed.pam(service, "@include common-auth", "auth required pam_totp.so after=password")
write("/etc/pam.d/totp", "auth required pam_totp.so\n")
write(CONF, "guesses = 1000\n")  # the throttle would answer for what is looked at here


def person(name):
    someone = bed.add_user(name)
    # A password that is soon checked: it is hundreds of times.
    run("chpasswd", "-c", "SHA256", "-s", "1000", input=f"{name}:{someone.password}\n")
    bed.setup_user(someone, "--hotp")
    someone.uid = pwd.getpwnam(name).pw_uid
    return someone


class Way:
    """One way in: what the caller runs, whose password and code it asks for, and how to see that it let in."""

    def __init__(self, name, owner, argv, trace=None):
        self.name, self.owner, self.argv, self.trace = name, owner, argv, trace

    def answers(self, code):
        return f"{self.owner.password}\n{code}\n" if self.trace else f"{code}\n"

    def let_in(self, status):
        """A file that only who got in can make says more than what is printed."""
        if self.trace is None:
            return status == 0
        found = os.path.exists(self.trace)
        if found:
            os.unlink(self.trace)
        return found


class Pair:
    def __init__(self, number):
        self.owner, self.caller = person(f"owner{number}"), person(f"caller{number}")
        name = self.caller.name
        write(f"/etc/sudoers.d/{name}", f"{name} ALL=(ALL) ALL\n", 0o440)
        in_home, in_root = f"/home/{self.owner.name}/in", f"/root/in-{name}"
        self.su = Way("su", self.owner, ["/usr/bin/su", self.owner.name, "-c", f"/usr/bin/touch {in_home}"], in_home)
        self.sudo = Way("sudo", self.caller, ["/usr/bin/sudo", "-S", "-k", "/usr/bin/touch", in_root], in_root)
        self.verify = Way("verify", self.caller, ["/usr/bin/pam-totp", "verify"])

    def start(self, setting, way, code):
        """Runs it as the caller would; None when the kernel refuses to start it like this."""
        size = os.stat(f"{STORE}/{way.owner.name}").st_size
        prepare = (lambda: execute_without_argv(way.argv[0])) if setting.prepare is None else lambda: setting.prepare(size)
        try:
            process = subprocess.Popen(
                [*setting.before, *way.argv], user=self.caller.name, group=self.caller.name, extra_groups=[], cwd="/",
                env={"PATH": "/usr/bin:/bin", **setting.environment}, start_new_session=True, preexec_fn=prepare,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        except OSError:
            return None
        try:
            process.stdin.write(way.answers(code).encode())
            process.stdin.close()
        except BrokenPipeError:
            pass
        process.stdin = None
        return process

    def tries(self, setting, *ways_and_codes):
        """Whether each of them, all at once, let in."""
        running = [(way, self.start(setting, way, code)) for way, code in ways_and_codes]
        return [self.ended(way, process) for way, process in running]

    def ended(self, way, process):
        said, status = b"", 1
        if process:
            try:
                said, _ = process.communicate(timeout=PATIENCE)
                status = process.returncode
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                raise AssertionError(f"{way.name} hangs") from None
        for secret in (self.owner.phone.secret, self.caller.phone.secret):
            check(secret.encode() not in said, f"{way.name} prints a key")
        return way.let_in(status)


def execute_without_argv(path):
    nothing = (ctypes.c_char_p * 1)(None)
    ctypes.CDLL(None).execve(path.encode(), nothing, nothing)
    os._exit(127)


def files(*people):
    """Every file of theirs, its owner and its mode."""
    found = {}
    for entry in os.scandir(STORE):
        if entry.name.split(".")[0] in {someone.name for someone in people}:
            status = entry.stat(follow_symlinks=False)
            found[entry.name] = (status.st_uid, oct(status.st_mode))
    return found


def processes(uid):
    """What the person runs, with the time that it had to end."""
    until = time.monotonic() + 5
    while True:
        left = run("ps", "-o", "pid=,comm=", "-u", str(uid), check=False).stdout
        if not left or time.monotonic() > until:
            return left
        time.sleep(0.1)


def works(someone, what):
    """The next right code gets in, once."""
    code = someone.phone.take()
    first, second = (libpam.authenticate("totp", someone.name, code).code for _ in range(2))
    check((first, second) == (SUCCESS, AUTH_ERR), f"{what}: {someone.name}'s next code and that again: {first}, {second}")


def keep_out_and_keep(pair, setting):
    """Wrong codes and right ones, by every way in; then everything is what it was."""
    before = files(pair.owner, pair.caller)
    ways = (pair.su, pair.sudo, pair.verify)
    got_in = pair.tries(setting, *((way, way.owner.phone.wrong()) for way in ways))
    check(got_in == [False] * 3, f"a wrong code lets in: {got_in}")
    right = []
    for group in ((pair.su, pair.sudo), (pair.verify,)):
        codes = [way.owner.phone.next() for way in group]
        got_in = pair.tries(setting, *zip(group, codes))
        right += got_in
        for way, code, spent in zip(group, codes, got_in):
            way.owner.phone.take()
            again = libpam.authenticate("totp", way.owner.name, code).code
            check(again == AUTH_ERR if spent else again in (SUCCESS, AUTH_ERR), f"{way.name}: the code again: {again}")
    check(right == [True] * 3 or not setting.harmless, f"a right code is refused: {right}")
    for someone in (pair.owner, pair.caller):
        works(someone, "afterwards")
    check(files(pair.owner, pair.caller) == before, f"{before}, and then {files(pair.owner, pair.caller)}")
    check(not processes(pair.caller.uid), "left running: " + processes(pair.caller.uid))


pairs = multiprocessing.Queue()


def take_a_pair():
    global mine
    mine = pairs.get()


def try_setting(name):
    """In a process of its own: what is broken, or nothing."""
    try:
        keep_out_and_keep(mine, SETTINGS[name])
    except Exception as why:  # whatever it is, the next setting is still tried
        return f"{name}: {type(why).__name__}: {why}"
    return ""


@promise
def nobody_gets_in_without_a_code_and_no_record_is_harmed_whatever_the_caller_sets():
    plant()
    for number in range(PAIRS):
        pairs.put(Pair(number))
    with concurrent.futures.ProcessPoolExecutor(PAIRS, multiprocessing.get_context("fork"), take_a_pair) as workers:
        broken = [why for why in workers.map(try_setting, SETTINGS) if why]
    check(not broken, "\n" + "\n".join(broken))
    check(not os.path.exists(LOADED), "a set-id program loaded a library of the caller's")


def meddle(process):
    """Stops or kills it at some moment, as its caller can: su keeps the caller's uid."""
    time.sleep(random.random() / 2)
    process.send_signal(random.choice((signal.SIGSTOP, signal.SIGKILL)))


@promise
def keeps_the_owner_able_to_get_in_while_strangers_stop_and_kill_their_own_su():
    pair, plain = Pair(PAIRS), SETTINGS["nothing special"]
    before = files(pair.owner)
    for _ in range(3):
        code = pair.owner.phone.wrong()
        theirs = [pair.start(plain, pair.su, code) for _ in range(6)]
        threads = [threading.Thread(target=meddle, args=(process,)) for process in theirs]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            works(pair.owner, "beside them")
            time.sleep(0.05)
        works(pair.owner, "with some of them stopped")
        for process in theirs:
            process.kill()
            pair.ended(pair.su, process)
    check(not os.path.exists(pair.su.trace), "a wrong code lets in")
    check(files(pair.owner) == before, f"{before}, and then {files(pair.owner)}")


@promise
def user_name_spaces_are_there_for_hostile_callers():
    done = run(*as_user(bed.people[0].name, *SETTINGS["a user name space with root in it"].before, "true"), check=False)
    if done.returncode:
        raise Skip("what is tried in one above was refused by the kernel: " + done.stderr.strip())


keep_all()
