// SPDX-License-Identifier: Apache-2.0
// A set-up in the making: the new key stays in this process until it is proved; then it comes in force with one
// entry, which spends the proof.
#pragma once
#include "service.h"

namespace totp {

using Codes = std::array<Secret<15>, backup_codes_in_a_set>;

struct Draft {
    Credential next;
    Codes codes;
    Change change;
    bool own_key = false; ///< not made here
    size_t slot() const { return next.tokens.size() - 1; } ///< of the new token: the last one
    const Token& token() const { return next.tokens[slot()]; }
};

/// Adds the token that is asked for, with a new key where none is given.
Error make_token(Service& service, Draft& draft);

/// Shows the key and asks for its proof: see prove().
Error draft_token(Service& service, Draft& draft);

/// A key that was not made here may have been used here before: it starts where no such code can count. One that is
/// in force goes on from there, wherever that is.
void start_counter(Service& service, Draft& draft);

/// Until the new key counts, or nothing does: then done.verdict is not `accepted`. `shown`: the person has it.
void prove(Service& service, Draft& draft, bool shown);

/// Puts the draft in force.
Error finish(Service& service, Draft& draft);

} // namespace totp
