#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A real daemon that takes a name and one password: the code stands behind the password."""
import ftplib
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
import recipes  # noqa: E402
from bed import CONF, Bed, run, write  # noqa: E402
from unpacked import Daemon, bring  # noqa: E402

VSFTPD, FAILLOCK, PORT = "A service with one field: vsftpd", "pam_faillock beside it", 2121

PACKAGES = ("vsftpd", "libwrap0", "libnsl2", "libtirpc3")

bed = Bed()


class Vsftpd:
    """As Debian has it, with the recipe in force."""

    def __init__(self, *more):
        self.headings = (VSFTPD, *more)

    def __enter__(self):
        bring(*PACKAGES)
        os.makedirs("/run/vsftpd/empty", exist_ok=True)
        self.recipes = recipes.in_force(*self.headings)
        self.recipes.__enter__()
        self.daemon = Daemon(["/usr/sbin/vsftpd", "/etc/vsftpd.conf", "-obackground=NO", f"-olisten_port={PORT}",
                              "-olisten_ipv6=NO", "-olisten=YES", "-olisten_address=127.0.0.1"], PORT)

    def __exit__(self, *_):
        self.daemon.stop()
        self.recipes.__exit__(None, None, None)


def person(name):
    return bed.setup_user(bed.add_user(name), "--hotp")


def gets_in(someone, typed):
    with ftplib.FTP() as ftp:
        ftp.connect("127.0.0.1", PORT, timeout=60)
        try:
            ftp.login(getattr(someone, "name", someone), typed)
        except ftplib.error_perm as why:
            check(str(why).startswith("530"), why)
            return False
        check(ftp.pwd() == f"/home/{someone.name}", ftp.pwd())
        return True


@promise
def vsftpd_takes_the_password_with_the_code_behind_it_and_nothing_less():
    anna = person("anna")
    with Vsftpd():
        check(gets_in(anna, anna.password + anna.phone.take()), "the right password and code")
        for typed in (anna.password + anna.phone.spent(), anna.password + anna.phone.wrong(), "no" + anna.phone.take(),
                      anna.password, anna.phone.take()):
            check(not gets_in(anna, typed), "something else")
        check(gets_in(anna, anna.password + anna.backup_codes[0]), "a backup code")
        check(not gets_in(anna, anna.password + anna.backup_codes[0]), "a backup code again")


@promise
def vsftpd_lets_in_who_has_nothing_set_up_only_where_a_rule_says_so():
    ulf = bed.add_user("ulf")
    with Vsftpd():
        for typed in (ulf.password, ulf.password + "123456"):
            check(not gets_in(ulf, typed), "without a code")
        write(CONF, "if-enrolled\n")
        check(gets_in(ulf, ulf.password), "the password alone")
        check(not gets_in(ulf, "no") and not gets_in("nobody-at-all", "no123456"), "something else")
        os.unlink(CONF)


@promise
def vsftpd_beside_pam_faillock_is_locked_by_wrong_passwords_and_not_by_wrong_codes():
    bert = person("bert")
    with Vsftpd(FAILLOCK):
        for _ in range(3):
            check(not gets_in(bert, bert.password + bert.phone.wrong()), "a wrong code")
        check(gets_in(bert, bert.password + bert.phone.take()), "after wrong codes")
        for _ in range(3):
            check(not gets_in(bert, "no" + bert.phone.take()), "a wrong password")
        check(not gets_in(bert, bert.password + bert.phone.take()), "a locked account")
        run("faillock", "--user", "bert", "--reset")
        check(gets_in(bert, bert.password + bert.phone.take()), "unlocked")


@promise
def nothing_secret_is_in_the_log():
    bring(*PACKAGES)
    said = "\n".join(bed.syslog.lines)
    check("verdict=accepted service=vsftpd" in said, said)
    bed.nothing_secret_in(said)


if __name__ == "__main__":
    keep_all()
