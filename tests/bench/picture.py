# SPDX-License-Identifier: Apache-2.0
"""picture.py FIGURES: the figures as an SVG, for a light and a dark page."""
import json
import math
import sys
from html import escape

from subjects import ALL, GA, JUDGES, NOOP, OATH, REFERENCE, TITLES, TOTP

WIDTH, HEIGHT, LEFT, GAP, PANEL = 1080, 800, 200, 30, 500
STYLE = """
text { font: 13px system-ui, sans-serif } .title { font-size: 22px; font-weight: 600 }
.head { font-size: 15px; font-weight: 600 } .small { font-size: 11.5px }
.limit { stroke-dasharray: 5 4; stroke-width: 1.5 } .oath-line { stroke-dasharray: 6 4 }
.own-line, .ga-line, .oath-line { fill: none; stroke-width: 2.5 }
"""
# No variables: not every viewer of pictures knows them.
COLOURS = """
.page { fill: %(page)s } text { fill: %(ink)s } .small { fill: %(soft)s } .axis { stroke: %(line)s }
.own { fill: %(own)s } .peer { fill: %(peer)s } .floor { fill: %(floor)s }
.limit { stroke: %(limit)s } .limit-text { fill: %(limit)s }
.value { paint-order: stroke; stroke: %(page)s; stroke-width: 4px } /* over the lines */
.own-line { stroke: %(own)s } .ga-line, .oath-line { stroke: %(peer)s }
"""
LIGHT = {"page": "#ffffff", "ink": "#1b1f24", "soft": "#57606a", "line": "#c9d1d9", "own": "#0f766e", "peer": "#8a6d3b",
         "floor": "#b6bec7", "limit": "#b42318"}
DARK = {"page": "#0f1419", "ink": "#e6edf3", "soft": "#9aa5b1", "line": "#3b444d", "own": "#2dd4bf", "peer": "#d8b26a",
        "floor": "#59636e", "limit": "#ff8a80"}


def kind(subject):
    return "own" if subject == TOTP else "floor" if subject in (REFERENCE, NOOP) else "peer"


def short(number):
    for unit, name in ((1e6, "M"), (1e3, "k")):
        if number >= unit:
            return f"{number / unit:.3g} {name}"
    return f"{number:.3g}"


class Picture:
    def __init__(self):
        self.parts = []

    def add(self, text):
        self.parts.append(text)

    def text(self, x, y, words, style="", anchor="start"):
        self.add(f'<text x="{x:.1f}" y="{y:.1f}" class="{style}" text-anchor="{anchor}">{escape(words)}</text>')

    def line(self, x1, y1, x2, y2, style="axis"):
        self.add(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{style}"/>')

    def bars(self, x, y, head, unit, rows, limit=None):
        """`rows` are (subject, value, text)."""
        self.text(x, y, head, "head")
        self.text(x, y + 17, unit, "small")
        room, top = PANEL - LEFT - 120, y + 28
        most = max([value for _, value, _ in rows] + [limit or 0]) or 1
        bottom = top + 24 * len(rows)
        self.line(x + LEFT, top, x + LEFT, bottom)
        sizes = [max(room * value / most, 1) for _, value, _ in rows]
        for i, (subject, _, _) in enumerate(rows):
            self.text(x + LEFT - 8, top + 16 + 24 * i, TITLES[subject], "", "end")
            place = f'x="{x + LEFT}" y="{top + 4 + 24 * i}" width="{sizes[i]:.1f}" height="16" rx="2"'
            self.add(f'<rect {place} class="{kind(subject)}"/>')
        if limit:
            at = x + LEFT + room * limit / most
            self.line(at, top, at, bottom, "limit")
            self.text(at, bottom + 13, f"budget {limit:,.0f}", "small limit-text", "middle")
        for i, (_, _, words) in enumerate(rows):
            self.text(x + LEFT + sizes[i] + 6, top + 16 + 24 * i, words, "small value")

    def dots(self, x, y, head, unit, rows, limit):
        """`rows` are (subject, full dot, empty dot), on a scale of powers of ten."""
        self.text(x, y, head, "head")
        self.text(x, y + 17, unit, "small")
        room, top = PANEL - LEFT - 20, y + 28
        values = [value for _, *pair in rows for value in pair] + [limit]
        low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))

        def place(value):
            return x + LEFT + room * (math.log10(value) - low) / (high - low)
        bottom = top + 24 * len(rows)
        for power in range(low, high + 1):
            self.line(place(10 ** power), top, place(10 ** power), bottom)
            self.text(place(10 ** power), bottom + 14, short(10 ** power), "small", "middle")
        self.line(place(limit), top - 4, place(limit), bottom, "limit")
        self.text(place(limit) + 4, top + 2, f"budget {limit:,}", "small limit-text")
        for i, (subject, full, empty) in enumerate(rows):
            middle = top + 12 + 24 * i
            self.text(x + LEFT - 8, middle + 4, TITLES[subject], "", "end")
            self.add(f'<circle cx="{place(empty):.1f}" cy="{middle}" r="7" class="{kind(subject)}" fill-opacity=".35"/>')
            self.add(f'<circle cx="{place(full):.1f}" cy="{middle}" r="5" class="{kind(subject)}"/>')

    def growth(self, x, y, head, unit, host):
        self.text(x, y, head, "head")
        self.text(x, y + 17, unit, "small")
        sizes, top, bottom, left, room = sorted(host, key=int), y + 32, y + 182, x + 64, PANEL - 250
        values = [host[size][s]["median"] for size in sizes for s in (TOTP, GA, OATH)]
        low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
        wide = math.log10(int(sizes[-1]))

        def across(size):
            return left + room * math.log10(int(size)) / wide

        def up(value):
            return bottom - (bottom - top) * (math.log10(value) - low) / (high - low)
        for power in range(low, high + 1):
            self.line(left, up(10 ** power), left + room, up(10 ** power))
            self.text(left - 8, up(10 ** power) + 4, f"{10 ** power:,}", "small", "end")
        for size in sizes:
            self.text(across(size), bottom + 16, short(int(size)), "small", "middle")
        ends = []
        for subject, style in ((OATH, "oath-line"), (GA, "ga-line"), (TOTP, "own-line")):
            points = " ".join(f"{across(n):.1f},{up(host[n][subject]['median']):.1f}" for n in sizes)
            self.add(f'<polyline points="{points}" class="{style}"/>')
            ends.append((up(host[sizes[-1]][subject]["median"]), subject))
        above = bottom + 24
        for at, subject in sorted(ends, reverse=True):
            above = min(at + 4, above - 16)
            self.text(left + room + 10, above, TITLES[subject])

    def svg(self):
        size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
        return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="What a login costs">',
                          "<!-- SPDX-License-Identifier: Apache-2.0; written by `make bench` -->", "<style>", STYLE, COLOURS % LIGHT, "@media (prefers-color-scheme: dark) {", COLOURS % DARK, "}</style>",
                          f'<rect width="{WIDTH}" height="{HEIGHT}" class="page"/>', *self.parts, "</svg>"])


