# SPDX-License-Identifier: Apache-2.0
"""report.py FIGURES: the figures as tables."""
import json
import sys

from budgets import budgets
from subjects import ALL, GA, JUDGES, NOOP, OATH, TITLES, TOTP


def table(head, rows):
    yield "| " + " | ".join(head) + " |"
    yield "|---" + "|---:" * (len(head) - 1) + "|"
    for row in rows:
        yield "| " + " | ".join(row) + " |"
    yield ""


def micro(figure):
    return f"{figure['median']:,.0f} ({figure['p99']:,.0f})"


def one_login(figures):
    login = figures["login"]

    def row(name, value):
        return [name, *(value(login[subject]) for subject in ALL)]

    def above(name, value, unit=1):
        none = value(login[NOOP])
        return row(name, lambda f: "–" if f is login[NOOP] else f"{max(value(f) - none, 0) / unit:,.0f}")
    yield "## One login"
    yield ""
    yield ("Times in µs: the median, and in parentheses what 99 % stay below. In one process, module after module in "
           f"random order, {login[TOTP]['accept']['count']} rounds; a cold process is a new one for each login, from its "
           "start to its end.")
    yield ""
    device = figures["device"]
    rows = [
        row("accept, µs", lambda f: micro(f["accept"])),
        row("accept and load of the module, µs", lambda f: micro(f["accept_loaded"])),
        row("wrong code, µs", lambda f: micro(f["reject"])),
        row("cold process, µs", lambda f: micro(f["cold"])),
        above("instructions above the no-op: accept", lambda f: f["instructions"]["right"]),
        above("… wrong code", lambda f: f["instructions"]["wrong"]),
        above("… cold process, thousands", lambda f: f["cold_instructions"], 1000),
        above("system calls above the no-op: accept", lambda f: f["calls"]["right"]["all"]),
        above("… wrong code", lambda f: f["calls"]["wrong"]["all"]),
        row("flushes asked for: accept, wrong code",
            lambda f: f"{f['calls']['right']['flushes']}, {f['calls']['wrong']['flushes']}"),
        row("stack, bytes: first login, later ones",
            lambda f: f"{f['stack']['right']['first']:,}, {f['stack']['right']['later']:,}"),
        above("memory above the no-op, KiB: all", lambda f: f["memory"]["peak"]),
        above("… private", lambda f: f["memory"]["private"]),
        row("left on the heap by each login, bytes", lambda f: f"{max(f['memory']['left'], 0):,.0f}"),
    ]
    if device[TOTP]:
        for i, name in enumerate(("writes of the device", "KiB written to it", "flushes of it")):
            rows.append([name, *(f"{device[subject][i]:.1f}" for subject in ALL)])
    yield from table(["", *(TITLES[subject] for subject in ALL)], rows)
    yield f"The stack is that below pam_sm_authenticate. Device writes were counted on {figures['device_on']}."
    yield ""


def at_once(figures):
    yield "## Many at once"
    yield ""
    yield ("Everybody with a right code of his own: µs as above, with the load of the module, and how many of those who "
           "tried were let in.")
    yield ""
    yield from table(["people", *(TITLES[subject] for subject in ALL)], (
        [people, *(f"{micro(row[s])}: {row[s]['accepted']} of {row[s]['asked']}" for s in ALL)]
        for people, row in figures["at_once"].items()))
    alone, beside = (micro(figures["stopped"][when]) for when in ("alone", "beside"))
    yield f"A login of pam_totp with nobody beside: {alone}; beside 63 of the same person that are stopped: {beside}."
    yield ""


def growth(figures):
    host, years = figures["host"], figures["years"]
    yield "## Many people on the host, and years of logins"
    yield ""
    yield "µs of an accept, and instructions of it with all of libpam's."
    yield ""

    def cell(figure):
        counted = f"{figure['instructions']:,}" if figure["instructions"] else "not counted"
        return f"{micro(figure)}; {counted}"
    yield from table(["people on the host", *(TITLES[s] for s in (TOTP, GA, OATH))],
                     ([f"{int(size):,}", *(cell(row[s]) for s in (TOTP, GA, OATH))] for size, row in host.items()))
    yield from table(["logins before, pam_totp", "accept", "journal, bytes", "on the disk"], (
        [f"{count:,}", cell(years[name]), f"{years[name]['size']:,}", f"{years[name]['on_disk']:,}"]
        for name, count in (("new", 0), ("aged", years["logins"]))))


def keeps(figures):
    def codes(subject):
        rounds = figures["one_code"][subject]
        return f"{min(rounds)} to {max(rounds)}" if len(set(rounds)) > 1 else f"{rounds[0]}"
    crowd, kill, full = figures["at_once"]["64"], figures["kill"], figures["full"]
    yield "## What they keep"
    yield ""
    yield from table(["", *(TITLES[subject] for subject in JUDGES)], [
        [f"one code to 64 processes, {len(figures['one_code'][TOTP])} rounds: let in", *(codes(s) for s in JUDGES)],
        ["64 people at once, all with right codes: let in",
         *(f"{100 * crowd[s]['accepted'] / crowd[s]['asked']:.0f} %" for s in JUDGES)],
        ["kill -9 during a login: next login refused", *(f"{kill[s]['refused']} of {kill[s]['kills']}" for s in JUDGES)],
        ["… a file left behind", *(f"{kill[s]['left']} of {kill[s]['kills']}" for s in JUDGES)],
        ["full disk: right codes let in", *(f"{full[s]['accepted']} of {full[s]['asked']}" for s in JUDGES)],
        ["… a used one", *("let in" if full[s]["replayed"] else "refused" for s in JUDGES)],
    ])
    yield f"The full disk is {figures['full_on']}."
    yield ""


def parts(figures):
    yield "## Where the instructions of an accept are"
    yield ""
    yield ("Of pam_totp, with what each calls, so the lines overlap; `pam_start_confdir` is the load of the module, with "
           "libpam's own part.")
    yield ""
    yield from table(["function", "instructions"], ([f"`{name}`", f"{count:,}"] for name, count in figures["parts"]))


def report(figures):
    of = figures["machine"]
    yield "<!-- SPDX-License-Identifier: Apache-2.0; written by `make bench` -->"
    yield "# What a login costs"
    yield ""
    yield (f"{of['cpu']}, {of['cores']} cores, Linux {of['kernel']}, {of['file_system']}, libpam {of['libpam']}, OpenSSL "
           f"{of['openssl']}. Compare within this run: times differ between machines, and between runs.")
    yield ""
    yield "![the figures as a picture](result.svg)"
    yield ""
    yield "## Budgets"
    yield ""
    yield from table(["", "budget", "measured", "met"], (budget.cells() for budget in budgets(figures)))
    for part in (one_login, at_once, growth, keeps, parts):
        yield from part(figures)


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as given:
        print("\n".join(report(json.load(given))).rstrip())
