// SPDX-License-Identifier: Apache-2.0
// The questions to the person, and what an answer is good for: each is judged by the record in force, and spent.
#include "service.h"

namespace totp {
namespace {

bool was_accepted(Verdict verdict) { return verdict == Verdict::accepted || verdict == Verdict::accepted_backup; }

/// A recovery code permits a set-up, which spends it, and no other change.
bool permits(const Service& s) {
    bool recovers = s.done.verdict == Verdict::recovery && s.request.verb == Verb::setup;
    return was_accepted(s.done.verdict) || recovers;
}
} // namespace

u32 seconds_to_next(const Credential& credential, const Answer& answer) {
    if (answer.form == Form::backup_code) return 0; // the next one stands on a sheet of paper
    for (const Token& token : credential.tokens) {
        if (token.type == Type::totp) return u32(token.period - clock_now() % token.period);
    }
    return 0;
}

bool ask_for_answer(Service& s, const Ask& question, Answer& answer) {
    string_view line;
    Secret<128> typed;
    if (!s.channel.send<const Ask&>(write_ask, question)) return false;
    if (!s.channel.receive(line) || !read_answer_line(line, typed)) return false;
    read_answer(typed.reveal_text(), answer);
    return true;
}

bool ask_for_current_code(Service& s) {
    u64 permitted = s.record.state().credential;
    Ask question{s.record.credential.is_recovery() ? For::recovery : For::permission};
    for (int tries = 0; tries < most_tries; ++tries) {
        Answer answer;
        if (!ask_for_answer(s, question, answer)) return false;
        Error error = try_answer(s, answer, s.done.verdict);
        if (error != Error::none) return s.done.error = error, false;
        note_answer(s);
        // What was allowed is a change of that very credential.
        if (permits(s)) return s.record.state().credential == permitted;
        if (s.done.verdict == Verdict::stale) return false; // by the next one a code of what was would spend what is
        question.verdict = s.done.verdict;
        question.wait = s.done.wait = seconds_to_next(s.record.credential, answer);
    }
    return false;
}

Error try_answer(Service& s, const Answer& answer, Verdict& verdict) {
    Finding finding;
    Error error = examine(s.record.credential, s.record.state(), answer, clock_now(), s.policy(), finding);
    verdict = finding.verdict;
    if (error != Error::none || !finding.append) return error;
    State after;
    return append(s.host, s.record.account, s.record.journal, finding.entry, verdict, after);
}

bool permit(Service& s) {
    if (s.is_root) return true;
    bool permitted = ask_for_current_code(s);
    if (!permitted && permits(s)) s.done.verdict = Verdict::stale;
    if (!permitted && s.done.verdict == Verdict::none) s.done.verdict = Verdict::wrong;
    return permitted;
}

} // namespace totp
