// SPDX-License-Identifier: Apache-2.0
// A credential: the tokens and backup codes that count together, until another one replaces them.
#pragma once
#include "account.h"
#include "backup_code.h"
#include "bytes.h"
#include "error.h"
#include "list.h"
#include "token.h"
#include "words.h"

namespace totp {

struct Credential {
    u64 created = 0; ///< seconds since 1970
    List<Token, most_tokens> tokens; ///< the place in this list is the token's slot in the state
    BackupCodes backup;
    u64 recovery_until = 0; ///< seconds since 1970; 0: no recovery. Else its one backup code is the recovery code

    /// No token and no code counts any more but one, which lets in nobody: it permits one set-up.
    bool is_recovery() const { return recovery_until != 0; }
    /// Also false before it was made: a clock that was set back gives no more time than there was.
    bool recovers_at(u64 now) const { return now >= created && now < recovery_until; }

    /// The slot of a token with this name, or -1.
    int find(string_view name) const;
    bool has_key(Bytes key) const;
};

constexpr size_t longest_credential = 4096; ///< bytes of the text
constexpr u64 recovery_life = 24 * u64(3600); ///< seconds

/// The text that is sealed: a version line, `created=…`, a `token …` line each, `backup …` and its digests. Of a recovery
/// the version is 2, and `recovery until=…` comes third: a program that would take its code for a backup code refuses.
void write_credential(const Credential& credential, Writer& out);
/// Error::credential_newer for a higher version, Error::credential_damaged for anything that does not fit.
Error read_credential(string_view text, Credential& credential);

/// The clear first line of a credential's file. It is the associated data of the seal, so none of it can be
/// changed; `replaces` is the credential that this one was computed from.
struct Head {
    u64 key = 0, id = 0, replaces = 0;
};
constexpr size_t longest_head = 400;
void write_head(const Head& head, const Account& account, Writer& out);
/// `line` without its newline. Error::credential_foreign when it names another account.
Error read_head(string_view line, const Account& account, Head& head);

/// Ids are random; this bit says that no credential is in force. A removal has an id of its own, so that what
/// was computed from an earlier "nothing set up" cannot be put in force after it.
constexpr u64 nothing_in_force = 1ull << 63;
constexpr bool in_force(u64 id) { return id != 0 && !(id & nothing_in_force); }

} // namespace totp
