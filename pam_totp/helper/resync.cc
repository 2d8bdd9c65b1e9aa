// SPDX-License-Identifier: Apache-2.0
// A device that is out of step: a clock of its own that drifted, or a button that was pressed too often. Two
// codes in a row say where it stands, and are all the permission that this needs.
#include "service.h"

namespace totp {
namespace {
constexpr u64 most_presses = 1000; ///< counters that a counter-based device may have moved on unseen

/// The counters to look at: from the first to the last one that the first of the two codes may have.
struct Reach {
    u64 first = 0, last = 0;
};

/// A clock may be off by as much as an offset holds; a counter only goes forward.
Reach reach_of(const Token& token, u32 last, u64 now) {
    if (token.type == Type::hotp) return {last, last + most_presses};
    u64 center = now / token.period;
    return {center > u64(most_offset) ? center - u64(most_offset) : 0, center + u64(most_offset) - 1};
}

/// The counter of the second code, which the device shows now. Two codes in a row stand in so wide a reach by
/// chance once in 2 * 10^9 tries.
Error find_pair(const Token& token, Reach reach, const Answer& answer, bool& found, u64& counter) {
    Hotp codes;
    u32 code = 0, next = 0;
    if (!start_codes(token, codes) || !codes.at(reach.first, code)) return Error::crypto;
    for (u64 c = reach.first; !found && c <= reach.last && c + 1 < UINT32_MAX; ++c) {
        if (!codes.at(c + 1, next)) return Error::crypto;
        found = code == answer.code && next == answer.next_code;
        counter = c + 1;
        code = next;
    }
    return Error::none;
}

/// Every try is a guess like any other: it uses up one of those that the person's own programs have. It is in the
/// journal before anything is compared, so that helpers which were opened beforehand have no more of them.
Error take_guess(Service& s) {
    Answer unfit;
    unfit.form = Form::unfit;
    s.done.verdict = Verdict::wrong;
    Error error = s.is_root ? Error::none : try_answer(s, unfit, s.done.verdict);
    if (error != Error::none || s.done.verdict == Verdict::wrong) return error;
    // What did not count as a guess is not compared: one for a credential of before tells of a key that stayed.
    return s.done.verdict == Verdict::two_needed ? Error::too_many_guesses : Error::stale;
}

/// The slot of the token that is meant: the one named, or the only one there is.
int slot_of(const Service& s) {
    const Credential& now = s.record.credential;
    string_view name = s.request.token.name.view();
    return name.empty() && now.tokens.size() == 1 ? 0 : now.find(name);
}

Error take_pair(Service& s, int slot, const Answer& answer) {
    const Token& token = s.record.credential.tokens[size_t(slot)];
    u64 now = clock_now(), counter = 0;
    bool found = false;
    Error error = take_guess(s);
    if (error != Error::none || answer.form != Form::two_codes || answer.digits != token.digits) return error;
    error = find_pair(token, reach_of(token, s.record.state().last[size_t(slot)], now), answer, found, counter);
    if (error != Error::none || !found) return error;
    s.done.verdict = Verdict::replayed;
    if (counter + 1 <= s.record.state().last[size_t(slot)]) return Error::none;
    Credential next;
    Change change = change_by(s);
    continue_with(s, -1, next, change);
    if (token.type == Type::totp) next.tokens[size_t(slot)].offset = i64(counter) - i64(now / token.period);
    change.spent[size_t(slot)] = u32(counter + 1);
    s.done.verdict = Verdict::accepted;
    return put_in_force(s, next, change);
}
} // namespace

Error resync(Service& s) {
    Error error = open_set_up(s);
    if (error != Error::none) return error;
    int slot = slot_of(s);
    if (slot < 0) return Error::token_missing;
    s.request.token.name = s.record.credential.tokens[size_t(slot)].name; // for the log
    Ask question{For::two_codes};
    for (int tries = 0; error == Error::none && !s.done.changed && tries < most_tries; ++tries) {
        if (!s.is_root && gate(s.record.state(), clock_now(), s.policy()) == Gate::two_codes) return Error::too_many_guesses;
        Answer answer;
        if (!ask_for_answer(s, question, answer)) break;
        error = take_pair(s, slot, answer);
        if (error == Error::none) note_answer(s);
        question.verdict = s.done.verdict;
        question.wait = seconds_to_next(s.record.credential, answer);
    }
    if (error == Error::none && s.done.verdict == Verdict::none) s.done.verdict = Verdict::wrong; // given up
    return error;
}

} // namespace totp
