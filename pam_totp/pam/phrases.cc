// SPDX-License-Identifier: Apache-2.0
#include "phrases.h"
#include "core/words.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

namespace totp {
namespace {
constexpr u32 few_codes = 3;

Text<20> decimal(u64 value) {
    std::array<char, 20> room;
    return Text<20>(Writer(room).number(value).view());
}

/// The time of day in UTC, hh:mm:ss.
void add_clock(Phrase& text, u64 now) {
    u64 day = now % 86400;
    for (u64 part : {day / 3600, day / 60 % 60, day % 60}) {
        if (part != day / 3600 || text.view().back() != ' ') text.add(':');
        text.add(char('0' + part / 10)).add(char('0' + part % 10));
    }
}

void add_address(Phrase& text, const std::array<u8, 16>& from) {
    constexpr std::array<u8, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255};
    char room[INET6_ADDRSTRLEN] = "";
    bool v4 = memcmp(from.data(), mapped.data(), mapped.size()) == 0;
    if (from == std::array<u8, 16>{}) return;
    if (inet_ntop(v4 ? AF_INET : AF_INET6, from.data() + (v4 ? 12 : 0), room, sizeof room)) {
        text.add(", last from ").add(string_view(room));
    }
}
} // namespace

Phrase reason_for(Verdict verdict, const Situation& s) {
    Phrase text;
    switch (verdict) {
    case Verdict::wrong:
        text.add("That code is not right. Open your app at '").add(s.issuer).add(" (").add(s.account).add(")'.\n");
        break;
    case Verdict::replayed:
        text.add("That code was already used: the next one comes in ");
        text.add(decimal(s.period - s.now % s.period).view()).add(" s.\n");
        break;
    case Verdict::two_needed:
        text.add("Too many wrong codes: type two codes in a row, the one shown now and the next.\n");
        break;
    case Verdict::clock_behind:
        text.add("This computer's clock is behind the last accepted code: no code can be right before it is set. "
                 "A backup code works.\n");
        break;
    case Verdict::stale: text.add("Your codes were changed just now: type one of the new ones.\n"); break;
    default: return text;
    }
    if (s.wrong >= 2 || verdict == Verdict::clock_behind) {
        text.add("This computer's clock: ");
        add_clock(text, s.now);
        text.add(" UTC.\n");
    }
    return text;
}

Phrase news(const State& before, Verdict verdict, u32 codes_left, bool has_codes) {
    Phrase text;
    if (before.wrong > 0) {
        text.add(decimal(before.wrong).view()).add(before.wrong == 1 ? " wrong code" : " wrong codes");
        text.add(" since your last login");
        add_address(text, before.wrong_from);
        text.add(before.wrong > 2 ? ": someone may know your password.\n" : ".\n");
    }
    if (verdict == Verdict::accepted_backup || (has_codes && codes_left < few_codes)) {
        text.add(decimal(codes_left).view()).add(codes_left == 1 ? " backup code left.\n" : " backup codes left.\n");
    }
    if (verdict == Verdict::accepted_backup) text.add("Phone lost? Run: pam-totp setup\n");
    return text;
}

} // namespace totp
