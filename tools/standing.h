// SPDX-License-Identifier: Apache-2.0
// What the rule that decides means for one account.
#pragma once
#include "core/protocol.h"
#include "secret_text.h"
#include <string>

namespace totp {

enum class Standing {
    covered,   ///< a code is asked for, and can be given
    enrolling, ///< nothing set up: during the login, or put off until a day
    exempt,    ///< a rule asks for none
    open,      ///< nothing set up, and let in without
    refused,   ///< nothing set up, and not let in
};
constexpr Standing standings[] = {Standing::covered, Standing::enrolling, Standing::exempt, Standing::open, Standing::refused};
const char* word(Standing standing); ///< for programs

/// Now, by this computer's clock. `record`: none when something is set up, no_record, recovering, or what is wrong with
/// it.
Standing standing(const RuleLine& rule, Error record);

/// `file:line` of the rule.
std::string place(const RuleLine& rule);
/// As one value; null when no rule matched.
SecretText json_rule(const RuleLine& rule);

} // namespace totp
