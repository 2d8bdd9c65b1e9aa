// SPDX-License-Identifier: Apache-2.0
// The other end of the helper's socket. Every touch of a record goes through it.
#pragma once
#include "command.h"

namespace totp {

class Helper {
  public:
    /// Starts pam_totp_helper: the one beside this program, else the installed one.
    explicit Helper(const Arguments& arguments);
    ~Helper();
    Helper(const Helper&) = delete;
    Helper& operator=(const Helper&) = delete;

    bool send(const Request& request);
    bool send_answer(string_view typed);
    /// The next line, valid until the next call; false when the helper ended without `done`.
    bool receive(string_view& line);
    /// Waits for its end; false when it could not even be run, which was told.
    bool was_run();

  private:
    bool send_text(string_view text);
    int fd_ = -1;
    int pid_ = -1;
    Secret<longest_message> held_;
    size_t taken_ = 0;
};

} // namespace totp
