#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Display managers: Debian's own PAM files with the recipes in force, and a real greetd asked as greeters do."""
import json
import os
import socket
import struct
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
import libpam  # noqa: E402
import recipes  # noqa: E402
from bed import Bed, run, write  # noqa: E402
from libpam import SUCCESS  # noqa: E402
from ptydrive import Driven  # noqa: E402
from unpacked import bring  # noqa: E402

PASSWORD, CODE, ONE_FIELD = "Password: ", "Verification code: ", "Password & verification code: "
TWO_PROMPTS, ONE_PROMPT = "A display manager: gdm, lightdm", "A display manager with one field: sddm"
FAILLOCK = "pam_faillock beside it"

bed = Bed()


def person(name):
    return bed.setup_user(bed.add_user(name), "--hotp")


def gets_in(service, someone, *answers, prompts):
    login = libpam.authenticate(service, someone.name, *answers)
    # Before the question stands why the last answer was refused.
    check([prompt.split("\n")[-1] for prompt in login.prompts] == prompts, login)
    return login.code == SUCCESS


def two_prompts(service, someone):
    """Who gets in where password and code are asked for one after the other."""
    asked = {"prompts": [PASSWORD, CODE]}
    check(gets_in(service, someone, someone.password, someone.phone.take(), **asked), service)
    check(not gets_in(service, someone, someone.password, someone.phone.spent(), **asked), service)
    check(not gets_in(service, someone, someone.password, someone.phone.wrong(), **asked), service)
    check(not gets_in(service, someone, "no", someone.phone.next(), prompts=[PASSWORD]), service)


def one_prompt(service, someone):
    check(gets_in(service, someone, someone.password + someone.phone.take(), prompts=[ONE_FIELD]), service)
    for typed in (someone.password + someone.phone.spent(), someone.password + someone.phone.wrong(), someone.password,
                  "no" + someone.phone.take(), someone.phone.take()):
        check(not gets_in(service, someone, typed, prompts=[ONE_FIELD]), service)


@promise
def gdm_and_lightdm_ask_for_the_password_and_then_for_the_code():
    bring("gdm3", "lightdm")
    with recipes.in_force(TWO_PROMPTS):
        two_prompts("gdm-password", person("gerd"))
        two_prompts("lightdm", person("lisa"))


@promise
def sddm_takes_both_in_one_field():
    bring("sddm")
    with recipes.in_force(ONE_PROMPT):
        one_prompt("sddm", person("sven"))


@promise
def beside_pam_faillock_a_locked_account_is_not_let_in_by_any():
    bring("gdm3", "lightdm", "sddm")
    with recipes.in_force(FAILLOCK, TWO_PROMPTS, ONE_PROMPT):
        mia = person("mia")
        two_prompts("lightdm", mia)
        one_prompt("sddm", mia)
        run("faillock", "--user", "mia", "--reset")
        for _ in range(3):
            check(not gets_in("gdm-password", mia, "no", prompts=[PASSWORD]), "a wrong password")
        for service in ("gdm-password", "lightdm"):
            check(not gets_in(service, mia, mia.password, mia.phone.next(), prompts=[]), service)
        check(not gets_in("sddm", mia, mia.password + mia.phone.take(), prompts=[ONE_FIELD]), "sddm")


class Greeter:
    """Speaks to greetd as a greeter does: JSON behind its length."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)

    def ask(self, **request):
        text = json.dumps(request).encode()
        self.socket.sendall(struct.pack("=I", len(text)) + text)
        length, = struct.unpack("=I", self.socket.recv(4, socket.MSG_WAITALL))
        return json.loads(self.socket.recv(length, socket.MSG_WAITALL))

    def login(self, someone, *answers):
        """What was asked for, and what came of it. What is only told is answered by nothing."""
        prompts, answers, said = [], list(answers), self.ask(type="create_session", username=someone.name)
        while said["type"] == "auth_message":
            is_asked = said["auth_message_type"] in ("secret", "visible")
            if is_asked and not answers:
                break
            if is_asked:
                prompts.append(said["auth_message"].split("\n")[-1])
            said = self.ask(type="post_auth_message_response", response=answers.pop(0) if is_asked else None)
        self.ask(type="cancel_session")
        return prompts, said["type"]


@promise
def greetd_asks_for_the_password_and_then_for_the_code():
    bring("greetd")
    tells = 'echo "$GREETD_SOCK" >/tmp/greeter.new\nmv /tmp/greeter.new /tmp/greeter\nexec sleep 600\n'
    write("/usr/local/bin/waits", f"#!/bin/sh\n{tells}", 0o755)
    greta, greeter = person("greta"), bed.add_user("greeter")
    session = f'command = "waits"\nuser = "{greeter.name}"\n'
    write("/etc/greetd/config.toml", f'[terminal]\nvt = "none"\n[default_session]\n{session}')
    with recipes.in_force("login"):
        greetd = Driven(["/usr/sbin/greetd"])
        until = time.monotonic() + 30
        while not os.path.exists("/tmp/greeter") and time.monotonic() < until:
            time.sleep(0.05)
        check(os.path.exists("/tmp/greeter"), greetd.seen)
        with open("/tmp/greeter", encoding="ascii") as file:
            path = file.read().strip()
        login = Greeter(path).login
        for password, code, wanted in ((greta.password, greta.phone.take(), ([PASSWORD, CODE], "success")),
                                       (greta.password, greta.phone.spent(), ([PASSWORD, CODE], "error")),
                                       ("no", greta.phone.next(), ([PASSWORD], "error"))):
            found = login(greta, password, code)
            check(found == wanted, (wanted, found, greetd.seen))
        greetd.end()


if __name__ == "__main__":
    keep_all()
