# SPDX-License-Identifier: Apache-2.0
"""Whether they keep what they are for: with many at once, after a kill, on a full disk; and what reaches the disk."""
import os
import shutil

from disks import SmallDisk
from subjects import ALL, JUDGES, Records


def one_code_at_once(driver, rounds, processes):
    """One person's code given to many processes: how many of them let in, round by round."""
    figures = {subject: [] for subject in JUDGES}
    for subject, accepted, *_ in driver.run("rush", rounds, processes, *JUDGES):
        figures[subject].append(int(accepted))
    return figures


def after_a_kill(driver, records, rounds):
    """How often the next login was refused, and how often a file was left, which is then taken away."""
    figures = {subject: {"kills": 0, "refused": 0, "left": 0} for subject in JUDGES}
    for subject in JUDGES:
        where, mine = records.directory(subject), figures[subject]
        while mine["kills"] < rounds:
            before = set(os.listdir(where))
            ((_, killed, result),) = driver.run("killed", subject)
            mine["kills"] += int(killed)
            mine["refused"] += int(killed) and result != "0"
            left = set(os.listdir(where)) - before
            mine["left"] += bool(left)
            for name in left:
                os.unlink(f"{where}/{name}")
    return figures


def on_a_full_disk(driver, build, top, logins):
    """How many right codes in a row are let in with not a byte free, and whether a used one is."""
    disk, figures = SmallDisk(top, "full", 16), {}
    Records(build, driver.stacks, disk.where, "-full")
    names = {subject: f"{subject}-full" for subject in JUDGES}
    for name in names.values():
        driver.run("tries", "right", name)
    disk.fill()
    for subject, name in names.items():
        *rights, replay = driver.run("tries", *["right"] * logins, "again", name)
        accepted = [result == "0" for _, _, result in rights]
        figures[subject] = {"accepted": (accepted + [False]).index(False), "asked": logins, "replayed": replay[2] == "0"}
    kind = disk.kind
    disk.drop()
    return kind, figures


def device_writes(driver, build, top, logins):
    """What one accepted login makes the device do, everything put off included."""
    disk, figures = SmallDisk(top, "device", 256), {}
    Records(build, driver.stacks, disk.where, "-device")
    for subject in ALL:
        name = f"{subject}-device"
        driver.run("rounds", 20, "right", name)
        before = disk.written()
        driver.run("rounds", logins - 1, "right", name)  # and one before them
        after = disk.written()
        figures[subject] = before and [(b - a) / logins for a, b in zip(before, after)]
    kind = disk.kind
    disk.drop()
    shutil.rmtree(disk.where)
    return kind, figures
