#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Drives a program that asks questions, on a controlling terminal of its own.

    ptydrive.py 'REGEX=ANSWER'… -- COMMAND…

answers each question in turn, prints what the program printed and exits as it did. From Python:

    transcript, status = drive(["su", "bob"], [("Password: ", "secret"), ("code: ", lambda seen: "123456")])

An answer is text (Enter is added), bytes (sent as they are: b"\\x03" is Ctrl-C), or a function of what was seen so
far. expect(1) is not used: with it sudo and su hang, because an answer comes before they switch the echo off and
flush what was typed.
"""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

PAUSE = 0.25  # seconds between a question and its answer: libpam_misc prompts first and then flushes the input
PATIENCE = 5  # seconds at most for the echo to go off, on a busy machine, after a question for something secret
SECRET = r"(?i)passwor[dt]|passphrase|mot de passe|contraseña|verification code|code from the app|Bestätigungscode|c[oó]d.* de v[eé]rif"
ROWS, COLUMNS = 60, 120  # room for a QR code and its address on one line


class Hung(Exception):
    """The program did not say what was waited for, or did not end."""


class Driven:
    """One program on its own terminal. `seen` is all it printed, `status` its exit status (128 + n for signal n)."""

    def __init__(self, argv, env=None, deadline=60, show=None):
        self.argv, self.seen, self.read_up_to, self.status = argv, "", 0, None
        self.until = time.monotonic() + deadline
        self.show, self.secret = show, False
        self.raw = b""
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            try:
                # As from a login: a shell's background jobs ignore Ctrl-C, and Python ignores SIGPIPE.
                for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGPIPE, signal.SIGXFSZ):
                    signal.signal(number, signal.SIG_DFL)
                os.execvpe(argv[0], argv, os.environ if env is None else env)
            except OSError as why:
                print(f"{argv[0]}: {why.strerror}", flush=True)
            os._exit(127)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))

    def _take(self, data):
        self.raw += data
        self.seen = self.raw.decode(errors="replace").replace("\r\n", "\n")
        if self.show:
            self.show(data.decode(errors="replace"))

    def _read_some(self):
        """False when the program has ended and nothing is left to read."""
        ready, _, _ = select.select([self.terminal], [], [], 0.05)
        if ready:
            try:
                data = os.read(self.terminal, 65536)
            except OSError:  # nobody has the terminal open: login(1) does that for a moment, too
                data = b""
                time.sleep(0.02)
            if data:
                self._take(data)
                return True
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
                self.status = self.status if self.status >= 0 else 128 - self.status
                return True  # once more, for what it printed last
        return self.status is None

    def _check_time(self, what):
        if time.monotonic() > self.until:
            self.end()
            raise Hung(f"{' '.join(self.argv)}: {what}\n{self.seen}")

    def expect(self, regex):
        """Waits until what comes next matches; False when the program ended without it."""
        pattern = re.compile(regex)
        alive = True
        while True:
            found = pattern.search(self.seen, self.read_up_to)
            if found:
                self.read_up_to = found.end()
                self.secret = re.search(SECRET, found.group()) is not None
                return True
            if not alive:
                return False
            self._check_time(f"waited for {regex!r}")
            alive = self._read_some()

    def answer(self, answer):
        if callable(answer):
            answer = answer(self.seen)
        self._wait_for_the_switch()
        try:
            os.write(self.terminal, answer if isinstance(answer, bytes) else answer.encode() + b"\r")
        except OSError:
            pass  # it is gone: wait() tells how

    def _wait_for_the_switch(self):
        """What is typed before the program has switched the echo off is thrown away."""
        time.sleep(PAUSE)
        until = time.monotonic() + PATIENCE
        while self.secret and time.monotonic() < until:
            try:
                if not termios.tcgetattr(self.terminal)[3] & termios.ECHO:
                    return
            except termios.error:
                return
            time.sleep(0.02)

    def wait(self):
        """Reads on until the program has ended; its exit status."""
        while self._read_some():
            self._check_time("did not end")
        self._close()
        return self.status

    def end(self):
        """Ends it the hard way, with what it started on this terminal."""
        if self.status is None:
            os.killpg(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.status = 128 + signal.SIGKILL
        self._close()

    def _close(self):
        if self.terminal >= 0:
            os.close(self.terminal)
            self.terminal = -1


def drive(argv, steps=(), env=None, deadline=60, show=None):
    """Answers `steps` in turn, as far as the program asks for them; (transcript, exit status)."""
    driven = Driven(argv, env, deadline, show)
    for regex, answer in steps:
        if not driven.expect(regex):
            break
        driven.answer(answer)
    driven.wait()
    return driven.seen, driven.status


def main(words):
    if "--" not in words or words[-1] == "--":
        print(f"usage: {sys.argv[0]} 'REGEX=ANSWER'… -- COMMAND…", file=sys.stderr)
        return 2
    at = words.index("--")
    steps = [tuple(word.rsplit("=", 1)) for word in words[:at]]
    try:
        transcript, status = drive(words[at + 1:], steps)
    except Hung as why:
        print(why, file=sys.stderr)
        return 124
    print(transcript, end="")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
