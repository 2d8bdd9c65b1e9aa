// SPDX-License-Identifier: Apache-2.0
#include "talk.h"
#include "helper.h"
#include "json.h"
#include "terminal.h"
#include <unistd.h>

namespace totp {
namespace {
constexpr const char* two_in_a_row =
    "too many wrong codes: type two codes in a row, the one shown now and the next";

/// As a line of the talk: complaints go on behind a colon, what is said stands alone.
std::string sentence(std::string text) {
    if (text[0] >= 'a' && text[0] <= 'z') text[0] = char(text[0] - 'a' + 'A');
    return text + ".\n";
}

std::string why_wrong(For what) {
    switch (what) {
    case For::permission: break;
    case For::proof: return "That code is not right: wait until the app shows the next one, and type that.\n";
    case For::code: return "That is none of the codes above.\n";
    }
    return "That code is not right.\n";
}

/// Why the answer before was refused.
std::string reason(const Ask& question) {
    if (question.skew != 0) {
        return "Your phone's clock is " + span(question.skew) +
               (question.skew > 0 ? " ahead of" : " behind") +
               " this computer's. Set it to automatic time,\nthen type the new code.\n";
    }
    switch (question.verdict) {
    case Verdict::none: return "";
    case Verdict::replayed:
        if (question.wait == 0) return "That code was already used: type the next one.\n";
        return "That code was already used: the next one comes in " + std::to_string(question.wait) + " s.\n";
    case Verdict::two_needed: return sentence(two_in_a_row);
    case Verdict::clock_behind:
        return "This computer's clock is behind the last accepted code. A backup code works.\n";
    default: return why_wrong(question.what);
    }
}

string_view prompt(For what) {
    switch (what) {
    case For::permission: return "Current code or backup code: ";
    case For::proof: return "Code that the app shows now: ";
    case For::code: return "Type one of these codes, to show that you have them: ";
    }
    return "";
}

/// Puts the helper's question to the person.
void answer(Helper& helper, Verb verb, const Ask& question) {
    bool first = question.verdict == Verdict::none;
    if (first && verb == Verb::setup && question.what == For::permission) {
        say("Codes are set up already. They count until the new ones are proved, and one of\nthem is needed "
            "to begin.\n");
    }
    say(reason(question));
    Secret<256> typed;
    if (!ask(prompt(question.what), typed))
        throw Stop(exit_refused, "no code was typed: nothing was changed");
    // More than any code has: cut, and not right in any case.
    if (!helper.send_answer(slice(typed.reveal_text(), 0, 128))) {
        throw Stop(exit_refused, "that took too long: nothing was changed; begin again");
    }
}

/// A detail of the helper's is a path and a reason, or else a sentence that says all.
bool is_sentence(string_view detail) { return !detail.empty() && detail[0] != '/'; }

std::string bad_account(const Arguments& a) {
    if (a.user.empty()) return "your user id has no account with a usual name";
    if (getuid() == 0) return "there is no account '" + a.user + "'";
    return "only root may name another account than your own (-u " + a.user + ")";
}

std::string what_failed(const Arguments& a, const Done& done) {
    std::string detail(done.detail.view()), user(done.user.view());
    if (done.error == Error::no_record) {
        return "no codes are set up for " + user + ". Run: pam-totp setup" +
               (a.user.empty() ? "" : " -u " + user);
    }
    if (done.error == Error::bad_account) return bad_account(a);
    if (a.request.verb == Verb::init && is_sentence(detail))
        return "only root can make the host key and the store";
    if (is_sentence(detail)) return detail;
    std::string text(advice(done.error));
    return detail.empty() ? text : detail + ": " + text;
}

int status_of(const Done& done) {
    switch (done.error) {
    case Error::no_record: return exit_not_set_up;
    case Error::bad_account:
    case Error::stale:
    case Error::full:
    case Error::same_key: return exit_refused;
    default: return is_sentence(done.detail.view()) ? exit_refused : exit_store;
    }
}

/// The last word on a code that was not accepted.
const char* refusal(Verdict verdict) {
    switch (verdict) {
    case Verdict::replayed: return "that code was already used: wait for the next one";
    case Verdict::stale: return "the record was changed meanwhile: begin again";
    case Verdict::clock_behind:
        return "this computer's clock is behind the last accepted code: set it; a backup code works "
               "meanwhile";
    default: return "that code is not right";
    }
}

/// Says why it was refused.
int conclude(const Arguments& a, const Done& done) {
    if (done.error != Error::none) return complain(what_failed(a, done)), status_of(done);
    switch (done.verdict) {
    case Verdict::none:
    case Verdict::accepted:
    case Verdict::accepted_backup: return exit_done;
    case Verdict::two_needed: return complain(two_in_a_row), exit_two_codes;
    default: return complain(refusal(done.verdict)), exit_refused;
    }
}

void print_refusal(const Done& done) {
    SecretText out =
        "{\"user\":" + json_string(done.user.view()) + ",\"error\":" + json_string(word(done.error));
    print_line(out + ",\"verdict\":" + json_string(word(done.verdict)) + "}");
}

/// `verify` and `status` have facts to print even then.
bool has_own_json(Verb verb, const Done& done) {
    return (verb == Verb::verify && done.error == Error::none) ||
           (verb == Verb::status && done.error == Error::no_record);
}
} // namespace

std::string span(i64 seconds) {
    i64 size = seconds < 0 ? -seconds : seconds;
    std::string text = size >= 60 ? std::to_string(size / 60) + " min" : "";
    if (size % 60 || size == 0) text += (text.empty() ? "" : " ") + std::to_string(size % 60) + " s";
    return text;
}

int converse(Arguments& a, Done& done, const Take& take) {
    a.request.user = Text<255>(a.user);
    Helper helper(a);
    string_view line;
    bool heard = helper.send(a.request);
    while (heard && (heard = helper.receive(line))) {
        Ask question;
        if (read_done(line, done)) {
            int status = conclude(a, done);
            if (status != exit_done && a.json && !has_own_json(a.request.verb, done)) print_refusal(done);
            return status;
        }
        if (read_ask(line, question))
            answer(helper, a.request.verb, question);
        else if (!take(line))
            throw Stop(exit_store, "the helper is of another version than this program");
    }
    throw Stop(exit_store,
               helper.was_run() ? "the helper ended without an answer; see: pam-totp status" : "");
}

} // namespace totp
