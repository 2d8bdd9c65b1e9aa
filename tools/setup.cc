// SPDX-License-Identifier: Apache-2.0
// pam-totp setup, and add: the key and its QR code, a proof by a code; and after setup the backup codes, once.
#include "backup_codes.h"
#include "json.h"
#include "new_key.h"
#include "talk.h"
#include "terminal.h"
#include "text.h"

namespace totp {
namespace {

/// Options that say nothing beside another one are a mistake somewhere.
void refuse_conflicts(const Arguments& a) {
    bool hotp = a.request.token.type == Type::hotp;
    if (a.has("--counter") && !hotp) throw Stop(exit_usage, text("--counter goes with --hotp"));
    if (a.has("--period") && hotp)
        throw Stop(exit_usage, text("--period does not go with --hotp: its codes have no time"));
    if (!a.request.codes_only) return;
    for (const char* option : {"--name", "--uri", "--png", "--svg", "--algorithm", "--digits", "--period",
                               "--hotp", "--issuer", "--secret-file"}) {
        if (a.has(option)) throw Stop(exit_usage, text("%1 does not go with --codes-only", {option}));
    }
}

bool say_skew(string_view line) {
    i64 seconds = 0;
    if (!read_skew(line, seconds)) return false;
    if (seconds == 0) return true;
    say(seconds < 0 ? text("Your phone's clock is %1 behind this computer's. That works, but set it to\n"
                           "automatic time.\n", {span(seconds)})
                    : text("Your phone's clock is %1 ahead of this computer's. That works, but set it to\n"
                           "automatic time.\n", {span(seconds)}));
    return true;
}

void print_json(const Done& done, const NewKey& key, const NewCodes& codes) {
    SecretText out = "{\"user\":" + json_string(done.user.view()) + ",\"uri\":" + key.json_uri();
    out += ",\"secret\":" + key.json_secret() + ",\"backup_codes\":" + codes.json();
    print_line(out + (done.changed ? ",\"changed\":true}" : ",\"changed\":false}"));
}

void say_end(const Arguments& a, const Done& done, const NewCodes& codes) {
    std::string user(done.user.view());
    say(text("\nDone: %1 has a second factor now.\n", {user}));
    if (done.replaced) say(text("What was set up before, and its backup codes, count no more.\n"));
    if (!a.request.confirm) say(text("Nothing was proved. To try a code: pam-totp verify -u %1\n", {user}));
    if (a.request.codes_only) { // they were shown already
        if (a.request.confirm) say(text("The code that you typed is used up by that; the other nine are left.\n"));
        return;
    }
    say(text("\nBackup codes, for the day the phone is lost. Write them down or print them:\n"
             "each works once, and they are not shown again.\n\n"));
    codes.show();
}

/// Backup codes alone are shown before the proof, which is one of them.
void show_for_proof(const NewCodes& codes) {
    say(text("Your backup codes. Write them down or print them: each works once, and they are\nnot shown "
             "again.\n\n"));
    codes.show();
    say("\n");
}
} // namespace

int run_setup(Arguments& a) {
    a.request.verb = Verb::setup;
    refuse_conflicts(a);
    if (a.json) talk_beside_json();
    if (!a.secret_file.empty()) read_key_file(a.secret_file, a.request.token.key);
    NewKey key;
    NewCodes codes;
    Done done;
    int status = converse(a, done, [&](string_view line) {
        if (line.starts_with("key ")) return key.take(line, a);
        if (line.starts_with("skew ")) return say_skew(line);
        if (!codes.take(line)) return false;
        bool to_prove = a.request.codes_only && (a.request.confirm || !a.json);
        if (to_prove && codes.complete()) show_for_proof(codes);
        return true;
    });
    if (status != exit_done) return status;
    if (done.changed) key.keep_pictures();
    if (a.json)
        print_json(done, key, codes);
    else if (done.changed)
        say_end(a, done, codes);
    else
        say(text("Codes are set up already: nothing was changed.\n"));
    return status;
}

int run_add(Arguments& a) {
    a.request.verb = Verb::add;
    if (a.operand.empty()) throw Stop(exit_usage, text("give the new token a name: pam-totp add NAME"));
    refuse_conflicts(a);
    if (a.json) talk_beside_json();
    if (!a.secret_file.empty()) read_key_file(a.secret_file, a.request.token.key);
    NewKey key;
    Done done;
    int status = converse(a, done, [&](string_view line) { return key.take(line, a) || say_skew(line); });
    if (status != exit_done) return status;
    key.keep_pictures();
    if (a.json) {
        print_line("{\"user\":" + json_string(done.user.view()) + ",\"token\":" + json_string(a.operand) +
                   ",\"uri\":" + key.json_uri() + ",\"secret\":" + key.json_secret() + "}");
        return status;
    }
    say(text("\nDone: '%1' counts now, beside what was set up before. The backup codes stay.\n", {a.operand}));
    return status;
}

} // namespace totp
