# SPDX-License-Identifier: Apache-2.0
"""Many people at once, many people on the host, and ten years of one person's logins."""
import os
import shutil
import subprocess

from measure import Samples, instructions, latency
from subjects import ALL, GA, OATH, TOTP, Records

TEN_YEARS = 73_000  # at 20 a day


def at_once(driver, rounds, people, subjects=ALL):
    """Everybody with a right code of his own. How long each took, and how many of the people got in."""
    samples, accepted = Samples(), dict.fromkeys(subjects, 0)
    for subject, count, *times in driver.run("crowd", rounds, people, *subjects):
        accepted[subject] += int(count)
        for nanoseconds in times:
            samples.add(subject, nanoseconds)
    figures = samples.figures()
    for subject in subjects:
        figures[subject]["accepted"], figures[subject]["asked"] = accepted[subject], rounds * people
    return figures


def beside_stopped(driver, rounds, others):
    """A person's logins, alone and with so many others of the same person that are stopped anywhere in theirs."""
    samples = Samples()
    for when, nanoseconds in driver.run("beside", rounds, others, TOTP):
        samples.add(when, nanoseconds)
    return samples.figures()


def on_the_host(driver, build, top, sizes, quick):
    """One person's login among ever more who have a record. pam_oath by itself: what it writes would hold up others."""
    for size in sizes:
        Records(build, driver.stacks, f"{top}/of-{size}", f"-of-{size}", others=size - 1)
    out, figures = f"{build}/bench/out", {}
    times, _ = latency(driver, 20 if quick else 150, "right", [f"{s}-of-{n}" for s in (TOTP, GA) for n in sizes])
    for size in sizes:
        few = size >= 1_000_000
        times.update(latency(driver, 5 if few else 30, "right", [f"{OATH}-of-{size}"])[0])
        figures[size] = {}
        for subject in (TOTP, GA, OATH):
            name = f"{subject}-of-{size}"
            # A callgrind of pam_oath among a million takes minutes.
            counted = None if subject == OATH and few else instructions(driver, out, name, "right", 1)
            figures[size][subject] = {**times[name], "instructions": counted}
    return figures


def after_years(driver, build, top, logins, quick):
    """The same person's record, new and after so many logins: they were all made, in memory, where a flush is nothing."""
    memory = f"/dev/shm/{os.path.basename(top)}"
    Records(build, driver.stacks, memory, "-aged")
    driver.run("rounds", logins, "right", f"{TOTP}-aged")
    new = Records(build, driver.stacks, f"{top}/new", "-new")
    old = Records(build, driver.stacks, f"{top}/aged", "-aged")
    shutil.rmtree(old.top)
    subprocess.run(["cp", "-a", "--sparse=auto", memory, old.top], check=True)
    shutil.rmtree(memory)
    times, _ = latency(driver, 20 if quick else 150, "right", [f"{TOTP}-new", f"{TOTP}-aged"])
    out, figures = f"{build}/bench/out", {"logins": logins}
    for name, records in (("new", new), ("aged", old)):
        journal = os.stat(f"{records.directory(TOTP)}/p0")
        figures[name] = {**times[f"{TOTP}-{name}"], "instructions": instructions(driver, out, f"{TOTP}-{name}", "right"),
                         "size": journal.st_size, "on_disk": journal.st_blocks * 512}
    return figures
