// SPDX-License-Identifier: Apache-2.0
// Set-up: a new key stays in this process until it is proved; then it comes in force with one entry, which
// spends the proof. Nothing of it is on the disk before.
#include "core/base32.h"
#include "core/judge.h"
#include "core/uri.h"
#include "service.h"
#include "store/random.h"
#include <unistd.h>

namespace totp {
namespace {
constexpr int most_proofs = 5;
constexpr i64 reach = 120; // steps on each side that a phone's clock is looked for, to say how far it is off
using Codes = std::array<Secret<15>, backup_codes_in_a_set>;

/// A set-up in the making.
struct Draft {
    Credential next;
    Codes codes;
    Change change;
    bool own_key = false; ///< not made here
};

Error make_token(Service& s, Draft& draft) {
    Token* token = draft.next.tokens.grow();
    token->copy_from(s.request.token);
    draft.own_key = !token->key.empty();
    if (draft.own_key) return Error::none;
    constexpr std::array<size_t, 3> sizes{20, 32, 64}; // RFC 4226 section 4, R6; RFC 6238 appendix A
    return random_bytes(token->key.fill(sizes[size_t(token->hash)])) ? Error::none : Error::crypto;
}

/// A key that was not made here may have been used here before: it starts where no such code can count.
void start_counter(Service& s, Draft& draft) {
    if (draft.next.tokens.empty()) return;
    const Token& token = draft.next.tokens[0];
    u32& spent = draft.change.spent[0];
    if (token.type == Type::hotp) spent = s.request.counter;
    if (token.type == Type::totp && draft.own_key) {
        spent = u32(step_of(token, draft.change.time) + s.settings.window + 1);
    }
}

bool send_key(Service& s, const Draft& draft) {
    const Token& token = draft.next.tokens[0];
    std::array<char, 65> host{};
    (void)gethostname(host.data(), host.size() - 1);
    string_view issuer = s.settings.issuer.empty() ? string_view(host.data()) : s.settings.issuer.view();
    Key key;
    Secret<longest_uri> uri;
    Room room = uri.fill(longest_uri);
    Writer out({reinterpret_cast<char*>(room.data()), room.size()});
    write_uri(token, issuer, s.done.user.view(), s.request.counter, out);
    key.uri = Text<1024>(out.view());
    Room digits = key.secret.fill(104);
    Writer secret({reinterpret_cast<char*>(digits.data()), digits.size()});
    write_base32(token.key.reveal(), secret);
    key.secret.shrink(secret.view().size());
    key.type = token.type;
    key.digits = token.digits;
    key.period = token.period;
    bool sent = out.ok() && s.channel.send<const Key&>(write_key, key);
    OPENSSL_cleanse(&key.uri, sizeof key.uri);
    return sent;
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
    const Token& token = draft.next.tokens[0];
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
    draft.change.spent[0] = std::max(draft.change.spent[0], spent);
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
        string_view line;
        Secret<128> typed;
        Answer answer;
        if (!s.channel.send<const Ask&>(write_ask, question)) return false;
        if (!s.channel.receive(line) || !read_answer_line(line, typed)) return false;
        read_answer(typed.reveal_text(), answer);
        question.verdict = s.request.codes_only ? prove_codes(draft, answer)
                                                : prove_token(s, draft, answer, question.skew);
        s.done.verdict = question.verdict;
        if (question.verdict != Verdict::accepted) continue;
        return s.request.codes_only || s.channel.send<i64>(write_skew, question.skew);
    }
    return false;
}

/// The new key, the codes alone, and the proof of either.
Error draft_and_prove(Service& s, Draft& draft) {
    Error error = s.request.codes_only ? Error::none : make_token(s, draft);
    if (error == Error::none) error = make_backup_codes(draft.next.backup, draft.codes);
    if (error != Error::none) return error;
    draft.change = change_by(s);
    start_counter(s, draft);
    bool shown = s.request.codes_only ? send_backup_codes(s, draft.codes) : send_key(s, draft);
    if (!shown || (s.request.confirm && !ask_for_proof(s, draft))) {
        if (s.done.verdict == Verdict::none) s.done.verdict = Verdict::wrong; // given up: nothing counts
        return Error::none;
    }
    s.done.verdict = Verdict::accepted;
    return Error::none;
}
} // namespace

Error set_up(Service& s) {
    if (!s.is_root && (!s.request.confirm || s.request.if_missing)) {
        return s.done.detail = Text<512>(string_view("--no-confirm and --if-missing are root's")), Error::bad_setting;
    }
    Error error = open_record(s.host, s.record);
    bool is_new = error == Error::no_record;
    if (error != Error::none && !is_new) return error;
    s.done.replaced = !is_new;
    if (!is_new && s.request.if_missing) return s.done.replaced = false, Error::none;
    if (!is_new && !permit(s)) return Error::none;
    s.done.verdict = Verdict::none;
    Draft draft;
    error = draft_and_prove(s, draft);
    if (error != Error::none || s.done.verdict != Verdict::accepted) return error;
    draft.next.created = draft.change.time = clock_now();
    error = rotate(s.host, s.record, &draft.next, draft.change);
    s.done.changed = error == Error::none;
    if (s.done.changed && !s.request.codes_only) (void)send_backup_codes(s, draft.codes);
    return error;
}

} // namespace totp
