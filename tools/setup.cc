// SPDX-License-Identifier: Apache-2.0
// pam-totp setup: the key and its QR code, a proof by a code, and then the backup codes, once.
#include "backup_codes.h"
#include "json.h"
#include "new_key.h"
#include "talk.h"
#include "terminal.h"

namespace totp {
namespace {

/// Options that say nothing beside another one are a mistake somewhere.
void refuse_conflicts(const Arguments& a) {
    bool hotp = a.request.token.type == Type::hotp;
    if (a.has("--counter") && !hotp) throw Stop(exit_usage, "--counter goes with --hotp");
    if (a.has("--period") && hotp)
        throw Stop(exit_usage, "--period does not go with --hotp: its codes have no time");
    if (!a.request.codes_only) return;
    for (const char* option : {"--name", "--uri", "--png", "--svg", "--algorithm", "--digits", "--period",
                               "--hotp", "--issuer", "--secret-file"}) {
        if (a.has(option)) throw Stop(exit_usage, std::string(option) + " does not go with --codes-only");
    }
}

bool say_skew(string_view line) {
    i64 seconds = 0;
    if (!read_skew(line, seconds)) return false;
    if (seconds == 0) return true;
    say("Your phone's clock is " + span(seconds) + (seconds < 0 ? " behind" : " ahead of") +
        " this computer's. That works, but set it to\nautomatic time.\n");
    return true;
}

void print_json(const Done& done, const NewKey& key, const NewCodes& codes) {
    SecretText out = "{\"user\":" + json_string(done.user.view()) + ",\"uri\":" + key.json_uri();
    out += ",\"secret\":" + key.json_secret() + ",\"backup_codes\":" + codes.json() + "}";
    print_line(out);
}

void say_end(const Arguments& a, const Done& done, const NewCodes& codes) {
    std::string user(done.user.view());
    say("\nDone: " + user + " has a second factor now.\n");
    if (done.replaced) say("The phone that was set up before, and its backup codes, count no more.\n");
    if (!a.request.confirm) say("Nothing was proved. To try a code: pam-totp verify -u " + user + "\n");
    if (a.request.codes_only) { // they were shown already
        if (a.request.confirm) say("The code that you typed is used up by that; the other nine are left.\n");
        return;
    }
    say("\nBackup codes, for the day the phone is lost. Write them down or print them:\n"
        "each works once, and they are not shown again.\n\n");
    codes.show();
}

/// Backup codes alone are shown before the proof, which is one of them.
void show_for_proof(const NewCodes& codes) {
    say("Your backup codes. Write them down or print them: each works once, and they are\nnot shown "
        "again.\n\n");
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
        say("Codes are set up already: nothing was changed.\n");
    return status;
}

} // namespace totp
