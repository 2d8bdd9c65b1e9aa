# SPDX-License-Identifier: Apache-2.0
"""The man pages, as far as a test reads them."""
import json
import re

import source
from promises import check

PAGES = {name: f"packaging/man/{name}" for name in ("pam-totp.1", "pam_totp.8", "pam_totp.conf.5", "pam_totp_helper.8")}


def plain(line):
    """A line of roff as it reads: without requests for fonts."""
    line = re.sub(r"\\f[A-Z]", "", line).replace(r"\-", "-").replace(r"\(bu", "*")
    fonts = re.match(r"\.(B|I|BI|BR|IR|RI|RB) (.*)", line)
    if not fonts:
        return line
    parts = [whole or part for whole, part in re.findall(r'"([^"]*)"|(\S+)', fonts.group(2))]
    return (" " if len(fonts.group(1)) == 1 else "").join(parts)


def read(page):
    return "\n".join(plain(line) for line in source.text(PAGES[page]).split("\n") if not line.startswith(r".\""))


def section(page, name):
    """From one heading (.SH or .SS) to the next of its kind."""
    found = re.search(rf"^\.(S[HS]) {re.escape(name)}\b.*?\n(.*?)(?=^\.SH |^\.\1 |\Z)", read(page), re.S | re.M)
    check(found, f"{page} has no section {name}")
    return found.group(2)


def heads(text):
    """What a list explains: the lines behind .TP and .TQ."""
    return re.findall(r"^\.T[PQ]\n(.*)", text, re.M)


def first_words(text):
    return {word for head in heads(text) for word in re.findall(r"[\w.-]+", head)[:1]}


def examples(text):
    """What stands between .EX and .EE."""
    return re.findall(r"^\.EX\n(.*?)\n\.EE$", text, re.S | re.M)


def objects():
    """The JSON that each command prints, by its name; of a refusal by None."""
    text = section("pam-totp.1", "JSON")
    found = {}
    for part in re.split(r"^\.(?=TP$|PP$)", text, flags=re.M):
        for example in examples(part):
            name = (heads("." + part) or [None])[0]
            found[name] = json.loads(re.sub(r", \.\.\.(?=[\]}])", "", example))
    return found
