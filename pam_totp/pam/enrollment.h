// SPDX-License-Identifier: Apache-2.0
// A set-up during the login: the helper makes the key, draws it and judges the proof; the person reads it in one
// prompt, since all that is no prompt comes late, mangled or never over ssh.
#pragma once
#include "core/protocol.h"
#include "login.h"
#include "options.h"
#include "phrases.h"
#include "store/channel.h"
#include "store/pages.h"

namespace totp {

class Enrollment {
  public:
    /// `put_off_until`: the first second at which an empty answer does not put it off; seconds since 1970.
    Enrollment(pam_handle_t* pam, const Options& options, u64 put_off_until);
    ~Enrollment();
    Enrollment(const Enrollment&) = delete;
    Enrollment& operator=(const Enrollment&) = delete;

    /// Leads the account's owner through it. Outcome::accepted: the key is in force and its code spent.
    /// Outcome::not_asked: it was put off.
    /// `replaces`: the recovery whose code was typed, or 0.
    Outcome run(string_view user, u64 replaces);
    /// After Outcome::unavailable: why, and what it is about.
    Error error() const { return error_; }
    string_view detail() const { return detail_.view(); }

  private:
    bool begin(string_view user, u64 replaces);
    bool take_key(const Key& key);
    Outcome ask_for_proof(u64 now);
    Outcome judge(string_view typed);
    bool end(string_view line);

    pam_handle_t* pam_;
    const Options& options_;
    u64 put_off_until_;
    Fd socket_;
    bool started_;
    Channel channel_;
    Pages page_;      ///< what the first prompt says
    Writer text_;
    Ask question_;
    Done done_;
    Error error_ = Error::helper_missing;
    Text<512> detail_;
};

} // namespace totp
