# SPDX-License-Identifier: Apache-2.0
"""The demo, inside the sandbox: a person, a phone, a real sshd and a real ssh."""
import codecs
import os
import pty
import pwd
import re
import select
import subprocess
import sys
import time

OWN_PHONE = os.environ.get("PHONE") == "1"
WORK = "/tmp/demo"
ENV = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TERM": "xterm", "LANG": "C.UTF-8", "NO_COLOR": "1"}
SSH = ["ssh", "-p", "2222", "-i", f"{WORK}/key", "-o", "StrictHostKeyChecking=no", "-o", "LogLevel=ERROR",
       "-o", "UserKnownHostsFile=/dev/null", "-o", "NumberOfPasswordPrompts=1", "alice@127.0.0.1",
       "echo; echo $(id -un) is logged in through $(ps -o comm= -p $PPID | cut -d- -f1)"]
results = []


def step(number, text):
    print(f"\n\033[1m{number}/7  {text}\033[0m" if sys.stdout.isatty() else f"\n{number}/7  {text}", flush=True)


def must(*argv, **more):
    done = subprocess.run(argv, capture_output=True, text=True, **more)
    if done.returncode:
        sys.exit(f"{' '.join(argv)}:\n{done.stdout}{done.stderr}")
    return done.stdout


class Margin:
    """Prints what a program says behind a margin, whatever pieces it comes in."""
    at_start = True

    def show(self, text):
        for line in text.replace("\r\n", "\n").replace("\r", "").splitlines(keepends=True):
            sys.stdout.write(("   | " if self.at_start else "") + line)
            self.at_start = line.endswith("\n")
        sys.stdout.flush()


def on_terminal(argv, question, answer, user=None):
    """Runs a program on a terminal of its own, shows what it prints, and answers one question."""
    pid, fd = pty.fork()
    if pid == 0:
        if user:
            os.initgroups(user.pw_name, user.pw_gid)
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
            os.chdir("/")
        os.execvpe(argv[0], argv, ENV)
    seen, answered, end = "", False, time.monotonic() + 60
    margin, decoder = Margin(), codecs.getincrementaldecoder("utf-8")("replace")
    while time.monotonic() < end:
        if not select.select([fd], [], [], 0.2)[0]:
            if not answered and re.search(question, seen):
                answered = True
                os.write(fd, (answer(seen) + "\n").encode())
            continue
        try:
            piece = os.read(fd, 65536)
        except OSError:
            piece = b""
        if not piece:
            break
        text = decoder.decode(piece)
        seen += text.replace("\r\n", "\n")
        margin.show(text)
    os.close(fd)
    margin.show("" if margin.at_start else "\n")
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), seen


class Phone:
    """Plays the phone with oathtool, somebody else's implementation of RFC 6238."""
    secret, used = "", 0

    def code(self):
        while int(time.time()) % 30 > 26:
            time.sleep(0.5)
        now = int(time.time()) // 30
        self.used = max(now, self.used + 1)
        return must("oathtool", "--totp", "-b", "-N", f"@{self.used * 30}", "-", input=self.secret + "\n").strip()


phone = Phone()


def prepare():
    os.makedirs(WORK)
    must("make", "-s", "install")
    must("useradd", "-m", "-s", "/bin/sh", "alice")
    must("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{WORK}/key")
    must("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{WORK}/host_key")
    must("install", "-D", "-o", "alice", "-m", "0600", f"{WORK}/key.pub", "/home/alice/.ssh/authorized_keys")
    must("chown", "alice:", "/home/alice/.ssh")
    with open("/etc/pam.d/sshd", "w", encoding="ascii") as stack:
        stack.write("auth required pam_totp.so\naccount required pam_unix.so\nsession required pam_unix.so\n")
    with open(f"{WORK}/sshd_config", "w", encoding="ascii") as config:
        config.write(f"Port 2222\nListenAddress 127.0.0.1\nHostKey {WORK}/host_key\nUsePAM yes\nPidFile none\n"
                     "KbdInteractiveAuthentication yes\nPasswordAuthentication no\n"
                     "AuthenticationMethods publickey,keyboard-interactive:pam\n")
    os.makedirs("/run/sshd", exist_ok=True)
    server = subprocess.Popen(["/usr/sbin/sshd", "-D", "-f", f"{WORK}/sshd_config"])
    time.sleep(0.5)
    return server


def set_up():
    if OWN_PHONE:
        subprocess.run(["setpriv", "--reuid=alice", "--regid=alice", "--init-groups", "pam-totp", "setup"],
                       env={**ENV, "NO_COLOR": ""}, check=True)
        return input("One of the backup codes above, for step 6: ")

    def prove(seen):
        found = re.search(r"Or type the key:\s+((?: *[A-Z2-7]{4})+)", seen)
        phone.secret = found.group(1).replace(" ", "")
        return phone.code()

    status, seen = on_terminal(["pam-totp", "setup"], "Code that the app shows now: $", prove,
                               pwd.getpwnam("alice"))
    codes = re.findall(r"\b[0-9a-z]{5}-[0-9a-z]{5}-[0-9a-z]{5}\b", seen)
    results.append(("alice sets herself up, without root", status == 0 and len(codes) == 10))
    return codes[0] if codes else ""


def log_in(what, code, wanted):
    if code is None:
        done = subprocess.run(SSH, env=ENV, stdout=subprocess.PIPE, text=True, check=False)
        seen = done.stdout
        print(seen)
    else:
        _, seen = on_terminal(SSH, r"code: $", lambda _: code)
    inside = "alice is logged in" in seen
    print(f"   {'Let in' if inside else 'Refused'}, as it {'must be' if inside == wanted else 'must NOT be'}.")
    results.append((what, inside == wanted))


def main():
    step(1, "Install, make a person with an ssh key, start sshd: key and then a code")
    server = prepare()
    step(2, "alice sets up her second factor" + ("" if OWN_PHONE else "; oathtool plays the phone"))
    backup = set_up()
    step(3, "The key alone is not enough")
    log_in("the key alone is refused", "000000" if OWN_PHONE else "", False)
    step(4, "The key and the code of the phone")
    code = None if OWN_PHONE else phone.code()
    if OWN_PHONE:
        print("   Type the code that the phone shows now, if it is a new one.")
    log_in("key and code are let in", code, True)
    step(5, "The same code again")
    if OWN_PHONE:
        print("   Type the very same code again.")
    log_in("the same code again is refused", code, False)
    step(6, "The phone is lost: a backup code")
    log_in("a backup code is let in", backup, True)
    step(7, "The same backup code again")
    log_in("the same backup code again is refused", backup, False)
    server.terminate()
    server.wait()
    print("\nWhat was shown:")
    for text, held in results:
        print(f"  {'ok  ' if held else 'FAIL'}  {text}")
    print("Nothing of it is left on this machine.")
    return 0 if all(held for _, held in results) else 1


sys.exit(main())
