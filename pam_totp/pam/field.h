// SPDX-License-Identifier: Apache-2.0
// Where a code comes from: the person at the prompt, or the password that a module above has asked for; and
// where the password goes when both came in one field.
#pragma once
#include "conversation.h"
#include "options.h"

namespace totp {

class Field {
  public:
    Field(pam_handle_t* pam, const Options& options) : pam_(pam), options_(options) {}
    /// The next code as it was typed, of a record whose codes have `digits`. It is empty, so neither right nor
    /// counted, where no code can have been meant: some ssh clients answer every prompt with the password.
    /// PAM_SUCCESS, PAM_CONV_ERR, or PAM_AUTH_ERR when there is nothing to try and nobody may be asked.
    int take(const char* prompt, unsigned digits, Secret<longest_reply>& code);
    /// Whether the last code was tried without a question, so that one is left to put.
    bool is_still_to_ask() const { return was_first_pass_ && options_.first_pass == FirstPass::try_it; }

  private:
    bool take_first_pass(unsigned digits, Secret<longest_reply>& code);
    int split(string_view typed, unsigned digits, Secret<longest_reply>& code);

    pam_handle_t* pam_;
    const Options& options_;
    bool begun_ = false, was_first_pass_ = false;
};

/// A PAM item that is a text; empty when it is not set.
string_view text_item(pam_handle_t* pam, int which);

} // namespace totp
