// SPDX-License-Identifier: Apache-2.0
#include "phrases.h"
#include "core/address.h"
#include "core/date.h"
#include "core/phrase.h"
#include "core/words.h"
#include <libintl.h>
#include <string.h>
#include <time.h>

namespace totp {
namespace {
constexpr const char* domain = "pam_totp"; // of the catalogues

Text<20> decimal(u64 value) {
    std::array<char, 20> room;
    return Text<20>(Writer(room).number(value).view());
}

/// The time of day in UTC, hh:mm:ss.
Text<8> clock_face(u64 now) {
    Text<8> face;
    for (u64 part : {now / 3600 % 24, now / 60 % 60, now % 60}) {
        if (!face.empty()) face.add(':');
        face.add(char('0' + part / 10)).add(char('0' + part % 10));
    }
    return face;
}

/// YYYY-MM-DD hh:mm, in UTC.
Text<31> date(u32 seconds) {
    time_t time = time_t(seconds);
    tm parts = {};
    char room[32];
    (void)gmtime_r(&time, &parts);
    return Text<31>(string_view(room, strftime(room, sizeof room, "%Y-%m-%d %H:%M", &parts)));
}

/// The catalogues are looked for where libc looks by itself: binding a directory would change the application.
const char* translated(const char* text) { return dgettext(domain, text); }
const char* translated(const char* one, const char* many, unsigned count) {
    return dngettext(domain, one, many, count);
}

void add(Phrase& text, const char* form, std::initializer_list<string_view> values = {}) {
    fill_in(form, std::span(values.begin(), values.size()), text);
}

const char* next_one() { return translated("That code was already used: type the next one.\n"); }

void add_wrong(Phrase& text, const Since& since) {
    Text<46> from = numeric(since.wrong_from);
    Text<20> count = decimal(since.wrong);
    if (from.empty()) {
        add(text, translated("%1 wrong code since your last login.\n", "%1 wrong codes since your last login.\n",
                             since.wrong), {count.view()});
    } else {
        add(text, translated("%1 wrong code since your last login, from %2.\n",
                             "%1 wrong codes since your last login, the last from %2.\n", since.wrong),
            {count.view(), from.view()});
    }
    if (since.wrong > 2) add(text, translated("Someone may know your password.\n"));
}
} // namespace

Phrase reason_for(Verdict verdict, const Situation& s) {
    Phrase text;
    switch (verdict) {
    case Verdict::wrong:
        add(text, translated("That code is not right. Open your app at '%1 (%2)'.\n"), {s.issuer, s.account});
        break;
    case Verdict::replayed:
        if (s.takes_two) {
            add(text, translated("Type two codes in a row that you have not typed yet: the next, and the one behind it.\n"));
            break;
        }
        if (s.period == 0) {
            add(text, next_one());
            break;
        }
        add(text, translated("That code was already used: the next one comes in %1 s.\n"),
            {decimal(s.period - s.now % s.period).view()});
        break;
    case Verdict::two_needed:
        add(text, translated("Too many wrong codes: type two codes in a row, the one shown now and the next.\n"));
        break;
    case Verdict::clock_behind:
        add(text, translated("This computer's clock is behind the last accepted code: no code can be right before it "
                             "is set. A backup code works.\n"));
        break;
    case Verdict::stale:
        add(text, translated("Your codes were changed just now: type one of the new ones.\n"));
        break;
    default: return text;
    }
    if (s.wrong >= 2 || verdict == Verdict::clock_behind) {
        add(text, translated("This computer's clock: %1 UTC.\n"), {clock_face(s.now).view()});
    }
    return text;
}

Phrase changes(const Since& since) {
    Phrase text;
    if (since.changes == 0) return text;
    add(text, translated("Your second factor was set up or changed on %1 UTC, by %2.\n",
                         "Your second factor was changed %3 times, the last on %1 UTC, by %2.\n", since.changes),
        {date(since.changed).view(), slice(since.changed_by, 0, 64), decimal(since.changes).view()});
    return text;
}

Phrase news(const Since& since, Verdict verdict) {
    Phrase text = changes(since);
    bool used_one = verdict == Verdict::accepted_backup;
    if (since.wrong > 0) add_wrong(text, since);
    if (used_one || (since.has_codes && since.codes_left < few_backup_codes)) {
        add(text, translated("%1 backup code left.\n", "%1 backup codes left.\n", since.codes_left),
            {decimal(since.codes_left).view()});
    }
    if (used_one) add(text, translated("Phone lost? Run: pam-totp setup\n"));
    return text;
}

Phrase prompt_text(const Options& options) {
    if (options.prompt) return Phrase(string_view(options.prompt));
    return Phrase(string_view(translated(options.forward_pass ? message("Password & verification code: ")
                                                              : message("Verification code: "))));
}

const char* recovery(bool is_over, bool here) {
    return translated(
        is_over ? message("Your codes have ended, and the time of the recovery code is over, too. Ask the administrator for\n"
                          "another one.\n")
        : here  ? message("Your codes have ended. Type the recovery code that the administrator gave you.\n")
                : message("Your codes have ended. Set up anew first, with the recovery code that the administrator gave\n"
                          "you: log in by ssh or on the console, or run: pam-totp setup\n"));
}

Phrase nothing_set_up(string_view account) {
    Phrase text;
    add(text, translated("No codes are set up for %1 here. Run: pam-totp setup\n"), {account});
    return text;
}

const char* out_of_order() {
    return translated("The second factor cannot be checked now. The administrator finds the reason in the log.");
}

Phrase caption(bool has_picture) {
    Phrase text;
    add(text, translated("Set up your second factor now.\n"));
    add(text, has_picture ? translated("Scan this with an authenticator app on your phone, such as Aegis, FreeOTP+,\n"
                                       "2FAS or Google Authenticator:\n")
                          : translated("Type the key into an authenticator app on your phone, such as Aegis, FreeOTP+,\n"
                                       "2FAS or Google Authenticator:\n"));
    return text;
}

void add_key(string_view secret, string_view uri, Writer& out) {
    Secret<130> groups; // 104 characters and a blank behind each four
    for (size_t i = 0; i < secret.size(); ++i) {
        if (i > 0 && i % 4 == 0) (void)groups.push(' ');
        (void)groups.push(u8(secret[i]));
    }
    std::array<string_view, 1> key{groups.reveal_text()}, line{uri};
    fill_in(translated("Key: %1\n"), key, out);
    fill_in(translated("On the phone itself, open this line: %1\n"), line, out);
}

Phrase proof_prompt(u64 put_off_until) {
    Phrase text;
    if (put_off_until > 0) {
        Text<10> day = date_of(put_off_until - 1);
        add(text, translated("Not now? Press Enter; until %1 you may.\n"), {day.view()});
    }
    add(text, translated("Code from the app: "));
    return text;
}

Phrase why_unproven(Verdict verdict, i64 skew, u64 now) {
    Phrase text;
    if (verdict == Verdict::replayed) {
        add(text, next_one());
    } else if (skew != 0) {
        Text<20> seconds = decimal(u64(skew < 0 ? -skew : skew));
        add(text, translated("Your phone's clock is %1 s off.\nSet it to automatic time, then type a new code.\n"),
            {seconds.view()});
    } else {
        add(text, translated("That code is not right: type the one that the app shows now.\n"));
    }
    if (skew != 0) add(text, translated("This computer's clock: %1 UTC.\n"), {clock_face(now).view()});
    return text;
}

const char* set_up() {
    return translated("Your second factor is set up. For backup codes run: pam-totp codes");
}

} // namespace totp
