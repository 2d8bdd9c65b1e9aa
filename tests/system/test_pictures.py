#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The README's pictures show what a person sees: `make pictures` draws them anew."""
import os
import re
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
from scenes import TITLES, all_scenes  # noqa: E402
from screen import read_picture  # noqa: E402
from terminal_picture import draw, is_drawn, words_of  # noqa: E402

PICTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "packaging", "pictures")
ANEW = all_scenes()


def masked(lines):
    """Without what is new each time: codes, the key, backup codes."""
    text = "\n".join(line.replace("\0", "") for line in lines if line and not is_drawn(line))
    text = re.sub(r"\b[0-9a-z]{5}-[0-9a-z]{5}-[0-9a-z]{5}\b", "BACKUP", text)
    return re.sub(r"\b[A-Z2-7]{4}( [A-Z2-7]{1,4}){7}\b", "KEY", re.sub(r"\b[0-9]{6}\b", "CODE", text))


@promise
def the_pictures_show_what_is_on_the_screen():
    for name, lines in ANEW.items():
        with open(f"{PICTURES}/{name}.svg", encoding="utf-8") as file:
            svg = file.read()
        drawn, seen = masked(words_of(svg)), masked(lines)
        check(drawn == seen, f"{name}.svg is not what is seen: make pictures\n{drawn}\n---\n{seen}")
        check(svg == draw_as_kept(svg, name), f"{name}.svg was changed by hand")


def draw_as_kept(svg, name):
    """The head and the foot of a picture are those of today's drawing, whatever is between."""
    today = draw(ANEW[name], TITLES[name])
    head, foot = today.index('<text x="16"'), today.rindex("</svg>")
    return today[:head] + svg[svg.index('<text x="16"'):svg.rindex("</svg>")] + today[foot:]


def pixels_of(svg):
    """The light cells on a dark page, a pixel a unit."""
    width, height = map(int, re.search(r'viewBox="0 0 (\d+) (\d+)"', svg).groups())
    page = bytearray(width * height)
    for lit in re.findall(r'<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/>', svg):
        x, y, wide, high = map(float, lit)
        left, right = round(x), round(x + wide)
        for at in range(round(y), round(y + high)):
            page[at * width + left:at * width + right] = b"\xff" * (right - left)
    return b"P5 %d %d 255\n" % (width, height) + page


@promise
def a_phone_reads_the_picture():
    with open(f"{PICTURES}/setup.svg", encoding="utf-8") as file:
        svg = file.read()
    key = re.search(r"[A-Z2-7]{4}(?: [A-Z2-7]{1,4}){7}", "\n".join(words_of(svg))).group().replace(" ", "")
    with tempfile.NamedTemporaryFile(suffix=".pgm") as picture:
        picture.write(pixels_of(svg))
        picture.flush()
        check(f"secret={key}" in read_picture(picture.name), "another key than the one beside it")


keep_all()
