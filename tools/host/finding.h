// SPDX-License-Identifier: Apache-2.0
// What `check` finds on a host, and what `enable` asks about before it changes anything.
#pragma once
#include <string>
#include <vector>

namespace totp::host {

struct Finding {
    enum Level {
        note,    ///< good to know
        warning, ///< works, but not as somebody will expect
        danger,  ///< somebody can be let in, or is kept out
    } level = note;
    std::string id;    ///< one stable word for programs
    std::string where; ///< FILE:LINE, FILE, or the account
    std::string what;  ///< what is so
    std::string why;   ///< what comes of it
    std::string fix;   ///< the line to write, or the command to run; may be empty
};

using Findings = std::vector<Finding>;

inline const char* word(Finding::Level level) {
    return level == Finding::danger ? "danger" : level == Finding::warning ? "warning" : "note";
}

} // namespace totp::host
