# SPDX-License-Identifier: Apache-2.0
"""The modules that are compared, and the records each needs.

All know the same key for everybody, so that one list of codes does for all. All remember every login on the disk:
pam_google_authenticator with DISALLOW_REUSE (and, as `ga-limit`, with RATE_LIMIT too), pam_oath as it always does, the
reference with an entry of 256 bytes. Only the no-op module remembers nothing.
"""
import base64
import os
import subprocess

KEY = b"12345678901234567890"
TOTP, GA, GA_LIMIT, OATH, REFERENCE, NOOP = "totp", "ga", "ga-limit", "oath", "reference", "noop"
ALL = [TOTP, GA, GA_LIMIT, OATH, REFERENCE, NOOP]
JUDGES = [TOTP, GA, GA_LIMIT, OATH]
TITLES = {TOTP: "pam_totp", GA: "pam_google_authenticator", GA_LIMIT: "the same, RATE_LIMIT", OATH: "pam_oath",
          REFERENCE: "append and flush", NOOP: "no-op"}
# A guess comes back with every login, so that every wrong code is judged and written: with no guess left it would be
# refused unjudged, and cost next to nothing.
SETTINGS = "# steps accepted on each side of now\nwindow = 1\nguesses = 10\nguess_refill = 30s\nissuer = example.org\n"
MOST_LINKS = 60000  # ext4 allows 65,000 of a file


def write(path, text, mode=0o600):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)


class Records:
    """The records of `people` and of `others` who never log in, below `top`, and the stacks that lead there: their
    names are those of the subjects with `suffix` behind."""

    def __init__(self, build, stacks, top, suffix="", people=1, others=0):
        self.build, self.stacks, self.top, self.suffix = os.path.abspath(build), stacks, top, suffix
        os.makedirs(stacks, exist_ok=True)
        for name in (GA, GA_LIMIT, OATH, REFERENCE):
            os.makedirs(f"{top}/{name}", mode=0o700, exist_ok=True)
        self._write_stacks()
        write(f"{top}/conf", SETTINGS, 0o644)
        self._tool("init")
        self.users = [f"p{i}" for i in range(people)]
        for user in self.users:
            self._enrol(user)
        self._add_others(others)

    def directory(self, subject):
        """Where the subject keeps its records."""
        return f"{self.top}/{'store' if subject == TOTP else subject}"

    def _tool(self, *words, text=""):
        places = [f"--store={self.top}/store", f"--key={self.top}/key", f"--conf={self.top}/conf"]
        subprocess.run([f"{self.build}/pam-totp", *words, *places], input=text, text=True, check=True,
                       stdout=subprocess.DEVNULL)

    def _enrol(self, user):
        key = base64.b32encode(KEY).decode()
        self._tool("setup", "-u", user, "--no-confirm", "--json", "--secret-file=-", text=key + "\n")
        scratch = "".join(f"{12345670 + i}\n" for i in range(5))
        for name, more in ((GA, ""), (GA_LIMIT, '" RATE_LIMIT 3 30\n')):
            head = f'{key}\n" WINDOW_SIZE 3\n" DISALLOW_REUSE\n{more}" TOTP_AUTH\n'
            write(f"{self.top}/{name}/{user}", head + scratch, 0o400)

    def _add_others(self, count):
        """Names in the directories, of a few files: a login reads its own alone. For pam_oath lines before and behind,
        since it reads them all."""
        def line(user):
            return f"HOTP/T30 {user} - {KEY.hex()}\n"
        half = count // 2
        with open(f"{self.top}/oath/users", "w", encoding="ascii") as file:
            file.writelines(line(f"u{i}") for i in range(half))
            file.writelines(line(user) for user in self.users)
            file.writelines(line(f"u{i}") for i in range(half, count))
        os.chmod(f"{self.top}/oath/users", 0o600)
        for directory, suffixes in ((self.directory(TOTP), ("", ".0123456789abcdef")), (self.directory(GA), ("",))):
            for suffix in suffixes:
                self._link(directory, suffix, count)

    @staticmethod
    def _link(directory, suffix, count):
        os.umask(0o077)
        for i in range(count):
            name = f"{directory}/u{i}{suffix}"
            if i % MOST_LINKS == 0:
                source = name
                write(source, "")
            else:
                os.link(source, name)

    def _write_stacks(self):
        peers, own = f"{self.build}/bench/peers", f"{self.build}/tests/bench/modules"
        security = next((where for where, _, files in os.walk(peers) if "pam_oath.so" in files), "")
        ga = f"{security}/pam_google_authenticator.so user=root secret={self.top}"
        modules = {
            TOTP: f"{self.build}/pam_totp.so store={self.top}/store key={self.top}/key conf={self.top}/conf",
            GA: f"{ga}/{GA}/${{USER}}",
            GA_LIMIT: f"{ga}/{GA_LIMIT}/${{USER}}",
            OATH: f"{security}/pam_oath.so usersfile={self.top}/oath/users window=1 digits=6",
            REFERENCE: f"{own}/reference.so {self.top}/{REFERENCE}/log",
            NOOP: f"{own}/noop.so",
        }
        mark = f"auth required {own}/mark.so\n"
        for name, module in modules.items():
            line = f"auth required {module}\n"
            write(f"{self.stacks}/{name}{self.suffix}", line, 0o644)
            write(f"{self.stacks}/{name}{self.suffix}-marked", mark + line + mark, 0o644)
        write(f"{self.stacks}/other", "auth required pam_deny.so\n", 0o644)  # else libpam complains in the log
