// SPDX-License-Identifier: Apache-2.0
// pam-totp status: what protects the account, on one screen.
#include "core/address.h"
#include "facts.h"
#include "json.h"
#include "talk.h"
#include "terminal.h"
#include "text.h"
#include <algorithm>
#include <ctime>
#include <pwd.h>

namespace totp {
namespace {
std::string who(u32 uid) {
    const passwd* found = getpwuid(uid);
    return found ? found->pw_name : text("uid %1", {std::to_string(uid)});
}

void say_token(const Token& t) {
    std::vector<std::string> values{std::string(t.name.view()), std::string(word(t.hash)), std::to_string(t.digits),
                                    std::to_string(t.period)};
    say(t.type == Type::hotp ? text("  Token          %1: hotp, counter-based, %3 digits, %2\n", values)
                             : text("  Token          %1: totp, a new code every %4 s, %3 digits, %2\n", values));
}

void say_wrong_codes(const RecordLine& r) {
    std::string from(numeric(r.wrong_from).view()), count = std::to_string(r.wrong);
    say(from.empty() ? text("  Wrong codes    %1 since then\n", {count})
                     : text("  Wrong codes    %1 since then, the last from %2\n", {count, from}));
    say(r.guesses_left == 0
            ? text("  Logins         ask for two codes in a row now\n")
            : text("  Logins         ask for two codes in a row after %1 more\n", {std::to_string(r.guesses_left)}));
    if (r.own_guesses_left == 0) say(text("  pam-totp       asks for two codes in a row now\n"));
}

/// Where no code is asked for, after one that was accepted there.
void say_remembered(const RecordLine& r) {
    auto [first, last] = std::minmax(r.remembered[0], r.remembered[1]);
    if (last == 0) return;
    say(first == 0 ? text("  Not asked      at 1 place until %1\n", {local_time(last)})
                   : text("  Not asked      at 2 places, the last until %1\n", {local_time(last)}));
}

/// What there is to do about backup codes that run out.
void say_advice(const Arguments& a, const RecordLine& r) {
    if (r.codes_left >= few_backup_codes) return;
    say(r.codes_left == 0 ? text("\nNo backup code is left. New ones:") : text("\nFew backup codes are left. New ones:"));
    say(" pam-totp codes" + (a.user.empty() ? "" : " -u " + a.user) + "\n");
}

/// Nothing counts but a recovery code, whose end says whether that does.
void print_recovery(const RecordLine& r, const std::string& user) {
    bool is_over = std::time(nullptr) >= std::time_t(r.recovery_until);
    say(text("%1 must set up anew: the codes have ended.\n\n", {user}));
    say(is_over ? text("  Recovery code  ended %1\n", {local_time(r.recovery_until)})
                : text("  Recovery code  until %1\n", {local_time(r.recovery_until)}));
    say(text("  Last changed   %1, by %2\n", {local_time(r.changed), who(r.changed_by)}));
    say(is_over ? text("\nAnother one, by root: pam-totp recover -u %1\n", {user})
                : text("\nWith the recovery code: pam-totp setup\n"));
}

void print(const Arguments& a, const Done& done, const Facts& facts) {
    const RecordLine& r = facts.record;
    std::string user(done.user.view());
    if (r.recovery_until != 0) return print_recovery(r, user);
    say(facts.tokens.empty() ? text("%1 has backup codes alone.\n\n", {user})
                             : text("%1 has a second factor.\n\n", {user}));
    for (const Token& t : facts.tokens) say_token(t);
    say(text("  Backup codes   %1 of %2 left\n", {std::to_string(r.codes_left), std::to_string(r.codes_made)}));
    say(text("  Last accepted  %1\n", {local_time(r.last_success)}));
    say_wrong_codes(r);
    say_remembered(r);
    say(text("  Last changed   %1, by %2\n", {local_time(r.changed), who(r.changed_by)}));
    say_advice(a, r);
}
} // namespace

int run_status(Arguments& a) {
    a.request.verb = Verb::status;
    Facts facts;
    Done done;
    int status = converse(a, done, [&facts](string_view line) { return facts.take(line); });
    bool enrolled = status == exit_done;
    if (a.json && (enrolled || status == exit_not_set_up)) {
        print_line("{\"user\":" + json_string(done.user.view()) + "," + facts.json(enrolled) + "}");
    } else if (enrolled) {
        print(a, done, facts);
    }
    return status;
}

} // namespace totp
