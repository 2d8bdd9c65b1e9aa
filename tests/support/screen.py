# SPDX-License-Identifier: Apache-2.0
"""Reads what pam-totp drew on a terminal, as a person and a phone would."""
import os
import re
import subprocess
import tempfile

from promises import check

SCALE, MARGIN = 6, 4  # pixels a module, and modules of black screen around the picture
LIGHT = {"█": (1, 1), "▀": (1, 0), "▄": (0, 1), " ": (0, 0)}  # upper and lower half, in a bright colour on black


def plain(transcript):
    """Without the terminal's colour sequences."""
    return re.sub(r"\x1b\[[0-9;]*m", "", transcript)


def key_on(transcript):
    """The key in groups of four, typed off the screen; it may go over several lines, behind a text in any language."""
    found = re.search(r":\n((?: {4}[A-Z2-7]{4}(?: [A-Z2-7]{1,4})*\n)+)", plain(transcript))
    check(found, "no key on the screen:\n" + transcript)
    return "".join(found.group(1).split())


def backup_codes_on(transcript):
    return re.findall(r"\b[0-9a-z]{5}-[0-9a-z]{5}-[0-9a-z]{5}\b", plain(transcript))


def qr_lines(transcript):
    lines = [line.rstrip("\r") for line in plain(transcript).split("\n")]
    return [line for line in lines if len(line) > 20 and not line.strip("█▀▄ ") and line.strip()]


def scan(transcript):
    """What a phone's camera reads in the QR code on the screen."""
    lines = qr_lines(transcript)
    check(len(lines) > 10, "no QR code on the screen:\n" + transcript)
    width = max(map(len, lines)) + 2 * MARGIN
    rows = [[0] * width for _ in range(MARGIN)]
    for line in lines:
        cells = [LIGHT[cell] for cell in " " * MARGIN + line.ljust(width - MARGIN)]
        rows += [[upper for upper, _ in cells], [lower for _, lower in cells]]
    rows += [[0] * width for _ in range(MARGIN)]
    pixels = b"".join(bytes(255 * cell for cell in row for _ in range(SCALE)) * SCALE for row in rows)
    with tempfile.NamedTemporaryFile(suffix=".pgm") as picture:
        picture.write(b"P5 %d %d 255\n" % (width * SCALE, len(rows) * SCALE) + pixels)
        picture.flush()
        return read_picture(picture.name)


def read_picture(path):
    said = subprocess.run(["zbarimg", "-q", "--raw", path], text=True, capture_output=True, check=False,
                          env={**os.environ, "DBUS_SESSION_BUS_ADDRESS": "none:"})
    check(said.returncode == 0, f"zbarimg reads nothing in {path}: {said.stderr}")
    return said.stdout.strip()
