# SPDX-License-Identifier: Apache-2.0
"""The modules that are compared, and the records each needs.

All know the same key for everybody, so that one list of codes does for all. All remember the login of every code:
pam_google_authenticator with DISALLOW_REUSE (and, as `ga-limit`, with RATE_LIMIT), pam_oath as it always does, the
reference by an entry of 256 bytes. Only the no-op module remembers nothing.
"""
import base64
import os
import subprocess

KEY = b"12345678901234567890"
TOTP, GA, GA_LIMIT, OATH, NOOP, REFERENCE = "totp", "ga", "ga-limit", "oath", "noop", "reference"
ALL = [TOTP, GA, GA_LIMIT, OATH, REFERENCE, NOOP]
# As on a host that is looked after; each name stands for a file of its own.
SETTINGS = "# steps accepted on each side of now\nwindow = 1\nguesses = 10\nguess_refill = 1d\nissuer = example.org\n"


def write(path, text, mode=0o600):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)


class Records:
    """The records of `people` in a directory `top`, and the stacks that lead there."""

    def __init__(self, top, build, people):
        self.top, self.build = top, os.path.abspath(build)
        self.stacks = f"{top}/pam.d"
        for name in ("pam.d", "ga", "ga-limit", "oath", "reference"):
            os.makedirs(f"{top}/{name}", mode=0o700, exist_ok=True)
        self._write_stacks()
        write(f"{top}/conf", SETTINGS, 0o644)
        self.tool("init")
        users = [f"p{i}" for i in range(people)]
        for user in users:
            self.enrol(user)
        self.write_oath(users)

    def tool(self, *words, text=""):
        places = [f"--store={self.top}/store", f"--key={self.top}/key", f"--conf={self.top}/conf"]
        subprocess.run([f"{self.build}/pam-totp", *words, *places], input=text, text=True, check=True,
                       stdout=subprocess.DEVNULL)

    def enrol(self, user):
        key = base64.b32encode(KEY).decode()
        self.tool("setup", "-u", user, "--no-confirm", "--json", "--secret-file=-", text=key + "\n")
        head = f'{key}\n" WINDOW_SIZE 3\n" DISALLOW_REUSE\n" TOTP_AUTH\n'
        scratch = "".join(f"{12345670 + i}\n" for i in range(5))
        write(f"{self.top}/ga/{user}", head + scratch, 0o400)
        write(f"{self.top}/ga-limit/{user}", head + '" RATE_LIMIT 3 30\n' + scratch, 0o400)

    def write_oath(self, users):
        lines = "".join(f"HOTP/T30 {user} - {KEY.hex()}\n" for user in users)
        write(f"{self.top}/oath/users", lines)

    def _write_stacks(self):
        peers = f"{self.build}/bench/peers"
        security = next(d for d, _, files in os.walk(peers) if "pam_oath.so" in files)
        own = f"{self.build}/tests/bench/modules"
        modules = {
            TOTP: f"{self.build}/pam_totp.so store={self.top}/store key={self.top}/key conf={self.top}/conf",
            GA: f"{security}/pam_google_authenticator.so user=root secret={self.top}/ga/${{USER}}",
            GA_LIMIT: f"{security}/pam_google_authenticator.so user=root secret={self.top}/ga-limit/${{USER}}",
            OATH: f"{security}/pam_oath.so usersfile={self.top}/oath/users window=1 digits=6",
            NOOP: f"{own}/noop.so",
            REFERENCE: f"{own}/reference.so {self.top}/reference/log",
        }
        for name, module in modules.items():
            line, mark = f"auth required {module}\n", f"auth required {own}/mark.so\n"
            write(f"{self.stacks}/{name}", line, 0o644)
            write(f"{self.stacks}/{name}-marked", mark + line + mark, 0o644)
        write(f"{self.stacks}/other", "auth required pam_deny.so\n", 0o644)  # else libpam complains in the log
