# SPDX-License-Identifier: Apache-2.0
"""A start of the machine: systemd as process 1 of a name space of its own, inside the sandbox, with the files of the view.

It has no devices and starts what is enabled there alone: nothing of the machine's own.
"""
import glob
import os
import shutil
import signal
import subprocess
import time

from bed import run
from promises import Skip

SYSTEMD = "/usr/lib/systemd/systemd"
LOG = "/var/log/booted"
# A file system in memory is what systemd finds at /sys, so that nothing wakes the real machine's devices. What is unsealed
# is mounted by another process of systemd's own: that has to be seen by all.
START = """
mount --make-rshared / && mount -t tmpfs tmpfs /sys && mkdir -p /sys/fs/cgroup/systemd /sys/fs/cgroup/unified &&
{ mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd && mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified ||
  mount -t cgroup2 cgroup2 /sys/fs/cgroup; } && exec %s --log-target=console --log-level=notice
""" % SYSTEMD


def make_bare():
    """Takes away what Debian starts by itself, once: what is enabled later is all that a start brings."""
    for wants in glob.glob("/usr/lib/systemd/system/*.wants") + glob.glob("/etc/systemd/system/*.wants"):
        shutil.rmtree(wants)
    os.symlink("/usr/lib/systemd/system/multi-user.target", "/etc/systemd/system/default.target")
    open("/etc/fstab", "w", encoding="ascii").close()


class Booted:
    """One start, up to multi-user.target; `environment` is process 1's."""

    def __init__(self, **environment):
        for path in ("/run/systemd", "/run/pam_totp", "/run/credentials"):
            shutil.rmtree(path, ignore_errors=True)
        environment = {"PATH": os.environ["PATH"], "container": "view", **environment}
        with open(LOG, "wb") as log:
            self.outer = subprocess.Popen(["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
                                           "sh", "-c", START], env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.inner = None
        self.wait()

    def wait(self):
        for _ in range(600):
            if self.outer.poll() is not None:
                break
            if not self.inner:
                with open(f"/proc/{self.outer.pid}/task/{self.outer.pid}/children", encoding="ascii") as file:
                    self.inner = next(iter(file.read().split()), None)
            if self.inner and self.systemctl("is-active", "multi-user.target", check=False).stdout == "active\n":
                return
            time.sleep(0.1)
        self.stop()
        raise Skip("systemd does not start in a name space here: " + self.said()[-300:])

    def said(self):
        with open(LOG, encoding="utf-8", errors="replace") as file:
            return file.read()

    def systemctl(self, *words, check=True):
        return run("nsenter", "-t", self.inner, "-m", "-p", "systemctl", "--no-pager", *words, check=check)

    def shell(self, text):
        return run("nsenter", "-t", self.inner, "-m", "-p", "sh", "-ec", text)

    def stop(self):
        if self.inner and self.outer.poll() is None:
            os.kill(int(self.inner), signal.SIGKILL)
        self.outer.kill()
        self.outer.wait(10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
