// SPDX-License-Identifier: Apache-2.0
// Set-up: nothing of a new key is on the disk before it is proved. `setup` replaces what was, `add` stands beside it.
#include "draft.h"

namespace totp {
namespace {

/// What scripts may ask for, and whoever is at somebody's terminal may not.
bool leaves_out_the_proof(const Service& s) { return !s.is_root && (!s.request.confirm || s.request.if_missing); }
} // namespace

Error set_up(Service& s) {
    if (leaves_out_the_proof(s)) return Error::only_root;
    Error error = open_record(s.host, s.record);
    bool is_new = error == Error::no_record;
    if (error != Error::none && !is_new) return error;
    s.done.replaced = !is_new && !s.record.credential.is_recovery();
    if (!is_new && s.request.if_missing) return s.done.replaced = false, Error::none;
    if (!is_new && !permit(s)) return Error::none;
    s.done.verdict = Verdict::none;
    Draft draft;
    draft.change = change_by(s);
    error = make_backup_codes(draft.next.backup, draft.codes);
    if (error != Error::none) return error;
    if (s.request.codes_only) prove(s, draft, send_backup_codes(s, draft.codes));
    else error = draft_token(s, draft);
    if (error != Error::none || s.done.verdict != Verdict::accepted) return error;
    error = finish(s, draft);
    if (s.done.changed && !s.request.codes_only) (void)send_backup_codes(s, draft.codes);
    return error;
}

Error add_token(Service& s) {
    if (s.request.codes_only) return Error::bad_request; // a backup code would be its proof
    if (leaves_out_the_proof(s)) return Error::only_root;
    Error error = open_set_up(s);
    if (error != Error::none) return error;
    const Credential& now = s.record.credential;
    if (now.find(s.request.token.name.view()) >= 0) return Error::token_exists;
    if (now.tokens.size() == most_tokens) return Error::full;
    if (!permit(s)) return Error::none;
    s.done.verdict = Verdict::none;
    Draft draft;
    draft.change = change_by(s);
    continue_with(s, -1, draft.next, draft.change);
    error = draft_token(s, draft);
    if (error != Error::none || s.done.verdict != Verdict::accepted) return error;
    return finish(s, draft);
}

} // namespace totp
