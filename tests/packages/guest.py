# SPDX-License-Identifier: Apache-2.0
"""A clean Debian in a chroot of the sandbox, with the packages of this project to install: see chroots."""
import contextlib
import glob
import json
import os
import shutil
import signal

import screen
from bed import BUILD, HOST, REPOSITORY, Person, Syslog, as_user, run, write
from phone import Counting, Phone
from promises import Skip, check, promise
from ptydrive import Driven, drive

RELEASES = {"bookworm": "Debian 12", "trixie": "Debian 13"}
ROOM = "/run/guests"
ENVIRONMENT = ("env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root",
               "LC_ALL=C.UTF-8", "TERM=xterm", "DEBIAN_FRONTEND=noninteractive")
KEY, STORE, CONF = "/etc/security/pam_totp.key", "/var/lib/pam_totp", "/etc/security/pam_totp.conf"
PROFILE = "/usr/share/pam-configs/totp"
PROOF = "Code that the app shows now: "

open_guests = []


def packages(directory="packages"):
    found = sorted(glob.glob(f"{REPOSITORY}/build/{directory}/*.deb"))
    found = [path for path in found if "dbgsym" not in path]
    if len(found) != 2:
        raise Skip(f"build/{directory} holds no packages: make deb")
    return found


def on_each(function):
    """A promise for each Debian, in a guest of its own that nothing was installed in yet."""
    for release in RELEASES:
        def kept(release=release):
            with fresh(release) as guest:
                function(guest)
        kept.__name__ = f"{function.__name__}_on_{release}"
        promise(kept)
    return function


def unpacked(release):
    tar, place = f"{REPOSITORY}/{BUILD}/chroots/{release}.tar", f"{ROOM}/{release}"
    if not os.path.isdir(place):
        if not os.path.exists(tar):
            raise Skip(f"no {tar}: tests/packages/chroots makes it")
        os.makedirs(place)
        run("tar", "-C", place, "--exclude=./dev/*", "-xf", tar)
    return place


@contextlib.contextmanager
def fresh(release, below=None):
    """`below`: another guest, whose disk is copied, as an image's is."""
    guest = Guest(release, below)
    open_guests.append(guest)
    try:
        yield guest
    finally:
        open_guests.remove(guest)
        guest.close()


class Guest:
    """One Debian: its disk, its people, its sshd. Everything runs inside it, and ptydrive at its terminals."""
    syslog, count = None, 0

    def __init__(self, release, below=None):
        Guest.count += 1
        Guest.syslog = Guest.syslog or Syslog()
        self.release, self.port, self.sshd = release, 2400 + Guest.count, None
        self.place, self.root = f"{ROOM}/{Guest.count}", f"{ROOM}/{Guest.count}/root"
        self._mount(below)
        run("hostname", HOST)
        self.write("/etc/hosts", f"127.0.0.1 localhost {HOST}\n")
        self.write("/run/utmp", "", 0o664)

    def _mount(self, below):
        for name in ("upper", "work", "root"):
            os.makedirs(f"{self.place}/{name}")
        if below:
            run("cp", "-a", f"{below.place}/upper", self.place)
        layers = f"lowerdir={unpacked(self.release)},upperdir={self.place}/upper,workdir={self.place}/work"
        run("mount", "-t", "overlay", "-o", layers, "overlay", self.root)
        run("mount", "-t", "proc", "proc", self.path("/proc"))
        run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", self.path("/run"))
        run("mount", "--rbind", "/dev", self.path("/dev"))

    def close(self):
        """Ends all that runs in it."""
        for link in glob.glob("/proc/[0-9]*/root"):
            try:
                if os.readlink(link) == self.root:
                    os.kill(int(link.split("/")[2]), signal.SIGKILL)
            except OSError:
                pass
        if self.sshd:
            self.sshd.wait(10)
        run("umount", "-R", "-l", self.root)
        shutil.rmtree(self.place)

    def again(self):
        """Another guest that begins with what is on this one's disk now."""
        return fresh(self.release, self)

    def path(self, inside):
        return self.root + inside

    def read(self, inside):
        with open(self.path(inside), encoding="utf-8") as file:
            return file.read()

    def write(self, inside, text, mode=0o644):
        write(self.path(inside), text, mode)

    def exists(self, inside):
        return os.path.lexists(self.path(inside))

    def argv(self, *words):
        return ["chroot", self.root, *ENVIRONMENT, *words]

    def run(self, *words, **more):
        return run(*self.argv(*words), **more)

    def drive(self, words, answers=(), **more):
        return drive(self.argv(*words), answers, **more)

    def begin(self, *words):
        return Driven(self.argv(*words))

    # Packages

    def bring(self, directory="packages"):
        """The packages, where apt finds them; their names in the guest."""
        place = self.path(f"/root/{directory}")
        os.makedirs(place, exist_ok=True)
        return [f"/root/{directory}/" + os.path.basename(shutil.copy(deb, place)) for deb in packages(directory)]

    def apt(self, *words, **more):
        """Without a network: what the packages depend on is there already."""
        return self.run("apt-get", "-y", "-q", "--no-install-recommends", *words, **more)

    def install(self, directory="packages", *words):
        return self.apt(*words, "install", *self.bring(directory))

    def installed(self):
        """Each of our packages and its state, as dpkg has it."""
        said = self.run("dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", "pam-totp", "libpam-totp", check=False)
        return dict(line.split()[:2] for line in said.stdout.splitlines())

    def version(self):
        return self.run("dpkg-query", "-W", "-f", "${Version}", "libpam-totp").stdout

    def whole(self):
        states = self.installed()
        check(states == {"pam-totp": "installed", "libpam-totp": "installed"}, states)
        check(self.run("dpkg", "--audit").stdout == "", "dpkg --audit is not content")

    # People

    def add_user(self, name):
        self.run("useradd", "-m", "-s", "/bin/sh", "-U", name)
        person = Person(name, f"Pass-of-{name}")
        self.set_password(name, person.password)
        self.write(f"/home/{name}/.profile", 'PS1="in:\\$ "\n')
        self.write(f"/etc/sudoers.d/{name}", f"Defaults:{name} timestamp_timeout=0\n{name} ALL=(ALL) ALL\n", 0o440)
        return person

    def set_password(self, name, password):
        self.run("chpasswd", input=f"{name}:{password}\n")

    def person(self, name):
        """With a counter on the phone: many logins within a step of the clock."""
        return self.set_up(self.add_user(name))

    def set_up(self, person):
        """By root, as an administrator's script does."""
        facts = json.loads(self.tool("setup", "-u", person.name, "--no-confirm", "--hotp", "--json").stdout)
        person.phone, person.backup_codes = Counting(facts["secret"]), list(facts["backup_codes"])
        return person

    def enrol(self, person):
        """By themselves at a terminal, as the first page says."""
        def proof(seen):
            person.phone = Phone(screen.key_on(seen))
            return person.phone.fresh()
        transcript, status = self.drive(as_user(person.name, "env", "LC_ALL=C.UTF-8", "TERM=xterm", "pam-totp", "setup"),
                                        [(PROOF, proof)])
        check(status == 0, transcript)
        person.backup_codes = screen.backup_codes_on(transcript)
        return person

    def tool(self, *words, status=0, **more):
        said = self.run("pam-totp", *words, check=False, **more)
        check(said.returncode == status, f"{words}: {said.returncode}\n{said.stdout}{said.stderr}")
        return said
