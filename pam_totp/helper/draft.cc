// SPDX-License-Identifier: Apache-2.0
#include "draft.h"
#include "store/random.h"

namespace totp {
namespace {
constexpr int most_proofs = 5;
constexpr i64 reach = 120; // steps on each side that a phone's clock is looked for, to say how far it is off

/// The token in force whose codes the new one has, too: the slot, or no_slot.
u8 slot_of_same(const Credential& now, const Token& token) {
    for (size_t i = 0; i < now.tokens.size(); ++i) {
        const Token& old = now.tokens[i];
        bool counts_alike = old.type == token.type && old.period == token.period;
        if (counts_alike && equal_secrets(old.key.reveal(), token.key.reveal())) return u8(i);
    }
    return no_slot;
}

/// By how many steps from now the code is found, the nearest first. False when it is nowhere.
bool find_step(const Token& token, u32 code, u64 center, i64 back, i64 ahead, i64& distance) {
    Hotp codes;
    if (!start_codes(token, codes)) return false;
    for (i64 away = 0; away <= std::max(back, ahead); ++away) {
        for (i64 d : {away, -away}) {
            u32 candidate = 0;
            bool inside = d <= ahead && -d <= back && i64(center) + d >= 0;
            if (inside && codes.at(u64(i64(center) + d), candidate) && candidate == code) {
                return distance = d, true;
            }
        }
    }
    return false;
}

/// What a proof comes to: accepted, wrong, or right with a clock that is too far off (`skew` in seconds).
Verdict prove_token(Service& s, Draft& draft, const Answer& answer, i64& skew) {
    const Token& token = draft.token();
    skew = 0;
    if (answer.form != Form::one_code || answer.digits != token.digits) return Verdict::wrong;
    bool hotp = token.type == Type::hotp;
    u64 center = hotp ? s.request.counter : step_of(token, clock_now());
    i64 distance = 0;
    if (!find_step(token, answer.code, center, hotp ? 0 : reach, hotp ? i64(look_ahead) - 1 : reach, distance)) {
        return Verdict::wrong;
    }
    if (!hotp) skew = distance * i64(token.period);
    i64 window = std::max<i64>(s.settings.window, 1);
    if (!hotp && (distance > window || -distance > window)) return Verdict::wrong;
    u32 spent = u32(i64(center) + distance + 1);
    u8 old = draft.change.continues[draft.slot()];
    if (old != no_slot && spent <= s.record.state().last[old]) return Verdict::replayed;
    u32& known = draft.change.spent[draft.slot()];
    known = std::max(known, spent);
    return Verdict::accepted;
}

/// The proof of backup codes alone: one of them, which it spends.
Verdict prove_codes(Draft& draft, const Answer& answer) {
    int index = -1;
    if (answer.form != Form::backup_code || !find_backup_code(draft.next.backup, answer.backup, index) || index < 0) {
        return Verdict::wrong;
    }
    draft.change.spent_code = u8(index);
    return Verdict::accepted;
}

bool ask_for_proof(Service& s, Draft& draft) {
    Ask question{s.request.codes_only ? For::code : For::proof};
    for (int tries = 0; tries < most_proofs; ++tries) {
        Answer answer;
        if (!ask_for_answer(s, question, answer)) return false;
        question.verdict = s.request.codes_only ? prove_codes(draft, answer)
                                                : prove_token(s, draft, answer, question.skew);
        s.done.verdict = question.verdict;
        if (question.verdict != Verdict::accepted) continue;
        return s.request.codes_only || s.channel.send<i64>(write_skew, question.skew);
    }
    return false;
}
} // namespace

Error make_token(Service& s, Draft& draft) {
    draft.own_key = !s.request.token.key.empty();
    if (draft.own_key && draft.next.has_key(s.request.token.key.reveal())) return Error::same_key;
    Token* token = draft.next.tokens.grow();
    if (!token) return Error::full;
    token->copy_from(s.request.token);
    if (draft.own_key) return Error::none;
    constexpr std::array<size_t, 3> sizes{20, 32, 64}; // RFC 4226 section 4, R6; RFC 6238 appendix A
    return random_bytes(token->key.fill(sizes[size_t(token->hash)])) ? Error::none : Error::crypto;
}

void start_counter(Service& s, Draft& draft) {
    const Token& token = draft.token();
    u32& spent = draft.change.spent[draft.slot()];
    if (token.type == Type::hotp) spent = s.request.counter;
    if (token.type == Type::totp && draft.own_key) {
        spent = u32(step_of(token, draft.change.time) + s.settings.window + 1);
    }
    u8 old = slot_of_same(s.record.credential, token);
    draft.change.continues[draft.slot()] = old;
    if (old != no_slot && spent <= s.record.state().last[old]) spent = 0;
}

void prove(Service& s, Draft& draft, bool shown) {
    if (shown && (!s.request.confirm || ask_for_proof(s, draft))) {
        s.done.verdict = Verdict::accepted;
    } else if (s.done.verdict == Verdict::none) {
        s.done.verdict = Verdict::wrong; // given up
    }
}

Error draft_token(Service& s, Draft& draft) {
    Error error = make_token(s, draft);
    if (error != Error::none) return error;
    start_counter(s, draft);
    bool sent = false;
    error = send_key(s, draft.token(), s.request.counter, sent);
    if (error == Error::none) prove(s, draft, sent);
    return error;
}

Error finish(Service& s, Draft& draft) {
    draft.next.created = draft.change.time = clock_now();
    return put_in_force(s, draft.next, draft.change);
}

} // namespace totp
