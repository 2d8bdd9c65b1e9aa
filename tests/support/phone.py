# SPDX-License-Identifier: Apache-2.0
"""Plays the phone: codes from a key by oathtool, which is not ours. The key goes over stdin, not argv."""
import subprocess
import time


class Phone:
    """`shown` holds every code it gave away, so that a test can look for them where they must not be."""

    def __init__(self, secret, period=30, digits=6):
        self.secret, self.period, self.digits = secret, period, digits
        self.last_step = -1
        self.shown = set()

    def step(self):
        return int(time.time()) // self.period

    def at(self, step):
        code = subprocess.run(
            ["oathtool", "--totp", "-b", "-d", str(self.digits), "-s", f"{self.period}s",
             "-N", f"@{step * self.period}", "-"],
            input=self.secret, text=True, capture_output=True, check=True).stdout.strip()
        self.shown.add(code)
        return code

    def fresh(self, *_):
        """A code not used before: of this step, else of the next, which the window allows; else it waits.

        Also an answer for ptydrive, which is made when it is asked for.
        """
        step = max(self.last_step + 1, self.step())
        while step > self.step() + 1:
            time.sleep(0.2)
        self.last_step = step
        return self.at(step)

    def two_in_a_row(self, *_):
        step = max(self.last_step + 1, self.step())
        while step + 1 > self.step() + 1:
            time.sleep(0.2)
        self.last_step = step + 1
        return f"{self.at(step)} {self.at(step + 1)}"

    def spent(self, *_):
        """The code that fresh() gave last."""
        return self.at(self.last_step)

    def wrong(self, *_):
        """A code that fits no step near now."""
        near = {self.at(self.step() + offset) for offset in range(-4, 5)}
        return next(code for code in (f"{n * 111111:0{self.digits}d}" for n in range(1, 9)) if code not in near)


class Counting:
    """A counter-based token: a fresh code for each login, however many there are within a step of the clock."""

    def __init__(self, secret, codes=800):
        self.secret, self.used, self.shown = secret, 0, set()
        self.codes = subprocess.run(["oathtool", "--hotp", "-b", "-c", "0", "-w", str(codes - 1), "-"], input=secret,
                                    text=True, capture_output=True, check=True).stdout.split()

    def next(self):
        """The code that comes next; it stays that until take() says that it is spent."""
        return self.codes[self.used]

    def take(self):
        self.used += 1
        return self.spent()

    def spent(self):
        return self.codes[self.used - 1]

    def wrong(self):
        near = self.codes[max(0, self.used - 2):self.used + 20]
        return next(code for code in (f"{n * 111111:06d}" for n in range(1, 9)) if code not in near)
