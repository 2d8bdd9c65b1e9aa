#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A real FreeRADIUS that calls the module for other hosts, asked by radclient and by pam_radius_auth."""
import os
import socket
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
import recipes  # noqa: E402
from bed import CONF, PROMPT, Bed, run, write  # noqa: E402
from results import let_in, refused  # noqa: E402
from sshd import Sshd  # noqa: E402
from unpacked import Daemon, bring  # noqa: E402

SERVER, CLIENT = "FreeRADIUS: one host checks for many", "The hosts that ask FreeRADIUS"
FAILLOCK = "pam_faillock beside it"
ADDRESS, PORT = "192.0.2.5", 1812  # as the text has it
SECRET = "the-secret-of-this-host"
CONFIG = "/etc/freeradius/3.0"
# What Debian's postinst switches on, as far as a request comes to it or the configuration names it.
MODULES = ("always", "attr_filter", "expr", "files", "pap", "preprocess", "realm", "unix")

PACKAGES = ("freeradius", "freeradius-common", "freeradius-config", "freeradius-utils", "libfreeradius3", "libtalloc2",
            "libct4", "libwbclient0", "libpcap0.8", "libpam-radius-auth")

bed = Bed()
said_by_radiusd = []
anna = bed.setup_user(bed.add_user("anna"), "--hotp")


class Radius:
    """As Debian installs it, with the recipe in force."""

    def __init__(self, *more):
        self.headings = (SERVER, *more)

    def __enter__(self):
        bring(*PACKAGES)
        for name in (*(f"mods-enabled/{module}" for module in MODULES), "sites-enabled/default"):
            if not os.path.lexists(f"{CONFIG}/{name}"):
                os.symlink("../" + name.replace("enabled", "available"), f"{CONFIG}/{name}")
        for directory in ("/run/freeradius", "/var/log/freeradius"):
            os.makedirs(directory, exist_ok=True)
        with open(f"{CONFIG}/clients.conf", "a", encoding="utf-8") as file:
            file.write(f"client this {{\n\tipaddr = {ADDRESS}\n\tsecret = {SECRET}\n}}\n")
        self.recipes = recipes.in_force(*self.headings)
        self.recipes.__enter__()
        self.daemon = Daemon(["/usr/sbin/freeradius", "-f", "-l", "stdout"], PORT, ADDRESS, socket.SOCK_DGRAM)
        return self.daemon

    def __exit__(self, *_):
        self.daemon.stop()
        said_by_radiusd.append(self.daemon.said())
        self.recipes.__exit__(None, None, None)


def accepts(name, typed):
    """One request, as radtest makes it, and not sent again."""
    asked = f'User-Name = "{name}", User-Password = "{typed}", NAS-IP-Address = {ADDRESS}, Message-Authenticator = 0x00\n'
    write("/run/radius-secret", SECRET, 0o600)
    said = run("radclient", "-r", "1", "-t", "30", "-S", "/run/radius-secret", f"{ADDRESS}:{PORT}", "auth", input=asked,
               check=False)
    check(("Access-Accept" in said.stdout) != ("Access-Reject" in said.stdout), said)
    return "Access-Accept" in said.stdout


@promise
def radius_takes_the_password_with_the_code_behind_it_and_nothing_less():
    with Radius():
        check(accepts("anna", anna.password + anna.phone.take()), "the right password and code")
        for typed in (anna.password + anna.phone.spent(), anna.password + anna.phone.wrong(), "no" + anna.phone.take(),
                      anna.password, anna.phone.take(), ""):
            check(not accepts("anna", typed), "something else")
        check(accepts("anna", anna.password + anna.backup_codes[0]), "a backup code")
        check(not accepts("nobody-at-all", "no123456"), "nobody")


@promise
def radius_lets_in_who_has_nothing_set_up_only_where_a_rule_says_so():
    ulf = bed.add_user("ulf")
    with Radius():
        check(not accepts("ulf", ulf.password) and not accepts("ulf", ulf.password + "123456"), "without a code")
        write(CONF, "if-enrolled service=radiusd from=none\n")
        check(accepts("ulf", ulf.password) and not accepts("ulf", "no"), "the password alone")
        os.unlink(CONF)


@promise
def a_host_that_asks_radius_takes_a_code_once_and_beside_pam_faillock_too():
    one_field = r"(?i)password[^\n]*: "
    with Radius(FAILLOCK, CLIENT):
        os.chmod("/etc/pam_radius_auth.conf", 0o600)
        server = Sshd(2341, "keyboard-interactive:pam").start()
        let_in(server.login(anna, (one_field, anna.password + anna.phone.take()), key=False), "anna")
        said = refused(server.login(anna, (one_field, anna.password + anna.phone.spent()), key=False))
        check(PROMPT not in said, said)
        for _ in range(3):
            check(not accepts("anna", "no" + anna.phone.take()), "a wrong password")
        refused(server.login(anna, (one_field, anna.password + anna.phone.take()), key=False))
        run("faillock", "--user", "anna", "--reset")
        let_in(server.login(anna, (one_field, anna.password + anna.phone.take()), key=False), "anna")
        server.stop()


@promise
def nothing_secret_is_in_a_log():
    bring(*PACKAGES)
    said = "\n".join(bed.syslog.lines + said_by_radiusd)
    check("verdict=accepted service=radiusd" in said and "Ready to process requests" in said, said)
    bed.nothing_secret_in(said)


if __name__ == "__main__":
    run("ip", "address", "add", f"{ADDRESS}/32", "dev", "lo")
    keep_all()
