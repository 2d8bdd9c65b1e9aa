# SPDX-License-Identifier: Apache-2.0
"""What a login may cost, and whether it keeps to that."""
from subjects import GA, NOOP, OATH, REFERENCE, TOTP


class Budget:
    def __init__(self, name, limit, figure, met):
        self.name, self.limit, self.figure, self.met = name, limit, figure, met

    def cells(self):
        return [self.name, self.limit, self.figure, "yes" if self.met else "**no**"]


def at_most(name, limit, value, unit="", more=""):
    return Budget(name, f"≤ {limit:,}{unit}", f"{value:,}{unit}{more}", value <= limit)


def _cost(login):
    own, none = login[TOTP], login[NOOP]
    right, wrong = (own["instructions"][answer] - none["instructions"][answer] for answer in ("right", "wrong"))
    calls = max(own["calls"][answer]["all"] - none["calls"][answer]["all"] for answer in ("right", "wrong"))
    yield at_most("instructions of an accept above the no-op, load included", 150_000, right)
    yield at_most("… of a wrong code: not more than an accept, within 1 %", right * 101 // 100, wrong)
    yield at_most("… of a cold process", 15_000_000, own["cold_instructions"] - none["cold_instructions"])
    yield at_most("system calls above the no-op", 32, calls)
    yield at_most("stack below pam_sm_authenticate", 24_000, max(own["stack"]["right"].values()), " B")


def budgets(figures):
    login = figures["login"]
    own, reference, none = (login[s]["accept"]["median"] for s in (TOTP, REFERENCE, NOOP))
    peers = {s: login[s]["accept"]["median"] for s in (GA, OATH)}
    yield at_most("accept, warm, above the no-op: times that of append and flush", 1.25,
                  round((own - none) / (reference - none), 2))
    yield Budget("accept, warm, below both peers", f"< {min(peers.values()):,.0f} µs", f"{own:,.0f} µs",
                 own < min(peers.values()))
    yield from _cost(login)
    rounds = figures["one_code"][TOTP]
    yield Budget("one code to 64 processes", "1 accepted", f"1 in {rounds.count(1)} of {len(rounds)} rounds",
                 set(rounds) == {1})
    crowd = figures["at_once"]["64"][TOTP]
    yield Budget("64 people at once", "all accepted", f"{crowd['accepted']} of {crowd['asked']}",
                 crowd["accepted"] == crowd["asked"])
    alone, beside = (figures["stopped"][when]["p99"] for when in ("alone", "beside"))
    yield at_most("a login beside 63 stopped ones: times the 99 % of one alone", 1.5, round(beside / alone, 2))
    kill = figures["kill"][TOTP]
    yield Budget("kill -9 during a login", "the next one works, nothing left",
                 f"{kill['kills']} kills: {kill['refused']} refused, {kill['left']} left files",
                 not kill["refused"] and not kill["left"])
    full = figures["full"][TOTP]
    yield Budget("full disk", "right codes in, a replay refused",
                 f"{full['accepted']} of {full['asked']} in, replay {'in' if full['replayed'] else 'refused'}",
                 full["accepted"] > 0 and not full["replayed"])
    yield from _growth(figures)
    module = figures["module"]
    yield at_most("module, stripped", 96 * 1024, module["size"], " B")
    yield Budget("needs", "libpam, libcrypto, libc", ", ".join(module["needs"]), len(module["needs"]) == 3)


def _growth(figures):
    """By instructions: what grows with a list or a file shows there, and no other load of the machine does."""
    host = figures["host"]
    few, many = (host[size][TOTP] for size in (min(host, key=int), max(host, key=int)))
    years = figures["years"]
    for name, small, large in ((f"from 1 to {int(max(host, key=int)):,} people on the host", few, many),
                               (f"after {years['logins']:,} logins", years["new"], years["aged"])):
        growth = 100 * (large["instructions"] / small["instructions"] - 1)
        yield Budget(f"instructions {name}", "do not grow (within 1 %)", f"{growth:+.1f} %", growth <= 1)
