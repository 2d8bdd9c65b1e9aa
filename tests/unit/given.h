// SPDX-License-Identifier: Apache-2.0
// What most tests are given: an account, a host key, tokens whose codes are known, a person who answers.
#pragma once
#include "../support/one_code.h"
#include "core/credential.h"
#include "core/judge.h"
#include "core/keyring.h"
#include <string>

namespace totp::given {

constexpr string_view rfc_key = "12345678901234567890"; ///< of RFC 4226 and RFC 6238
constexpr u64 noon = 1'700'000'025;                     ///< in the middle of a period of 30 s
constexpr u64 day = 86400;

inline Account account(string_view name = "alice", u32 uid = 1000) {
    Account made;
    (void)make_account(name, uid, made);
    return made;
}

/// A host key with sets of these ids; the keys differ by id.
inline void make_keyring(Keyring& keyring, std::initializer_list<u64> ids) {
    for (u64 id : ids) {
        KeySet* set = keyring.sets.grow();
        set->id = id;
        for (u8& b : set->sealing.fill(32)) b = u8(id * 3);
        for (u8& b : set->signing.fill(32)) b = u8(id * 5 + 1);
    }
}
constexpr u64 key_id = 0x1122334455667788;
inline const Keyring& host() {
    static Keyring keyring;
    if (keyring.sets.empty()) make_keyring(keyring, {key_id, 2});
    return keyring;
}

inline Token& add_token(Credential& credential, string_view name, string_view key, Type type = Type::totp,
                        unsigned digits = 6, unsigned period = 30) {
    Token* token = credential.tokens.grow();
    token->name = Text<32>(name);
    token->type = type;
    token->digits = digits;
    token->period = period;
    (void)token->key.assign(bytes_of(key));
    return *token;
}

/// The code of a token as a person types it.
inline std::string code(const Token& token, u64 counter) {
    u32 number = 0;
    if (!code_of(token, counter, number)) return "no code";
    std::string digits = std::to_string(number);
    return std::string(token.digits - digits.size(), '0') + digits;
}

/// Two codes in a row, the second one of `counter + 1`.
inline std::string two_codes(const Token& token, u64 counter) {
    return code(token, counter) + " " + code(token, counter + 1);
}

/// Backup codes `0…`, `1…`: fifteen times the same character.
inline std::string backup_code(size_t index) { return std::string(15, char('0' + index)); }
inline void add_backup_codes(Credential& credential, size_t count) {
    credential.backup.rounds = 2;
    credential.backup.salt.fill(7);
    for (size_t i = 0; i < count; ++i) {
        Secret<15> typed;
        (void)typed.assign(bytes_of(backup_code(i)));
        (void)backup_digest(credential.backup, typed, *credential.backup.digests.grow());
    }
}

/// Somebody with a record, who answers prompts.
struct Person {
    Credential credential;
    State state;
    Policy policy;

    Person() { state.credential = 77; }

    Finding find(string_view typed, u64 now) const {
        Answer answer;
        read_answer(typed, answer);
        Finding finding;
        if (examine(credential, state, answer, now, policy, finding) != Error::none)
            finding.verdict = Verdict::none;
        return finding;
    }
    Verdict answer(string_view typed, u64 now) {
        Finding finding = find(typed, now);
        return finding.append ? judge(state, finding.entry) : finding.verdict;
    }
    Token& token(size_t slot = 0) { return credential.tokens[slot]; }
    u32 guesses(u64 now) const {
        return guesses_left(state.full_at[size_t(policy.caller)], policy.bucket, now);
    }
    /// Wrong codes until the bucket is empty.
    void spend_guesses(u64 now) {
        while (guesses(now) > 0) (void)answer("unfit", now);
    }
};

/// A person with one token of the RFCs' key.
struct Owner : Person {
    explicit Owner(Type type = Type::totp, unsigned digits = 6, unsigned period = 30) {
        add_token(credential, "phone", rfc_key, type, digits, period);
    }
};

} // namespace totp::given
