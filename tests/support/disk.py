# SPDX-License-Identifier: Apache-2.0
"""Small file systems of every kind, mounted over the store: to be filled, made read-only, limited, snapshotted."""
import contextlib
import os
import shutil
import stat
import subprocess

from bed import STORE, run
from promises import Skip, check

LAYERS = "/mnt/layers"  # under an overlay
IMAGE = {"ext4": "16M", "xfs": "300M", "btrfs": "128M"}  # about the least that mkfs takes; the images are sparse
BLOCK = 4096
KINDS = (*IMAGE, "tmpfs", "overlayfs")


def _loop_devices():
    """The sandbox has none of its own; a loop device of ours goes with its mount, also when we are killed."""
    nodes = [("loop-control", stat.S_IFCHR, (10, 237)), *((f"loop{i}", stat.S_IFBLK, (7, i)) for i in range(64))]
    for name, kind, number in nodes:
        with contextlib.suppress(FileExistsError):
            os.mknod(f"/dev/{name}", kind | 0o600, os.makedev(*number))


def _try(what, *argv):
    try:
        run(*argv)
    except FileNotFoundError:
        raise Skip(f"{what}: no program {argv[0]}") from None
    except subprocess.CalledProcessError as why:
        raise Skip(f"{what}: {why.stderr.strip().splitlines()[0]}") from None


class Disk:
    """One file system. `options` are mount's, `features` mkfs's."""

    def __init__(self, kind, options="", features=()):
        self.kind, self.where, self.filled = kind, STORE, 0
        options = f",{options}" if options else ""
        if kind == "tmpfs":
            _try("tmpfs", "mount", "-t", "tmpfs", "-o", "size=2m" + options, "tmpfs", STORE)
        elif kind == "overlayfs":
            self._image("ext4", LAYERS, options, features)
            for name in ("lower", "upper", "work"):
                os.mkdir(f"{LAYERS}/{name}")
            self.mount_layers()
        else:
            self._image(kind, STORE, options, features)
        self._as_init_wants_it()

    def _image(self, kind, where, options, features):
        image = f"/tmp/{kind}.image"
        _loop_devices()
        run("truncate", "-s", "0", image)
        run("truncate", "-s", IMAGE[kind], image)
        _try(kind, f"mkfs.{kind}", "-q", *features, image)
        os.makedirs(where, exist_ok=True)
        _try(kind, "mount", "-t", kind, "-o", "loop" + options, image, where)

    def mount_layers(self):
        _try("overlayfs", "mount", "-t", "overlay", "-o",
             f"lowerdir={LAYERS}/lower,upperdir={LAYERS}/upper,workdir={LAYERS}/work", "overlay", STORE)

    def _as_init_wants_it(self):
        shutil.chown(STORE, "root", "_pam_totp")
        os.chmod(STORE, 0o1770)

    def remount(self, how):
        run("mount", "-o", f"remount,{how}", STORE)

    def take_all(self, but=0):
        """Every block down to the last, those kept back for root included; `but` for so many."""
        os.makedirs(f"{STORE}/full", exist_ok=True)
        first, size = self.filled, 1 << 26
        for _ in range(but):
            self._take(BLOCK)
        while size:
            taken = self._take(size)
            size = size if taken else size // 2 if size > 1 else 0
        for number in range(first, first + but):
            os.unlink(f"{STORE}/full/{number}")
        run("sync", "-f", STORE)  # what was given back counts as free only then, on some

    def _take(self, size):
        """Allocates a file of this size, or writes it when it is smaller than a block; whether it fitted."""
        path = f"{STORE}/full/{self.filled}"
        try:
            with open(path, "xb", buffering=0) as file:
                self.filled += 1
                if size >= BLOCK:
                    os.posix_fallocate(file.fileno(), 0, size)
                else:
                    file.write(b"x" * size)
                    os.fsync(file.fileno())
            return True
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(path)
            return False

    def give_all_back(self):
        shutil.rmtree(f"{STORE}/full")
        self.filled = 0

    def end(self):
        run("umount", STORE)
        if self.kind == "overlayfs":
            run("umount", LAYERS)


@contextlib.contextmanager
def mounted(kind, **more):
    disk = Disk(kind, **more)
    try:
        yield disk
    finally:
        disk.end()
        check(not os.path.ismount(STORE), "it is still mounted")
