# SPDX-License-Identifier: Apache-2.0
"""The bed of the system tests, inside the sandbox: the product installed, people, a real sshd, a real ssh."""
import json
import os
import pwd
import signal
import socket
import subprocess
import sys
import threading
import time

from ptydrive import Session

PORT = "2222"
LOG = "/tmp/auth.log"
WORK = "/tmp/bed"


def run(*argv, **more):
    return subprocess.run(argv, capture_output=True, text=True, **more)


def must(*argv, **more):
    done = run(*argv, **more)
    if done.returncode != 0:
        sys.exit(f"{' '.join(argv)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)


def install():
    """What `make install` does on a live system, and a syslog that the tests can read."""
    os.makedirs(WORK, exist_ok=True)
    os.chmod(WORK, 0o755)
    must("make", "install")
    log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    log.bind("/dev/log")
    os.chmod("/dev/log", 0o666)

    def listen():
        with open(LOG, "a", encoding="utf-8") as file:
            while True:
                file.write(log.recv(8192).decode(errors="replace").rstrip("\0\n") + "\n")
                file.flush()

    threading.Thread(target=listen, daemon=True).start()


def read_log():
    time.sleep(0.1)
    with open(LOG, encoding="utf-8") as file:
        return file.read()


def add_user(name, password):
    must("useradd", "-m", "-s", "/bin/sh", name)
    must("chpasswd", input=f"{name}:{password}\n")
    home = pwd.getpwnam(name).pw_dir
    key = f"{WORK}/{name}.key"
    must("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
    write(f"{home}/.ssh/authorized_keys", open(f"{key}.pub", encoding="utf-8").read())
    must("chown", "-R", f"{name}:", f"{home}/.ssh")


class Phone:
    """A phone: somebody else's implementation of the algorithm, and a memory of what it showed."""

    def __init__(self, secret):
        self.secret = secret
        self.used = 0

    def at(self, step):
        return must("oathtool", "--totp", "-b", "-N", f"@{step * 30}", "-", input=self.secret + "\n").strip()

    def code(self):
        """A code that was not used yet and is inside the window: now's, the next one, or after a wait."""
        while True:
            now = int(time.time()) // 30
            step = max(now, self.used + 1)
            # The last second of a step is left alone: the machine could be slow.
            if step <= now + 1 and int(time.time()) % 30 < 28:
                self.used = step
                return self.at(step)
            time.sleep(0.5)

    def wrong(self):
        """Six digits that no step near now has."""
        now = int(time.time()) // 30
        near = {self.at(step) for step in range(now - 3, now + 5)}
        return next(code for code in (f"{n:06d}" for n in range(1000)) if code not in near)


def set_up(name):
    """By root, as a script would: the phone and the backup codes."""
    made = json.loads(must("pam-totp", "setup", "-u", name, "--no-confirm", "--json"))
    return Phone(made["secret"]), made["backup_codes"]


class Sshd:
    """A real sshd on loopback, with this stack for its service."""

    def __init__(self, stack, *settings):
        write("/etc/pam.d/sshd", stack + "\n@include common-account\n@include common-session\n")
        os.makedirs("/run/sshd", exist_ok=True)
        key = f"{WORK}/host_key"
        if not os.path.exists(key):
            must("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
        config = f"{WORK}/sshd_config"
        lines = (f"Port {PORT}", "ListenAddress 127.0.0.1", f"HostKey {key}", "UsePAM yes", "StrictModes no",
                 "KbdInteractiveAuthentication yes", "PasswordAuthentication no", "PidFile none",
                 "LogLevel VERBOSE", "MaxStartups 100", "Subsystem sftp internal-sftp", *settings)
        write(config, "\n".join(lines) + "\n")
        must("/usr/sbin/sshd", "-t", "-f", config)
        self.process = subprocess.Popen(["/usr/sbin/sshd", "-D", "-f", config], stderr=subprocess.DEVNULL)
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", int(PORT))) == 0:
                    return
            time.sleep(0.05)
        sys.exit("sshd did not start")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def ssh_argv(name, *command, key=True, options=()):
    argv = ["ssh", "-p", PORT, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
            "-o", "LogLevel=ERROR", "-o", "NumberOfPasswordPrompts=1", "-o", "IdentitiesOnly=yes"]
    argv += ["-i", f"{WORK}/{name}.key"] if key else ["-o", "PubkeyAuthentication=no"]
    for option in options:
        argv += ["-o", option]
    return argv + [f"{name}@127.0.0.1", *command]


def ssh(name, *answers, command="echo in:$(id -un)", key=True, options=()):
    """Logs in, answering each prompt with the next answer. Whether it got in, and all that was seen."""
    session = Session(ssh_argv(name, command, key=key, options=options))
    for answer in answers:
        if not session.expect(r"(?i)(code|password): ?$|assword: |code: "):
            break
        session.type(answer)
    session.finish()
    return f"in:{name}" in session.seen, session.seen


KEY_AND_CODE = ("auth required pam_totp.so", "AuthenticationMethods publickey,keyboard-interactive:pam")
PASSWORD_AND_CODE = ("@include common-auth\nauth required pam_totp.so after=password",
                     "AuthenticationMethods keyboard-interactive:pam")


def run_tests(tests):
    """Runs them in order; the last line counts."""
    passed = failed = 0
    for test in tests:
        try:
            test()
            passed += 1
            print(f"ok   {test.__name__}", flush=True)
        except AssertionError as error:
            failed += 1
            print(f"FAIL {test.__name__}: {error}\n{''.join(read_log()[-2000:])}", flush=True)
    print(f"{passed} passed, {failed} failed", flush=True)
    sys.stdout.flush()
    os._exit(1 if failed else 0)
