// SPDX-License-Identifier: Apache-2.0
#include "judge.h"

namespace totp {
namespace {

u32 saturated(u64 seconds) { return u32(std::min<u64>(seconds, UINT32_MAX)); }

/// The counters that an answer is compared with: first, first + 1, … `count` of them.
struct Range {
    u64 first = 0;
    unsigned count = 0;
};

Range candidates(const Token& token, u32 last, u64 now, const Policy& policy) {
    if (token.type == Type::totp) {
        u64 step = step_of(token, now);
        u64 first = step > policy.window ? step - policy.window : 0;
        return {first, unsigned(step - first) + policy.window + 1};
    }
    // The last accepted counter is among them, so that its code is seen to be used, not taken for wrong.
    u64 first = last > 0 ? last - 1 : 0;
    return {first, unsigned(last - first) + look_ahead};
}

/// The clock is so far behind the last accepted code that no code of this token can be accepted.
bool is_behind(const Token& token, u32 last, u64 now, const Policy& policy) {
    return token.type == Type::totp && last > 0 && step_of(token, now) + policy.window < u64(last) - 1;
}

/// 1 when equal, in constant time.
u32 same(u32 a, u32 b) { return u32((u64(a ^ b) - 1) >> 63); }

/// Compares with every candidate; `spent` is the highest one that fits + 1, or 0.
Error compare(const Token& token, Range range, const Answer& answer, u32& spent) {
    bool two = answer.form == Form::two_codes;
    u32 code = 0, fits_before = 0;
    Hotp codes;
    spent = 0;
    if (!start_codes(token, codes)) return Error::crypto;
    for (unsigned i = 0; i < range.count + (two ? 1 : 0); ++i) {
        u64 counter = range.first + i;
        if (counter >= UINT32_MAX) break; // the last one that a state holds
        if (!codes.at(counter, code)) return Error::crypto;
        u32 fits = two ? same(code, answer.next_code) & fits_before : same(code, answer.code);
        fits_before = same(code, answer.code);
        u32 mask = 0 - fits;
        spent = (spent & ~mask) | (u32(counter + 1) & mask);
    }
    OPENSSL_cleanse(&code, sizeof code);
    return Error::none;
}

Error examine_codes(const Credential& credential, const State& state, const Answer& answer, u64 now,
                    const Policy& policy, Finding& finding) {
    unsigned able = 0, behind = 0;
    for (size_t i = 0; i < credential.tokens.size(); ++i) {
        const Token& token = credential.tokens[i];
        if (token.digits != answer.digits) continue;
        ++able;
        behind += is_behind(token, state.last[i], now, policy) ? 1 : 0;
        Error error = compare(token, candidates(token, state.last[i], now, policy), answer, finding.entry.spent[i]);
        if (error != Error::none) return error;
        if (finding.entry.spent[i]) finding.slot = int(i);
    }
    finding.entry.kind = finding.slot >= 0 ? Kind::right : Kind::wrong;
    if (able > 0 && able == behind) finding.append = false, finding.verdict = Verdict::clock_behind;
    return Error::none;
}

Error examine_backup(const Credential& credential, const Answer& answer, u64 now, Finding& finding) {
    int index = -1;
    if (!find_backup_code(credential.backup, answer.backup, index)) return Error::crypto;
    if (index < 0) return Error::none;
    if (credential.is_recovery()) {
        finding.append = false;
        finding.verdict = credential.recovers_at(now) ? Verdict::recovery : Verdict::recovery_over;
        return Error::none;
    }
    finding.entry.kind = Kind::backup;
    finding.entry.backup_index = u8(index);
    return Error::none;
}

bool bucket_is_empty(const State& state, const Entry& entry) {
    return guesses_left(state.full_at[size_t(entry.caller)], entry.bucket, entry.time) == 0;
}

/// One that ends later than any can was made by a clock that was ahead: it goes first.
u32 end_of(const Remembered& remembered, u32 now) {
    return remembered.until > u64(now) + longest_remembered ? 0 : remembered.until;
}

/// The same place anew, else in place of the one that ends first.
void remember(State& state, const Entry& entry) {
    const Remembered& next = entry.remember;
    if (next.place == 0) return;
    auto& [one, other] = state.remembered;
    u32 now = saturated(entry.time);
    bool ends_first = end_of(one, now) <= end_of(other, now);
    bool is_one = one.place == next.place || (other.place != next.place && ends_first);
    (is_one ? one : other) = next;
}

void note_success(State& state, const Entry& entry) {
    remember(state, entry);
    state.last_success = saturated(entry.time);
    state.wrong = 0;
    state.wrong_from = {};
    if (entry.tells) state.changes = 0;
}

Verdict judge_right(State& state, const Entry& entry) {
    if (entry.spent == std::array<u32, most_tokens>{}) return Verdict::wrong; // what spends nothing is no code
    bool fresh = true;
    u32 below = entry.form == Form::two_codes ? 1 : 0; // the first of two is the counter before
    for (size_t i = 0; i < most_tokens; ++i) {
        if (entry.spent[i] == 0) continue;
        fresh = fresh && entry.spent[i] - below > state.last[i];
        state.last[i] = std::max(state.last[i], entry.spent[i]);
    }
    if (entry.form == Form::one_code && bucket_is_empty(state, entry)) return Verdict::two_needed;
    if (!fresh) return Verdict::replayed;
    note_success(state, entry);
    return Verdict::accepted;
}

Verdict judge_backup(State& state, const Entry& entry) {
    if (entry.backup_index >= most_backup_codes) return Verdict::wrong;
    u32 bit = 1u << entry.backup_index;
    if (state.used & bit) return Verdict::replayed;
    state.used |= bit;
    note_success(state, entry);
    return Verdict::accepted_backup;
}

Verdict judge_wrong(State& state, const Entry& entry) {
    FullAt& full_at = state.full_at[size_t(entry.caller)];
    // Two codes and backup codes cannot be guessed: they need no throttle, and may not be kept out by one.
    bool guess = entry.form == Form::one_code || entry.form == Form::unfit;
    bool empty = guess && bucket_is_empty(state, entry);
    if (guess) full_at = take_guess(full_at, entry.bucket, entry.time);
    if (state.wrong < UINT16_MAX) ++state.wrong;
    state.wrong_from = entry.from;
    return empty ? Verdict::two_needed : Verdict::wrong;
}

Verdict judge_rotate(State& state, const Entry& entry) {
    std::array<u32, most_tokens> last{};
    for (size_t i = 0; i < most_tokens; ++i) {
        u8 old = entry.continues[i];
        if (old < most_tokens) last[i] = state.last[old];
        if (last[i] && entry.spent[i] && entry.spent[i] <= last[i]) return Verdict::replayed;
        last[i] = std::max(last[i], entry.spent[i]);
    }
    // That somebody without privilege, so the owner, begins is no news to the owner.
    bool begins = state.credential == 0 && entry.caller == Caller::helper;
    if (!begins && state.changes < UINT8_MAX) ++state.changes;
    state.last = last;
    if (entry.fresh_codes) state.used = 0;
    if (entry.backup_index < most_backup_codes) state.used |= 1u << entry.backup_index;
    state.credential = entry.next;
    state.changed = saturated(entry.time);
    state.changed_by = entry.actor;
    state.remembered = {};
    return Verdict::accepted;
}

/// What was computed from the id before does not count any more, and nothing else changes: nobody is told, and every
/// counter, used code, guess and remembered place goes on.
Verdict judge_reseal(State& state, const Entry& entry) {
    state.credential = entry.next;
    return Verdict::accepted;
}

Verdict judge_unlock(State& state) {
    state.full_at = {};
    return Verdict::accepted;
}

Verdict judge_forget(State& state) {
    state.remembered = {};
    return Verdict::accepted;
}

Verdict judge_kind(State& state, const Entry& entry) {
    switch (entry.kind) {
    case Kind::right: return judge_right(state, entry);
    case Kind::backup: return judge_backup(state, entry);
    case Kind::wrong: return judge_wrong(state, entry);
    case Kind::rotate: return judge_rotate(state, entry);
    case Kind::unlock: return judge_unlock(state);
    case Kind::forget: return judge_forget(state);
    case Kind::reseal: return judge_reseal(state, entry);
    }
    return Verdict::wrong;
}
} // namespace

Gate gate(const State& state, u64 now, const Policy& policy) {
    bool empty = guesses_left(state.full_at[size_t(policy.caller)], policy.bucket, now) == 0;
    return empty ? Gate::two_codes : Gate::one_code;
}

bool clock_is_behind(const Credential& credential, const State& state, u64 now, const Policy& policy) {
    size_t behind = 0;
    for (size_t i = 0; i < credential.tokens.size(); ++i) {
        behind += is_behind(credential.tokens[i], state.last[i], now, policy) ? 1 : 0;
    }
    return behind > 0 && behind == credential.tokens.size();
}

Error examine(const Credential& credential, const State& state, const Answer& answer, u64 now, const Policy& policy,
              Finding& finding) {
    finding = {};
    if (answer.form == Form::none) return finding.verdict = Verdict::wrong, Error::none;
    bool shut = gate(state, now, policy) == Gate::two_codes;
    if (shut && (answer.form == Form::one_code || answer.form == Form::unfit)) {
        return finding.verdict = Verdict::two_needed, Error::none;
    }
    finding.append = true;
    finding.entry.kind = Kind::wrong;
    finding.entry.form = answer.form;
    finding.entry.caller = policy.caller;
    finding.entry.credential = state.credential;
    finding.entry.time = now;
    finding.entry.bucket = policy.bucket;
    if (answer.form == Form::backup_code) return examine_backup(credential, answer, now, finding);
    if (answer.form == Form::unfit) return Error::none;
    return examine_codes(credential, state, answer, now, policy, finding);
}

Verdict judge(State& state, const Entry& entry) {
    bool is_for_any = entry.kind == Kind::unlock || entry.kind == Kind::forget;
    if (!is_for_any && entry.credential != state.credential) return Verdict::stale;
    for (FullAt& full_at : state.full_at) full_at = bounded(full_at, entry.bucket, entry.time);
    Verdict verdict = judge_kind(state, entry);
    if (entry.kind != Kind::rotate && entry.kind != Kind::reseal && !is_for_any) {
        state.last_verdict = verdict;
        state.last_answer = saturated(entry.time);
    }
    return verdict;
}

} // namespace totp
