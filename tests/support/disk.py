# SPDX-License-Identifier: Apache-2.0
"""Small file systems of every kind, mounted over the store: to be filled, made read-only, limited, snapshotted."""
import contextlib
import os
import shutil
import stat
import subprocess

from bed import STORE, run
from promises import Skip, check

TAKEN, SNAPSHOT = f"{STORE}/.taken", f"{STORE}/.snapshot"
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
        raise Skip(f"{what}: {why.stderr.strip().splitlines()[0].rstrip('.')}") from None


class Disk:
    """One file system over the store."""

    def __init__(self, kind):
        self.kind, self.filled = kind, 0

    def mount(self, options="", features=()):
        """`options` are mount's, `features` mkfs's."""
        if self.kind == "tmpfs":
            _try("tmpfs", "mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", STORE)
        elif self.kind == "overlayfs":
            self._mount_image("ext4", LAYERS, options, features)
            for name in ("lower", "upper", "work"):
                os.mkdir(f"{LAYERS}/{name}")
            self._mount_layers()
        else:
            self._mount_image(self.kind, STORE, options, features)
        self._as_init_wants_it()

    def _mount_image(self, kind, where, options, features):
        image, what = f"/tmp/{kind}.image", f"{kind} with {options}" if options else kind
        _loop_devices()
        run("truncate", "-s", "0", image)
        run("truncate", "-s", IMAGE[kind], image)
        _try(what, f"mkfs.{kind}", "-q", *features, image)
        os.makedirs(where, exist_ok=True)
        _try(what, "mount", "-t", kind, "-o", f"loop,{options}" if options else "loop", image, where)

    def _mount_layers(self):
        _try("overlayfs", "mount", "-t", "overlay", "-o",
             f"lowerdir={LAYERS}/lower,upperdir={LAYERS}/upper,workdir={LAYERS}/work", "overlay", STORE)

    def _as_init_wants_it(self):
        shutil.chown(STORE, "root", "_pam_totp")
        os.chmod(STORE, 0o1770)

    def remount(self, how):
        run("mount", "-o", f"remount,{how}", STORE)

    def take_all(self, but=0):
        """Every block down to the last, those kept back for root included; `but` so many."""
        os.makedirs(TAKEN, exist_ok=True)
        first, size = self.filled, 1 << 26
        for _ in range(but):
            self._take(BLOCK)
        with open(f"{TAKEN}/last", "ab", buffering=0) as last:
            while size >= BLOCK:
                size = size if self._take(size) else size // 2
            with contextlib.suppress(OSError):  # a few are not for new files, on some
                while last.write(b"x" * BLOCK):
                    os.fsync(last.fileno())
        while self._take(1):  # and what is smaller than a block
            pass
        for number in range(first, first + but):
            os.unlink(f"{TAKEN}/{number}")
        run("sync", "-f", STORE)  # what was given back counts as free only then, on some

    def _take(self, size):
        """Allocates a file of this size, or writes it when it is smaller than a block; whether it fitted."""
        path = f"{TAKEN}/{self.filled}"
        try:
            with open(path, "xb", buffering=0) as file:
                if size >= BLOCK:
                    os.posix_fallocate(file.fileno(), 0, size)
                else:
                    file.write(b"x" * size)
                    os.fsync(file.fileno())
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(path)
            return False
        self.filled += 1
        return True

    def give_all_back(self):
        shutil.rmtree(TAKEN)
        self.filled = 0

    def share(self):
        """Makes a copy whose blocks are the same ones: a snapshot, or what a container's image has."""
        if self.kind == "btrfs":
            run("btrfs", "subvolume", "snapshot", "-r", STORE, SNAPSHOT)
        elif self.kind == "xfs":
            copied = [entry.path for entry in os.scandir(STORE)]
            os.mkdir(SNAPSHOT)
            run("cp", "-a", "--reflink=always", *copied, SNAPSHOT)
        else:
            run("umount", STORE)
            shutil.rmtree(f"{LAYERS}/lower")
            os.rename(f"{LAYERS}/upper", f"{LAYERS}/lower")
            os.mkdir(f"{LAYERS}/upper")
            self._mount_layers()
            self._as_init_wants_it()

    def limit(self, person):
        """Puts the person over quota with what is there; on btrfs, where a quota is a subvolume's, the whole store."""
        if self.kind == "btrfs":
            run("btrfs", "quota", "enable", STORE)
            run("btrfs", "qgroup", "limit", "64k", STORE)
        else:
            _try("quota", "setquota", "-u", person.name, "0", "4", "0", "0", LAYERS if self.kind == "overlayfs" else STORE)

    def end(self):
        for where in [STORE] + [LAYERS] * (self.kind == "overlayfs"):
            run("umount", where, check=False)  # it fails, on some, over a loop device that went by itself
            check(not os.path.ismount(where), f"{where} is still mounted")


QUOTA = {"ext4": {"options": "usrquota", "features": ("-O", "quota")}, "xfs": {"options": "usrquota"}, "btrfs": {}}
QUOTA["overlayfs"] = QUOTA["ext4"]


@contextlib.contextmanager
def mounted(kind, **more):
    disk = Disk(kind)
    try:
        disk.mount(**more)
        yield disk
    finally:
        disk.end()
