// SPDX-License-Identifier: Apache-2.0
#include "talk.h"
#include "helper.h"
#include "json.h"
#include "terminal.h"
#include "text.h"
#include <cstdlib>
#include <unistd.h>

namespace totp {
namespace {
std::string two_in_a_row() {
    return text("Too many wrong codes: type two codes in a row, the one shown now and the next.");
}

std::string why_wrong(For what) {
    switch (what) {
    case For::permission: break;
    case For::proof: return text("That code is not right: wait until the app shows the next one, and type that.");
    case For::code: return text("That is none of the codes above.");
    case For::two_codes: return text("Those are not two codes in a row of this device.");
    case For::recovery: return text("That is not the recovery code.");
    case For::consent: break;
    }
    return text("That code is not right.");
}

std::string already_used(u32 wait) {
    return wait == 0 ? text("That code was already used: type the next one.")
                     : text("That code was already used: the next one comes in %1 s.", {std::to_string(wait)});
}

std::string recovery_is_over() {
    return text("The time of the recovery code is over: ask the administrator for another one.");
}

/// Why the answer before was refused, or what stands in the way of the first one.
std::string reason(const Ask& question) {
    if (question.skew > 0) {
        return text("Your phone's clock is %1 ahead of this computer's. Set it to automatic time,\n"
                    "then type the new code.", {span(question.skew)});
    }
    if (question.skew < 0) {
        return text("Your phone's clock is %1 behind this computer's. Set it to automatic time,\n"
                    "then type the new code.", {span(question.skew)});
    }
    switch (question.verdict) {
    case Verdict::none: return "";
    case Verdict::replayed: return already_used(question.wait);
    case Verdict::two_needed: return two_in_a_row();
    case Verdict::clock_behind:
        return text("This computer's clock is behind the last accepted code. A backup code works.");
    case Verdict::recovery_over: return recovery_is_over();
    default: return why_wrong(question.what);
    }
}

std::string prompt(For what) {
    switch (what) {
    case For::permission: return text("Current code or backup code: ");
    case For::proof: return text("Code that the app shows now: ");
    case For::code: return text("Type one of these codes, to show that you have them: ");
    case For::two_codes: return text("Two codes in a row, the one shown now and the next: ");
    case For::recovery: return text("Recovery code: ");
    case For::consent: return text("Remove all of this? [y/N] ");
    }
    return "";
}

/// What a code is needed for, before it is asked for.
std::string purpose(Verb verb, For what) {
    if (what == For::recovery) {
        return text("Your codes have ended. To set up anew, type the recovery code that the\n"
                    "administrator gave you; it counts until the new codes are proved.\n");
    }
    if (what != For::permission) return "";
    if (verb == Verb::setup) {
        return text("Codes are set up already. They count until the new ones are proved; then they\n"
                    "end, and so do their backup codes. One of them is needed to begin.\n");
    }
    if (verb == Verb::add) return text("First a code of what is set up already.\n");
    return "";
}

/// What was shown is removed or stays.
std::string consent(const Arguments& a) {
    Secret<256> typed;
    if (a.has("--dry-run") || a.yes) return a.has("--dry-run") ? "no" : "yes";
    if (!ask(prompt(For::consent), typed)) return "no";
    return is_yes(std::string(typed.reveal_text())) ? "yes" : "no";
}

/// Puts the helper's question to the person.
void answer(Helper& helper, const Arguments& a, const Ask& question) {
    Verb verb = a.request.verb;
    if (question.what == For::consent) return void(helper.send_answer(consent(a)));
    if (question.verdict == Verdict::none) say(purpose(verb, question.what));
    std::string why = reason(question);
    if (!why.empty()) say(why + "\n");
    Secret<256> typed;
    if (!ask(prompt(question.what), typed))
        throw Stop(exit_refused, text("no code was typed: nothing was changed"));
    // More than any code has: cut, and not right in any case.
    if (!helper.send_answer(slice(typed.reveal_text(), 0, 128))) {
        throw Stop(exit_refused, text("that took too long: nothing was changed; begin again"));
    }
}

std::string bad_account(const Arguments& a) {
    if (a.user.empty()) return text("your user id has no account with a usual name");
    if (getuid() == 0) return text("there is no account '%1'", {a.user});
    return text("only root may name another account than your own (-u %1)", {a.user});
}

std::string what_failed(const Arguments& a, const Done& done) {
    std::string detail(done.detail.view()), user(done.user.view());
    if (done.error == Error::no_record && a.request.verb == Verb::rebind) {
        return text("nothing is set up for %1 that could be moved", {user});
    }
    if (done.error == Error::no_record) {
        return text("no codes are set up for %1. Run: pam-totp setup", {user}) + (a.user.empty() ? "" : " -u " + shown(user));
    }
    if (done.error == Error::bad_account) return bad_account(a);
    return detail.empty() ? advise(done.error) : detail + ": " + advise(done.error);
}

int status_of(Error error) {
    switch (error) {
    case Error::no_record: return exit_not_set_up;
    case Error::bad_account:
    case Error::stale:
    case Error::full:
    case Error::same_key:
    case Error::uri_too_long:
    case Error::only_root:
    case Error::self_setup_off:
    case Error::token_missing:
    case Error::token_exists:
    case Error::token_last:
    case Error::group_missing:
    case Error::busy:
    case Error::keys_full:
    case Error::keys_needed:
    case Error::record_exists:
    case Error::most_records:
    case Error::account_exists:
    case Error::too_many_guesses: return exit_refused;
    default: return exit_store;
    }
}

/// The last word on a code that was not accepted.
std::string refusal(const Done& done) {
    switch (done.verdict) {
    case Verdict::replayed: return already_used(done.wait);
    case Verdict::stale: return text("The record was changed meanwhile: begin again.");
    case Verdict::clock_behind:
        return text("This computer's clock is behind the last accepted code. A backup code works.");
    case Verdict::two_needed: return two_in_a_row();
    case Verdict::recovery: return text("That is the recovery code. It lets in nobody; with it run: pam-totp setup");
    case Verdict::recovery_over: return recovery_is_over();
    default: return text("That code is not right.");
    }
}

/// No refusal: it is what was asked about.
bool is_explained(Verb verb, Error error) {
    return verb == Verb::explain && (error == Error::no_record || error == Error::recovering);
}

/// Says why it was refused.
int conclude(const Arguments& a, const Done& done) {
    if (is_explained(a.request.verb, done.error)) return exit_not_set_up;
    if (done.error != Error::none) return complain(what_failed(a, done)), status_of(done.error);
    switch (done.verdict) {
    case Verdict::none:
    case Verdict::accepted:
    case Verdict::accepted_backup: return exit_done;
    default: return complain(refusal(done)), done.verdict == Verdict::two_needed ? exit_two_codes : exit_refused;
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
           (verb == Verb::status && done.error == Error::no_record) || is_explained(verb, done.error);
}
} // namespace

std::string advise(Error error) { return text(advice(error).data()); }

std::string span(i64 seconds) {
    i64 size = seconds < 0 ? -seconds : seconds;
    std::string words = size >= 60 ? std::to_string(size / 60) + " min" : "";
    if (size % 60 || size == 0) words += (words.empty() ? "" : " ") + std::to_string(size % 60) + " s";
    return words;
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
            answer(helper, a, question);
        else if (!take(line))
            throw Stop(exit_store, text("the helper is of another version than this program"));
    }
    throw Stop(exit_store,
               helper.was_run() ? text("the helper ended without an answer; see: pam-totp status") : "");
}

} // namespace totp
