# SPDX-License-Identifier: Apache-2.0
"""A terminal's text as an SVG. Each cell of a QR code is drawn, since a font leaves gaps between its half blocks."""
from html import escape, unescape
import re

WIDE, HIGH, BASE, EDGE, BAR = 8.4, 17, 13, 16, 34  # pixels: a cell, its baseline, the margin, the title bar
HALVES = {"█": (0, 2), "▀": (0, 1), "▄": (1, 1)}  # from which half of a cell, and how many
STYLE = ("text { font: 14px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; fill: #e6edf3; white-space: pre }"
         " .bar { fill: #9aa5b1; font-size: 13px } .typed { fill: #7ee787; font-weight: 600 }")


def is_drawn(line):
    return len(line.strip()) > 20 and not line.strip("█▀▄ ")


def cells(line, top):
    """The light cells, neighbours as one."""
    for half in (0, 1):
        lit = "".join("1" if mark in HALVES and HALVES[mark][0] <= half < sum(HALVES[mark]) else "0" for mark in line)
        for run in re.finditer("1+", lit):
            yield (f'<rect x="{EDGE + run.start() * WIDE:.1f}" y="{top + half * HIGH / 2:.1f}" '
                   f'width="{len(run.group()) * WIDE:.1f}" height="{HIGH / 2:.1f}"/>')


def row(line, number):
    """A text, and in it what a person typed, which stands between two \\0."""
    top = BAR + EDGE / 2 + number * HIGH
    if is_drawn(line):
        return '<g fill="#fff" shape-rendering="crispEdges">' + "".join(cells(line, top)) + "</g>"
    marks = "".join(f'<tspan class="typed">{escape(part)}</tspan>' if at % 2 else escape(part)
                    for at, part in enumerate(line.split("\0")))
    return f'<text x="{EDGE}" y="{top + BASE:.1f}" xml:space="preserve">{marks}</text>'


def draw(lines, title):
    width = round(2 * EDGE + WIDE * max(80, *(len(line.replace("\0", "")) for line in lines)))
    height = round(BAR + EDGE * 1.5 + HIGH * len(lines))
    lights = "".join(f'<circle cx="{EDGE + 6 + 18 * at}" cy="{BAR / 2}" r="5.5"/>' for at in range(3))
    rows = "\n".join(row(line, number) for number, line in enumerate(lines))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">\n'
            f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n"
            f'<rect width="{width}" height="{height}" rx="8" fill="#0f1419"/>\n'
            f'<g fill="#3b444d">{lights}</g><text class="bar" x="{width / 2}" y="{BAR / 2 + 5}" text-anchor="middle">{escape(title)}</text>\n'
            f"{rows}\n</svg>\n")


def words_of(svg):
    """The lines of text of a picture, without what is drawn."""
    return [unescape(re.sub(r"</?tspan[^>]*>", "", found)) for found in re.findall(r'<text x="\d+"[^>]*>(.*?)</text>', svg)]
