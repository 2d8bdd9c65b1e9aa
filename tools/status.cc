// SPDX-License-Identifier: Apache-2.0
// pam-totp status: what protects the account, on one screen.
#include "json.h"
#include "talk.h"
#include "terminal.h"
#include <ctime>
#include <pwd.h>

namespace totp {
namespace {
constexpr u32 few = 3; // backup codes

struct Found {
    List<Token, most_tokens> tokens;
    RecordLine record;
};

/// Local time, for people.
std::string when(u32 seconds) {
    if (seconds == 0) return "never";
    std::time_t time = std::time_t(seconds);
    std::tm parts = {};
    char text[64];
    localtime_r(&time, &parts);
    return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %Z", &parts)};
}

/// RFC 3339 in UTC, or null.
std::string json_time(u32 seconds) {
    if (seconds == 0) return "null";
    std::time_t time = std::time_t(seconds);
    std::tm parts = {};
    char text[64];
    gmtime_r(&time, &parts);
    return {text, std::strftime(text, sizeof text, "\"%Y-%m-%dT%H:%M:%SZ\"", &parts)};
}

std::string who(u32 uid) {
    const passwd* found = getpwuid(uid);
    return found ? found->pw_name : "uid " + std::to_string(uid);
}

SecretText json_token(const Token& t) {
    SecretText out = "{\"name\":" + json_string(t.name.view()) + ",\"type\":" + json_string(word(t.type));
    out += ",\"algorithm\":" + json_string(word(t.hash)) + ",\"digits\":";
    out += std::to_string(t.digits) + ",\"period\":" + std::to_string(t.period) + "}";
    return out;
}

void print_json(const Done& done, const Found& found, bool enrolled) {
    SecretText out = "{\"user\":" + json_string(done.user.view()) + ",\"enrolled\":";
    out += enrolled ? "true,\"tokens\":[" : "false,\"tokens\":[";
    for (size_t i = 0; i < found.tokens.size(); ++i) {
        if (i > 0) out += ',';
        out += json_token(found.tokens[i]);
    }
    out += "],\"backup_codes_left\":" + std::to_string(found.record.codes_left);
    out += ",\"guesses_left\":" + std::to_string(found.record.guesses_left);
    out += ",\"last_login\":" + json_time(found.record.last_success) + "}";
    print_line(out);
}

void say_token(const Token& t) {
    std::string how =
        t.type == Type::hotp ? "counter-based" : "a new code every " + std::to_string(t.period) + " s";
    say("  Token          " + std::string(t.name.view()) + ": " + std::string(word(t.type)) + ", " + how +
        ", " + std::to_string(t.digits) + " digits, " + std::string(word(t.hash)) + "\n");
}

void say_guesses(const RecordLine& r) {
    say("  Wrong codes    " + std::to_string(r.wrong) + " since then; ");
    say(r.guesses_left == 0
            ? "logins ask for two codes in a row now\n"
            : std::to_string(r.guesses_left) + " more, then logins ask for two codes in a row\n");
}

void print(const Arguments& a, const Done& done, const Found& found) {
    const RecordLine& r = found.record;
    bool phone = !found.tokens.empty();
    say(std::string(done.user.view()) +
        (phone ? " has a second factor.\n\n" : " has backup codes alone.\n\n"));
    for (const Token& t : found.tokens) say_token(t);
    say("  Backup codes   " + std::to_string(r.codes_left) + " of " + std::to_string(r.codes_made) +
        " left\n");
    say("  Last accepted  " + when(r.last_success) + "\n");
    say_guesses(r);
    say("  Last changed   " + when(r.changed) + ", by " + who(r.changed_by) + "\n");
    if (r.codes_left >= few) return;
    say(r.codes_left == 0 ? "\nNo backup code is left" : "\nFew backup codes are left");
    say(". New ones: pam-totp codes" + (a.user.empty() ? "" : " -u " + a.user) + "\n");
}
} // namespace

int run_status(Arguments& a) {
    a.request.verb = Verb::status;
    Found found;
    Done done;
    int status = converse(a, done, [&found](string_view line) {
        Token token;
        if (!read_token_line(line, token)) return read_record_line(line, found.record);
        Token* place = found.tokens.grow();
        if (place) place->copy_from(token);
        return place != nullptr;
    });
    if (a.json && (status == exit_done || status == exit_not_set_up))
        print_json(done, found, status == exit_done);
    else if (status == exit_done)
        print(a, done, found);
    return status;
}

} // namespace totp
