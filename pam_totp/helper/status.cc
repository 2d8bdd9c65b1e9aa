// SPDX-License-Identifier: Apache-2.0
// What is set up, and whether a code of it is right: nothing that is in force changes.
#include "service.h"

namespace totp {
namespace {

/// What a person is to know before the first answer: what stands in the way of one.
Ask first_question(const Service& s) {
    const State& state = s.record.state();
    u64 now = clock_now();
    Ask question{For::permission};
    if (clock_is_behind(s.record.credential, state, now, s.policy())) question.verdict = Verdict::clock_behind;
    else if (gate(state, now, s.policy()) == Gate::two_codes) question.verdict = Verdict::two_needed;
    return question;
}
} // namespace

void send_status(Service& s, const Record& record) {
    const State& state = record.state();
    const BackupCodes& backup = record.credential.backup;
    for (const Token& token : record.credential.tokens) (void)s.channel.send<const Token&>(write_token_line, token);
    RecordLine line;
    // The recovery code is none: it lets in nobody.
    line.recovery_until = u32(record.credential.recovery_until);
    line.codes_made = line.recovery_until ? 0 : u32(backup.digests.size());
    line.codes_left = backup_codes_left(state, line.codes_made);
    line.guesses_left = guesses_left(state.full_at[size_t(Caller::root)], s.settings.bucket, clock_now());
    line.own_guesses_left = guesses_left(state.full_at[size_t(Caller::helper)], s.settings.bucket, clock_now());
    line.last_success = state.last_success;
    line.wrong = state.wrong;
    line.wrong_from = state.wrong_from;
    line.created = u32(record.credential.created);
    line.changed = state.changed;
    line.changed_by = state.changed_by;
    for (size_t i = 0; i < line.remembered.size(); ++i) {
        bool counts = is_in_force(state.remembered[i], clock_now(), longest_remembered);
        line.remembered[i] = counts ? state.remembered[i].until : 0;
    }
    (void)s.channel.send<const RecordLine&>(write_record_line, line);
}

Error status(Service& s) {
    Error error = open_record(s.host, s.record);
    if (error == Error::none) send_status(s, s.record);
    return error;
}

Error verify(Service& s) {
    Error error = open_record(s.host, s.record);
    if (error != Error::none) return error;
    send_status(s, s.record); // an application without privilege asks in the module's words, and cuts off as many digits
    Answer answer;
    if (!ask_for_answer(s, first_question(s), answer)) return Error::none; // given up: nothing judged
    error = try_answer(s, answer, s.done.verdict);
    if (error == Error::none) note_answer(s);
    s.done.wait = seconds_to_next(s.record.credential, answer);
    return error;
}

} // namespace totp
