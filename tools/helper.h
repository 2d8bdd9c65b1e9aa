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

  private:
    bool send_text(string_view text);
    int fd_ = -1;
    int pid_ = -1;
    Secret<longest_message> held_;
    size_t taken_ = 0;
};

/// Runs one request to its end: answers what is asked from the terminal, hands every other line to `take`.
/// The exit status, with the reason said to the person.
template <typename Take> int converse(Arguments& arguments, Done& done, Take take);

/// Puts the helper's question to the person; false when they gave up.
bool answer(Helper& helper, const Ask& ask);

/// What `done` means: the exit status, and on a refusal the reason on standard error.
int conclude(const Done& done);

template <typename Take> int converse(Arguments& arguments, Done& done, Take take) {
    arguments.request.user = Text<255>(arguments.user);
    Helper helper(arguments);
    string_view line;
    Ask ask;
    bool going = helper.send(arguments.request);
    while (going && (going = helper.receive(line))) {
        if (read_done(line, done)) return conclude(done);
        going = read_ask(line, ask) ? answer(helper, ask) : take(line);
    }
    complain("nothing was changed");
    return exit_refused;
}

} // namespace totp