def draw(figures):
    picture, login, of = Picture(), figures["login"], figures["machine"]
    left, right = GAP, WIDTH // 2 + GAP // 2
    picture.text(left, 42, "What a login costs", "title")
    picture.text(left, 64, f"{of['cpu']}, {of['cores']} cores, Linux {of['kernel']}, {of['file_system']}; real libpam "
                 f"{of['libpam']}, all modules in one run", "small")

    def above(value, subject):
        return max(value(login[subject]) - value(login[NOOP]), 1)
    loaded = [s for s in ALL if s != NOOP]
    none, least = (login[s]["accept"]["median"] for s in (NOOP, REFERENCE))
    picture.bars(left, 105, "Time of an accept", "µs, median (and 99 %), in a process that has had a login", [
        (s, login[s]["accept"]["median"], f"{login[s]['accept']['median']:,.0f} ({login[s]['accept']['p99']:,.0f})")
        for s in ALL], none + 1.25 * (least - none))
    picture.dots(right, 105, "Instructions above the no-op", "● accept, paler and larger: a wrong code", [
        (s, *(above(lambda f, a=a: f["instructions"][a], s) for a in ("right", "wrong"))) for s in loaded], 150_000)
    picture.bars(left, 335, "System calls above the no-op", "of an accept", [
        (s, above(lambda f: f["calls"]["right"]["all"], s), f"{above(lambda f: f['calls']['right']['all'], s):.0f}")
        for s in loaded], 32)
    picture.growth(right, 335, "People on the host", "µs of an accept, median; both scales in powers of ten", figures["host"])
    codes, crowd = figures["one_code"], figures["at_once"]["64"]
    picture.bars(left, 585, "One code given to 64 processes", f"let in, at most, of {len(codes[TOTP])} rounds: 1 is right", [
        (s, max(codes[s]), f"{max(codes[s])}") for s in JUDGES])
    picture.bars(right, 585, "64 people at once, all with right codes", "let in, %", [
        (s, 100 * crowd[s]["accepted"] / crowd[s]["asked"], f"{100 * crowd[s]['accepted'] / crowd[s]['asked']:.0f}")
        for s in JUDGES])
    picture.text(left, HEIGHT - 50, "The dashed red lines are the budgets of this module. \u201cAppend and flush\u201d is a module that "
                 "writes 256 bytes and flushes once, \u201cno-op\u201d one that asks and lets in.", "small")
    return picture.svg()


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as given:
        print(draw(json.load(given)))
