# SPDX-License-Identifier: Apache-2.0
"""Drives a program on a new controlling terminal: waits for what it asks, and answers as a person would."""
import os
import pty
import re
import select
import signal
import time

PAUSE = 0.25  # libpam_misc prints its prompt first and only then flushes what was typed


class Session:
    """A program on a terminal of its own; `seen` is all that it has printed."""

    def __init__(self, argv, env=None, user=None):
        self.seen = ""
        self.status = None
        self.at = 0
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            if user:
                os.initgroups(user.pw_name, user.pw_gid)
                os.setgid(user.pw_gid)
                os.setuid(user.pw_uid)
                os.chdir("/")
            os.execvpe(argv[0], argv, env or os.environ)

    def _read(self, wait):
        ready, _, _ = select.select([self.fd], [], [], wait)
        if not ready:
            return True
        try:
            piece = os.read(self.fd, 65536)
        except OSError:
            piece = b""
        self.seen += piece.decode(errors="replace").replace("\r\n", "\n")
        return bool(piece)

    def expect(self, pattern, wait=30):
        """Waits for `pattern` behind what was matched before; None when it does not come."""
        end = time.monotonic() + wait
        while True:
            found = re.compile(pattern).search(self.seen, self.at)
            if found:
                self.at = found.end()
                return found
            if time.monotonic() > end or not self._read(0.1):
                found = re.compile(pattern).search(self.seen, self.at)
                self.at = found.end() if found else self.at
                return found

    def type(self, text, end="\n"):
        time.sleep(PAUSE)
        os.write(self.fd, (text + end).encode())

    def finish(self, wait=30):
        """Reads to the end; the exit status, or 128 + the signal."""
        end = time.monotonic() + wait
        while time.monotonic() < end and self._read(0.1):
            pass
        if time.monotonic() >= end:
            os.kill(self.pid, signal.SIGKILL)
        os.close(self.fd)
        _, raw = os.waitpid(self.pid, 0)
        self.status = os.waitstatus_to_exitcode(raw)
        return self.status
