#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`report` says of everybody what their login comes to: the same that the module does."""
import json
import os
import pwd
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
import libpam  # noqa: E402
from bed import CONF, STORE, Bed, as_user, run, write  # noqa: E402
from libpam import SUCCESS  # noqa: E402
from own import REFUSED  # noqa: E402

SERVICE = "known"
RULES = """skip user=robot until=2100-12-31 reason="backup hosts"
enroll group=staff defer=2100-01-31
if-enrolled group=guests
require
"""
bed = Bed()
write(f"/etc/pam.d/{SERVICE}", "auth required pam_totp.so after=password\n")
for group in ("staff", "guests"):
    run("groupadd", "-f", group)
cora = bed.setup_user(bed.add_user("cora"), "--hotp")
people = {name: bed.add_user(name) for name in ("robot", "erna", "gast", "rita")}
run("usermod", "-aG", "staff", "erna")
run("usermod", "-aG", "guests", "gast")
write(CONF, RULES)
WANTED = {"cora": "covered", "robot": "exempt", "erna": "enrolling", "gast": "open", "rita": "refused"}


def report(*words, status=0):
    said = bed.tool("report", "--service", SERVICE, *words, "--json")
    check(said.returncode == status, said)
    return json.loads(said.stdout)


def rows(*words, **more):
    return {row["user"]: row for row in report(*words, **more)["users"]}


@promise
def says_of_everybody_what_the_login_comes_to():
    told = rows()
    for name, login in WANTED.items():
        check(told[name]["login"] == login, told[name])
        answer = cora.phone.take() if name == "cora" else ""
        got_in = libpam.authenticate(SERVICE, name, answer).code == SUCCESS
        check(got_in == (login != "refused"), f"{name}: {login}, and the module says otherwise")
    check(told["robot"]["rule"]["reason"] == "backup hosts" and told["robot"]["rule"]["until"] == "2100-12-31", told)
    check(told["erna"]["rule"]["defer"] == "2100-01-31" and told["rita"]["error"] == "no_record", told)


@promise
def the_sum_is_of_all_that_are_shown():
    facts = report()
    for login, count in facts["sum"].items():
        check(count == sum(row["login"] == login for row in facts["users"]), facts)
    listed = {entry.pw_name for entry in pwd.getpwall()}
    check(len(facts["users"]) + facts["without_shell"] == len(listed), facts)
    everybody = report("--all")
    check({row["user"] for row in everybody["users"]} == listed and everybody["without_shell"] == 0, everybody)


@promise
def people_read_a_table_with_the_rule_and_its_day():
    said = bed.tool("report", "--service", SERVICE)
    line = {words[0]: words for words in map(str.split, said.stdout.splitlines()) if words}
    check(line["robot"][1:] == ["exempt", "2100-12-31", f"{CONF}:1", "(backup", "hosts)"], said.stdout)
    check(line["erna"][1:] == ["sets", "up", "2100-01-31", f"{CONF}:2"], said.stdout)
    check(line["cora"][1:] == ["covered", "-", f"{CONF}:4"], said.stdout)
    check("without a login shell" in said.stdout, said.stdout)


@promise
def of_a_group_those_alone_who_are_in_it():
    run("usermod", "-g", "staff", "rita")
    check(set(rows("--group", "staff")) == {"erna", "rita"}, rows("--group", "staff"))
    run("usermod", "-g", "users", "rita")
    facts = report("--group", "stuff", status=REFUSED)
    check(facts["error"] == "group_missing", facts)


@promise
def an_unreadable_record_and_an_unknown_group_are_refusals():
    lost = bed.setup_user(bed.add_user("lost"), "--hotp")
    credential = next(name for name in os.listdir(STORE) if name.startswith("lost."))
    os.truncate(f"{STORE}/{credential}", 100)
    told = rows()
    check(told["lost"]["login"] == "refused" and told["lost"]["error"] == "credential_damaged", told["lost"])
    write(CONF, "skip group=nobody-has-it\nrequire\n")
    told = rows()
    check(all(row["login"] == "refused" and row["error"] == "group_unknown" for row in told.values()), told)
    write(CONF, RULES)
    check(libpam.authenticate(SERVICE, "lost", lost.phone.take()).code != SUCCESS, "the module read it")
    bed.tool("remove", "--all", "-u", "lost")


@promise
def who_must_set_up_anew_is_told_apart():
    mina = bed.setup_user(bed.add_user("mina"), "--hotp")
    check(bed.tool("recover", "-u", "mina").returncode == 0, "recover")
    row = rows()["mina"]
    check(row["login"] == "enrolling" and row["error"] == "recovering", row)
    facts = json.loads(bed.tool("explain", "-u", "mina", "--json").stdout)
    check(facts["enrolled"] is False and facts["gets_in"] == "with_set_up", facts)
    check("must set up anew" in bed.tool("explain", "-u", "mina").stdout, "explain")
    check(libpam.authenticate(SERVICE, "mina", mina.phone.take()).code != SUCCESS, "the old phone")


@promise
def root_alone_sees_it():
    said = run(*as_user("rita", "pam-totp", "report"), check=False)
    check(said.returncode == REFUSED and "only root" in said.stderr and "cora" not in said.stdout, said)


keep_all()
