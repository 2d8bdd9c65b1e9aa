// SPDX-License-Identifier: Apache-2.0
// Changes that make no key: new backup codes, a token or everything taken away, guesses given back, and places
// where nobody is asked again.
#include "service.h"

namespace totp {
namespace {

/// Beyond repair, as the advice for it says; not merely out of reach, such as a store that is not mounted.
bool is_damage(Error error) {
    return error == Error::journal_damaged || error == Error::credential_missing ||
           error == Error::credential_damaged;
}

/// A word that needs no code: it is about no credential.
Error append_word(Service& s, Kind kind) {
    Entry entry;
    entry.kind = kind;
    entry.credential = s.record.state().credential;
    entry.time = clock_now();
    entry.bucket = s.settings.bucket;
    entry.caller = s.policy().caller;
    entry.actor = s.caller;
    Verdict verdict = Verdict::none;
    State after;
    Error error = append(s.host, s.record.account, s.record.journal, entry, verdict, after);
    // Only by a key that was dropped while this helper waited.
    if (error == Error::none && verdict == Verdict::stale) error = Error::stale;
    return note_change(s, error);
}
} // namespace

Change change_by(const Service& s) {
    Change change;
    change.time = clock_now();
    change.actor = s.caller;
    change.caller = s.policy().caller;
    change.bucket = s.settings.bucket;
    return change;
}

void continue_with(const Service& s, int without, Credential& next, Change& change) {
    const Credential& now = s.record.credential;
    next.created = change.time;
    next.backup = now.backup;
    next.recovery_until = now.recovery_until;
    change.fresh_codes = false;
    for (size_t i = 0; i < now.tokens.size(); ++i) {
        if (int(i) == without) continue;
        change.continues[next.tokens.size()] = u8(i);
        next.tokens.grow()->copy_from(now.tokens[i]);
    }
}

Error put_in_force(Service& s, const Credential& next, const Change& change) {
    return note_change(s, rotate(s.host, s.record, &next, change));
}

Error renew_codes(Service& s) {
    Error error = open_set_up(s);
    if (error != Error::none || !permit(s)) return error;
    Credential next;
    Change change = change_by(s);
    continue_with(s, -1, next, change);
    next.backup = {};
    change.fresh_codes = true;
    std::array<Secret<15>, backup_codes_in_a_set> codes;
    error = make_backup_codes(next.backup, codes);
    if (error == Error::none) error = put_in_force(s, next, change);
    if (s.done.changed) (void)send_backup_codes(s, codes);
    return error;
}

Error remove_token(Service& s) {
    Error error = open_set_up(s);
    if (error != Error::none) return error;
    int slot = s.record.credential.find(s.request.token.name.view());
    if (slot < 0) return Error::token_missing;
    if (s.record.credential.tokens.size() == 1) return Error::token_last;
    if (!permit(s)) return Error::none;
    Credential next;
    Change change = change_by(s);
    continue_with(s, slot, next, change);
    return put_in_force(s, next, change);
}

Error remove_all(Service& s) {
    Error error = s.is_root ? open_record(s.host, s.record) : open_set_up(s);
    if (is_damage(error) && s.is_root) {
        // Nothing can be computed from it any more; root's word is all there is.
        return note_change(s, discard_record(s.host, s.record.account));
    }
    if (error != Error::none || !permit(s)) return error;
    return note_change(s, rotate(s.host, s.record, nullptr, change_by(s)));
}

Error unlock(Service& s) {
    Error error = open_record(s.host, s.record);
    return error == Error::none ? append_word(s, Kind::unlock) : error;
}

Error forget(Service& s) {
    Error error = open_record(s.host, s.record);
    // Also what is not in force now: it may be again, when the clock is set.
    bool is_any = s.record.state().remembered != State().remembered;
    return error == Error::none && is_any ? append_word(s, Kind::forget) : error;
}

} // namespace totp
