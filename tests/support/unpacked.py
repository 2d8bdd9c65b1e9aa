# SPDX-License-Identifier: Apache-2.0
"""Debian packages that `make deps` unpacked and did not install, put over the sandbox's own files."""
import os
import socket
import subprocess
import time

from bed import REPOSITORY, run
from promises import Skip


def bring(*packages):
    """As dpkg would put their files, without a script of theirs run. Skips where they are not unpacked."""
    missing = [name for name in packages if not os.path.isdir(f"{REPOSITORY}/build-deps/{name}")]
    if missing:
        raise Skip(f"{' '.join(missing)}: not unpacked; see make deps")
    for name in packages:
        # Their /lib is a directory, and the machine's a link.
        files = run("tar", "-C", f"{REPOSITORY}/build-deps/{name}", "-c", ".", text=False).stdout
        run("tar", "-C", "/", "-x", "--keep-directory-symlink", input=files, text=False)


class Daemon:
    """One that stays in the foreground, at a port of the sandbox's own."""

    def __init__(self, argv, port, address="127.0.0.1", kind=socket.SOCK_STREAM):
        self.log = f"/run/{os.path.basename(argv[0])}.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        until = time.monotonic() + 30
        while time.monotonic() < until and self.process.poll() is None:
            if is_bound(address, port, kind):
                return
            time.sleep(0.05)
        self.stop()
        raise AssertionError(f"{' '.join(argv)} does not listen:\n{self.said()}")

    def stop(self):
        self.process.terminate()
        self.process.wait(10)

    def said(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()


def is_bound(address, port, kind):
    with socket.socket(type=kind) as probe:
        if kind == socket.SOCK_STREAM:
            return probe.connect_ex((address, port)) == 0
        try:
            probe.bind((address, port))
            return False
        except OSError:
            return True
