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
STEPS = 200_000  # of codes: more than a run needs


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
    def __init__(self, build, top):
        build = os.path.abspath(build)
        self.program, self.stacks, self.codes = f"{build}/tests/bench/driver", f"{top}/pam.d", f"{top}/codes"
        liboath = next((where for where, _, files in os.walk(f"{build}/bench/peers") if "liboath.so.0" in files), "")
        self.environment = {"PATH": os.environ["PATH"], "LD_LIBRARY_PATH": liboath}
        self.step = int(time.time()) // PERIOD + 1000  # later than what the set-ups spent
        with open(self.codes, "w", encoding="ascii") as file:
            file.write(f"{self.step}\n" + "".join(code(self.step + i) + "\n" for i in range(STEPS)))

    def run(self, *words, under=()):
        """The words of each line that the driver prints."""
        said = self._call(under, self.stacks, self.codes, self.step, *words)
        lines = [line.split() for line in said.stdout.splitlines()]
        if said.returncode != 0 or not lines or lines[-1][0] != "step":
            raise RuntimeError(f"driver {words}: {said.returncode}\n{said.stdout}{said.stderr}")
        self.step = int(lines.pop()[1])
        return lines

    def once(self, subject, under=(), command="once"):
        """One login in a process of its own; what it prints."""
        self.step += 1
        said = self._call(under, command, self.stacks, subject, "p0", self.step, code(self.step))
        if said.returncode != 0:
            raise RuntimeError(f"driver once {subject}: {said.returncode}\n{said.stdout}{said.stderr}")
        return said.stdout

    def _call(self, under, *words):
        return subprocess.run([*under, self.program, *map(str, words)], text=True, capture_output=True,
                              env=self.environment, check=False)
