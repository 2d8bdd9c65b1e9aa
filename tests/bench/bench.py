# SPDX-License-Identifier: Apache-2.0
"""bench.py BUILD [--quick]: measures everything, and keeps the figures in BUILD/bench/figures.json."""
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time

import crowds
import keeps
import measure
from disks import file_system
from driver import Driver, Log
from subjects import ALL, TOTP, Records


def machine(top):
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        fields = dict(line.split(":", 1) for line in file if ":" in line)
    model = next((fields[k].strip() for k in fields if k.strip() in ("model name", "CPU part")), platform.machine())

    def version(package):
        said = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], text=True, capture_output=True, check=False)
        return said.stdout or "?"
    return {"cpu": model, "cores": os.cpu_count(), "kernel": platform.release(), "file_system": file_system(top),
            "libpam": version("libpam0g"), "openssl": version("libssl3")}


class Bench:
    def __init__(self, build, quick):
        self.build, self.quick, self.begun = build, quick, time.monotonic()
        self.top = os.path.abspath(tempfile.mkdtemp(prefix="disk.", dir=f"{build}/bench"))

    def say(self, what):
        print(f"{time.monotonic() - self.begun:5.0f} s  {what}", flush=True)

    def run(self):
        quick, build, top = self.quick, self.build, self.top
        driver = Driver(build, top)
        figures = {"machine": machine(top), "quick": quick, "module": measure.module(build)}
        records = Records(build, driver.stacks, top, people=64)
        self.say("one login")
        figures["login"] = measure.one_login(driver, build, ALL, quick)
        figures["parts"] = measure.parts(build, TOTP)
        self.say("many at once")
        bursts = {1: 20, 8: 5, 64: 2} if quick else {1: 200, 8: 40, 64: 12}
        figures["at_once"] = {people: crowds.at_once(driver, rounds, people) for people, rounds in bursts.items()}
        figures["stopped"] = crowds.beside_stopped(driver, 100 if quick else 1000, 63)
        self.say("one code to many at once, kills, a full disk")
        figures["one_code"] = keeps.one_code_at_once(driver, 3 if quick else 20, 64)
        figures["kill"] = keeps.after_a_kill(driver, records, 15 if quick else 100)
        figures["full_on"], figures["full"] = keeps.on_a_full_disk(driver, build, top, 100 if quick else 300)
        self.say("what reaches the device")
        figures["device_on"], figures["device"] = keeps.device_writes(driver, build, top, 50 if quick else 200)
        self.say("ten years of logins")
        figures["years"] = crowds.after_years(driver, build, top, 2000 if quick else crowds.TEN_YEARS, quick)
        self.say("many people on the host")
        sizes = (1, 1000) if quick else (1, 1000, 100_000, 1_000_000)
        figures["host"] = crowds.on_the_host(driver, build, top, sizes, quick)
        return figures


def main():
    bench = Bench(sys.argv[1], "--quick" in sys.argv[2:])
    log = Log()
    try:
        figures = bench.run()
    finally:
        bench.say("tidying up")
        shutil.rmtree(bench.top)
        log.socket.close()
    with open(f"{bench.build}/bench/figures.json", "w", encoding="utf-8") as file:
        json.dump(figures, file, indent=1)
    bench.say("done")


main()
