// SPDX-License-Identifier: Apache-2.0
// New backup codes, as setup and codes show them: once.
#pragma once
#include "core/protocol.h"
#include "secret_text.h"

namespace totp {

class NewCodes {
  public:
    /// Takes the helper's `code` line; false when it is none, or one too many.
    bool take(string_view line);
    bool complete() const { return count_ == codes_.size(); }
    void show() const;       ///< two columns
    SecretText json() const; ///< an array

  private:
    std::array<Secret<17>, backup_codes_in_a_set> codes_;
    size_t count_ = 0;
};

} // namespace totp
