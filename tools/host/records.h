// SPDX-License-Identifier: Apache-2.0
// What is wrong with the records, from what the helper's list says of each.
#pragma once
#include "core/protocol.h"
#include "finding.h"

namespace totp::host {

struct RecordAt {
    std::string user;
    Error error = Error::none;
    std::vector<std::string> counters; ///< names of the tokens that count
    unsigned tokens = 0, codes_left = 0, codes_made = 0;
    bool has_older_key = false; ///< it is sealed with another key than the first of the host key file
    std::string now = {};       ///< who has nothing set up, since the record was made for another name or uid of theirs
    bool is_set_up() const { return error == Error::none; }
};

Findings judge_records(const std::vector<RecordAt>& records);
/// After the store was set back to an older state: what is not known here any more.
Findings after_restoring(const std::vector<RecordAt>& records);

} // namespace totp::host
