// SPDX-License-Identifier: Apache-2.0
// pam-totp status: what protects the account, on one screen.
#include "helper.h"
#include "json.h"
#include "terminal.h"
#include <ctime>
#include <iostream>
#include <pwd.h>

namespace totp {
namespace {
struct Found {
    List<Token, most_tokens> tokens;
    RecordLine record;
};

std::string when(u32 seconds, bool json) {
    if (seconds == 0) return json ? "null" : "never";
    std::time_t time = std::time_t(seconds);
    std::tm parts = {};
    char text[64];
    if (json) gmtime_r(&time, &parts);
    else localtime_r(&time, &parts);
    text[std::strftime(text, sizeof text, json ? "\"%Y-%m-%dT%H:%M:%SZ\"" : "%Y-%m-%d %H:%M:%S %Z", &parts)] = '\0';
    return text;
}

std::string who(u32 uid) {
    const passwd* found = getpwuid(uid);
    return found ? found->pw_name : "uid " + std::to_string(uid);
}

void print_json(const Done& done, const Found& found, bool enrolled) {
    std::cout << "{\"user\":" << json_string(done.user.view()) << ",\"enrolled\":" << (enrolled ? "true" : "false")
              << ",\"tokens\":[";
    for (size_t i = 0; i < found.tokens.size(); ++i) {
        const Token& t = found.tokens[i];
        std::cout << (i ? "," : "") << "{\"name\":" << json_string(t.name.view()) << ",\"type\":\"" << word(t.type)
                  << "\",\"algorithm\":\"" << word(t.hash) << "\",\"digits\":" << t.digits
                  << ",\"period\":" << t.period << "}";
    }
    std::cout << "],\"backup_codes_left\":" << found.record.codes_left
              << ",\"guesses_left\":" << found.record.guesses_left
              << ",\"last_login\":" << when(found.record.last_success, true) << "}" << std::endl;
}

void print(const Done& done, const Found& found) {
    const RecordLine& r = found.record;
    say(std::string(done.user.view()) + " has a second factor.\n\n");
    for (const Token& t : found.tokens) {
        say("  Token          " + std::string(t.name.view()) + ": " +
            (t.type == Type::totp ? "a new code every " + std::to_string(t.period) + " s" : "counter-based") + ", " +
            std::to_string(t.digits) + " digits, " + std::string(word(t.hash)) + "\n");
    }
    say("  Backup codes   " + std::to_string(r.codes_left) + " of " + std::to_string(r.codes_made) + " left\n");
    say("  Last accepted  " + when(r.last_success, false) + "\n");
    say("  Wrong codes    " + std::to_string(r.wrong) + " since then; " + std::to_string(r.guesses_left) +
        " more until two codes in a row are asked for\n");
    say("  Set up         " + when(r.changed, false) + ", by " + who(r.changed_by) + "\n");
    if (r.codes_left < 3) say("\nFew backup codes are left. New ones: pam-totp codes\n");
}
} // namespace

int run_status(Arguments& a) {
    a.request.verb = Verb::status;
    Found found;
    Done done;
    auto take = [&](string_view line) {
        Token token;
        if (!read_token_line(line, token)) return read_record_line(line, found.record);
        Token* place = found.tokens.grow();
        if (place) place->copy_from(token);
        return place != nullptr;
    };
    int status = converse(a, done, take);
    if (a.json && (status == exit_done || status == exit_not_set_up)) print_json(done, found, status == exit_done);
    else if (status == exit_done) print(done, found);
    return status;
}

} // namespace totp
