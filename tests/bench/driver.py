# SPDX-License-Identifier: Apache-2.0
"""Runs the driver, and keeps count of the steps: no two logins of a run have the same code."""
import hmac
import os
import socket
import subprocess
import threading
import time

from subjects import KEY

PERIOD = 30


def code(step):
    mac = hmac.digest(KEY, step.to_bytes(8, "big"), "sha1")
    at = mac[19] & 15
    return f"{(int.from_bytes(mac[at:at + 4], 'big') & 0x7FFFFFFF) % 1000000:06}"


class Log:
    """Stands in for the syslog daemon of a host: takes what comes."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("/dev/log")
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            self.socket.recv(8192)


class Driver:
    def __init__(self, build, top, environment):
        self.program, self.top, self.environment = f"{os.path.abspath(build)}/tests/bench/driver", top, environment
        # After every code that the set-up spent.
        self.step = int(time.time()) // PERIOD + 1000
        self.codes = f"{top}/codes"
        self._write_codes(400_000)

    def _write_codes(self, count):
        with open(self.codes, "w", encoding="ascii") as file:
            file.write(f"{self.step}\n" + "".join(code(self.step + i) + "\n" for i in range(count)))

    def run(self, *words, under=(), stacks=None):
        """The words of each line that the driver prints."""
        argv = [*under, self.program, stacks or f"{self.top}/pam.d", self.codes, str(self.step), *map(str, words)]
        said = subprocess.run(argv, text=True, capture_output=True, env=self.environment)
        lines = [line.split() for line in said.stdout.splitlines()]
        if said.returncode != 0 or not lines or lines[-1][0] != "step":
            raise RuntimeError(f"{argv}: {said.returncode}\n{said.stdout}{said.stderr}")
        self.step = int(lines.pop()[1])
        return lines
