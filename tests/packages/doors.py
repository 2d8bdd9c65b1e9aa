# SPDX-License-Identifier: Apache-2.0
"""The ways into a guest: real sshd, sudo, su and login, each with a password and, where it asks, a code."""
import os
import socket
import subprocess
import time

from bed import HOST, PROMPT, as_user, write
from promises import check
from ptydrive import Driven
from results import let_in, refused

CTRL_C = b"\x03"
PASSWORD = r"(?i)password[^\n]*: "
IN = "echo in as $(id -un)"
CLIENT = "/root/.ssh/client"
ALL = ("sshd", "sudo", "su", "login")


def start_sshd(guest):
    """Debian's own settings; the port alone is the test's. Its client has a key of its own."""
    os.makedirs(guest.path("/run/sshd"), exist_ok=True)
    os.makedirs(guest.path("/root/.ssh"), mode=0o700, exist_ok=True)
    if not guest.exists(CLIENT):
        guest.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", CLIENT)
    options = [f"ListenAddress=127.0.0.1:{guest.port}", "PidFile=/run/sshd.pid", "LogLevel=VERBOSE"]
    # Newer servers shut out an address after a few refusals: all of these come from one.
    if guest.run("/usr/sbin/sshd", "-t", "-o", "PerSourcePenalties=no", check=False).returncode == 0:
        options.append("PerSourcePenalties=no")
    words = [word for option in options for word in ("-o", option)]
    with open(f"{guest.place}/sshd.log", "ab") as log:
        guest.sshd = subprocess.Popen(guest.argv("/usr/sbin/sshd", "-D", "-e", *words), stdin=subprocess.DEVNULL,
                                      stdout=log, stderr=log)
    wait_for_sshd(guest)


def wait_for_sshd(guest):
    for _ in range(500):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", guest.port)) == 0:
                return
        check(guest.sshd.poll() is None, "sshd has ended")
        time.sleep(0.02)
    raise AssertionError("sshd does not listen")


def later(guest):
    """A login counts from the second after a change; sshd may be on its way into its new settings."""
    time.sleep(1.1)
    wait_for_sshd(guest)


def authorize(guest, person):
    """Lets the client's key in as this person."""
    home = f"/home/{person.name}/.ssh"
    guest.run("install", "-d", "-m", "700", "-o", person.name, "-g", person.name, home)
    write(guest.path(f"{home}/authorized_keys"), guest.read(f"{CLIENT}.pub"))


def open_to(guest, person):
    """An sshd that knows the person's key."""
    if not guest.sshd:
        start_sshd(guest)
    authorize(guest, person)
    return person


def ssh_words(guest, person, command=IN):
    return ["ssh", "-F", "none", "-i", CLIENT, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
            "-o", "LogLevel=ERROR", "-o", "NumberOfPasswordPrompts=1", "-p", str(guest.port), f"{person.name}@127.0.0.1", command]


def ssh(guest, person, *answers):
    return guest.drive(ssh_words(guest, person), answers)


def sudo(guest, person, *answers):
    """It asks up to three times: whoever has no more answers gives up by Ctrl-C."""
    return guest.drive(as_user(person.name, "sudo", "sh", "-c", IN), [*answers, (f"{PASSWORD}|{PROMPT}", CTRL_C)])


def su(guest, person, *answers):
    """To the person, from an account of no consequence."""
    return guest.drive(as_user("daemon", "su", person.name, "-c", IN), answers)


def login(guest, person, *answers):
    """login(1) asks for a name again after a refusal; (transcript, 0 for a shell)."""
    session = Driven(guest.argv("login"))
    asked = f"{HOST} login: "
    for regex, answer in [(asked, person.name), *answers]:
        if not session.expect(regex):
            break
        session.answer(answer)
    got_in = session.expect(rf"in:\$ |{asked}") and session.seen.endswith("in:$ ")
    session.end()
    return session.seen + (f"\nin as {person.name}" if got_in else ""), 0 if got_in else 1


def answers_of(door, person, code):
    """ssh proves the person by a key, as the first page says; the others ask for the password."""
    return ([] if door == "sshd" else [(PASSWORD, person.password)]) + ([(PROMPT, code)] if code else [])


def through(door, guest, person, code=None):
    way = {"sshd": ssh, "sudo": sudo, "su": su, "login": login}[door]
    return way(guest, person, *answers_of(door, person, code))


def lets_in(door, guest, person, code=None):
    """With a code, or where none is given, without being asked for one."""
    transcript = let_in(through(door, guest, person, code), "root" if door == "sudo" else person.name)
    check((PROMPT in transcript) == (code is not None), f"{door}:\n{transcript}")
    return transcript


def all_let_in(guest, person):
    for door in ALL:
        lets_in(door, guest, person)


def asks(door, guest, person):
    """The right code lets in, and a wrong one, or none, does not."""
    wrong = refused(through(door, guest, person, person.phone.wrong()))
    check(PROMPT in wrong, f"{door} asked for no code:\n{wrong}")
    lets_in(door, guest, person, lambda _: person.phone.take())


def switch_on(door, guest, person):
    """As the first page says: enable, a login with a code, and only then it is kept."""
    guest.tool("enable", door, "--yes")
    later(guest)
    lets_in(door, guest, person, lambda _: person.phone.take())
    guest.tool("keep")
