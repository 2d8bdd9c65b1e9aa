# SPDX-License-Identifier: Apache-2.0
"""Small disks of our own: what reaches the device can be counted on them, and they can be filled."""
import os
import subprocess


def file_system(path):
    said = subprocess.run(["stat", "-f", "-c", "%T", path], text=True, capture_output=True, check=True)
    return said.stdout.strip().replace("ext2/ext3", "ext4")


class SmallDisk:
    """An ext4 on a loop device, or a tmpfs where there is none. Gone with the view that it is mounted in."""

    def __init__(self, top, name, megabytes):
        self.where, image = f"{top}/{name}", f"{top}/{name}.image"
        os.mkdir(self.where)
        with open(image, "wb") as file:
            file.truncate(megabytes << 20)
        made = subprocess.run(["mkfs.ext4", "-q", "-b", "4096", "-m", "0", image], capture_output=True, check=False)
        mounted = made.returncode == 0 and subprocess.run(
            ["mount", "-o", "loop", image, self.where], capture_output=True, check=False).returncode == 0
        self.kind = "ext4 on a loop device" if mounted else "tmpfs"
        if not mounted:
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", self.where], check=True)

    def written(self):
        """Writes, KiB and flushes that the device has seen, or None where there is no device."""
        if self.kind == "tmpfs":
            return None
        subprocess.run(["sync", "-f", self.where], check=True)
        device = os.stat(self.where).st_dev
        with open(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}/stat", encoding="ascii") as file:
            numbers = [int(word) for word in file.read().split()]
        return numbers[4], numbers[6] // 2, numbers[15] if len(numbers) > 15 else 0

    def fill(self):
        """Until not a byte more fits."""
        with open(f"{self.where}/filler", "ab", buffering=0) as file:
            for size in (1 << 20, 4096, 1):
                try:
                    while file.write(b"\0" * size) == size:
                        pass
                except OSError:
                    pass
        subprocess.run(["sync", "-f", self.where], check=False)

    def drop(self):
        subprocess.run(["umount", self.where], check=True)
