# SPDX-License-Identifier: Apache-2.0
"""The recipes of INSTALL.md, taken out of the text and applied as a reader would."""
import contextlib
import os
import re

from bed import REPOSITORY, write
from promises import check

STEP = re.compile(r"(?:In )?`(/etc/[^`]+)`(?:\s*\([^)]*\))?(?:, (in place of|behind) `([^`]+)`)?:\n\n((?:    [^\n]*\n)+)")


applied = set()


def with_a_stack():
    """The headings that change a file of pam.d."""
    with open(f"{REPOSITORY}/INSTALL.md", encoding="utf-8") as file:
        sections = re.split(r"(?m)^## ", file.read())
    return {section.split("\n")[0] for section in sections if any("/pam.d/" in step[0] for step in STEP.findall(section))}


def steps(heading):
    """(file, how, the line that it refers to, text) of each step of a recipe."""
    with open(f"{REPOSITORY}/INSTALL.md", encoding="utf-8") as file:
        sections = re.split(r"(?m)^## ", file.read())
    text = next((section for section in sections if section.startswith(heading + "\n")), None)
    check(text, f"INSTALL.md has no recipe {heading!r}")
    found = [(path, how, line, re.sub("(?m)^    ", "", block)) for path, how, line, block in STEP.findall(text)]
    check(found, f"{heading}: no step that a test understands")
    return found


def apply(heading):
    """Does what the recipe says; gives what undoes it."""
    before = {}
    applied.add(heading)
    for path, how, line, block in steps(heading):
        text = None
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                text = file.read()
        before.setdefault(path, text)
        if how:
            check(text is not None and text.count(f"{line}\n") == 1, f"{path} has not one line {line}:\n{text}")
            block = text.replace(f"{line}\n", block if how == "in place of" else f"{line}\n{block}")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        write(path, block, 0o440 if "sudoers" in path else 0o644)

    def undo():
        for path, text in before.items():
            if text is None:
                os.unlink(path)
            else:
                write(path, text)
    return undo


@contextlib.contextmanager
def in_force(heading):
    undo = apply(heading)
    try:
        yield
    finally:
        undo()
