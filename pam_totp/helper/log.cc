// SPDX-License-Identifier: Apache-2.0
// What the log says of changes: what came in force, whose, and by whom; and of answers that were refused.
#include "core/log_text.h"
#include "service.h"
#include <syslog.h>

namespace totp {
namespace {

string_view event_of(const Service& s) {
    bool recovers = s.record.credential.is_recovery(); // what was in force before
    switch (s.request.verb) {
    case Verb::init: return "init";
    case Verb::setup: return s.done.replaced ? "changed" : recovers ? "recovered" : "enrolled";
    case Verb::add: return "added";
    case Verb::codes: return "codes_renewed";
    case Verb::remove: return "removed";
    case Verb::remove_all: return "removed_all";
    case Verb::resync: return "resynced";
    case Verb::unlock: return "unlocked";
    case Verb::forget: return "forgotten";
    case Verb::enroll: return recovers ? "recovered" : "enrolled";
    case Verb::recover: return "recovery_code";
    case Verb::rekey: return "rekeyed";
    case Verb::drop_keys: return "keys_dropped";
    case Verb::rebind: return "rebound";
    case Verb::prune: return "pruned";
    default: return "changed";
    }
}

bool names_a_token(const Request& request) {
    bool makes_one = request.verb == Verb::setup || request.verb == Verb::add || request.verb == Verb::enroll;
    return (makes_one && !request.codes_only) || request.verb == Verb::remove || request.verb == Verb::resync;
}

void send(const Service& s, string_view event, string_view verdict, string_view token) {
    std::array<char, longest_log_text> room;
    Writer out(room);
    add_word(out, "event", event);
    add_word(out, "user", s.record.account.name.view());
    add_word(out, "actor", u64(s.request.verb == Verb::enroll ? s.record.account.uid : s.caller));
    add_word(out, "from", s.request.verb == Verb::rebind ? s.request.from.view() : "");
    add_word(out, "verdict", verdict);
    add_word(out, "token", token);
    if (s.place.store != string_view(TOTP_STORE)) add_word(out, "store", s.place.store);
    // By a name of its own: else syslog takes argv[0], which the caller chose.
    openlog("pam_totp_helper", LOG_PID, LOG_AUTHPRIV);
    syslog(LOG_NOTICE, "%.*s", int(out.view().size()), out.view().data());
}
} // namespace

Error note_change(Service& s, Error error) {
    s.done.changed = error == Error::none;
    string_view token = names_a_token(s.request) ? s.request.token.name.view() : string_view();
    if (s.done.changed) send(s, event_of(s), "", token);
    return error;
}

void note_event(const Service& s, string_view event) { send(s, event, "", ""); }

void note_answer(const Service& s) {
    bool right = s.done.verdict == Verdict::accepted || s.done.verdict == Verdict::accepted_backup ||
                 (s.done.verdict == Verdict::recovery && s.request.verb == Verb::setup);
    if (!right) send(s, "refused", word(s.done.verdict), "");
}

} // namespace totp
