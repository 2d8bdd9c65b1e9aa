// SPDX-License-Identifier: Apache-2.0
// The helper, where the application has no privilege to read a record: a screen locker, as pam_unix runs
// unix_chkpwd for it. It checks one code of the account that runs the application, and no other's.
#pragma once
#include "core/protocol.h"
#include "store/channel.h"
#include "store/file.h"

namespace totp {

/// One conversation with the helper, for one code.
class Verifier {
  public:
    Verifier(); ///< starts it; it ends with this value

    /// What there is to know before the question. Error::no_record when nothing is set up.
    Error begin(RecordLine& record, Token& token, Ask& question);
    /// Whether the code is right; it is spent by that. Where the helper has ended meanwhile, as it does when a person
    /// takes more than 15 minutes, another one is asked.
    Error check(string_view code, Verdict& verdict);
    /// What an error is about: the path that the helper says, and the system's reason if there is one, or its own.
    string_view detail() const { return detail_.view(); }

  private:
    Error send(string_view code, Verdict& verdict);
    bool is_gone() const;
    Error end(string_view line, Verdict& verdict);

    Text<512> detail_;
    Fd socket_;
    bool started_;
    Channel channel_;
};

} // namespace totp
