// SPDX-License-Identifier: Apache-2.0
// A socket between the helper and whoever runs it: whole lines in and out, and a deadline.
#pragma once
#include "core/protocol.h"

namespace totp {

class Channel {
  public:
    /// `fd` is a stream socket; every wait ends at `deadline` (seconds of CLOCK_MONOTONIC).
    Channel(int fd, i64 deadline) : fd_(fd), deadline_(deadline) {}
    /// The next line without its newline, valid until the next call; false at the end, the deadline, or a line
    /// that is too long.
    bool receive(string_view& line);
    /// Writes one line with `write`; false when nobody reads any more.
    template <typename Message> bool send(void (*write)(Message, Writer&), const std::type_identity_t<Message>& message) {
        Secret<longest_message> room;
        Room bytes = room.fill(longest_message);
        Writer out({reinterpret_cast<char*>(bytes.data()), bytes.size()});
        write(message, out);
        return out.ok() && send_text(out.view());
    }
    void set_deadline(i64 deadline) { deadline_ = deadline; }

  private:
    bool send_text(string_view text);
    bool wait(short events) const;

    int fd_;
    i64 deadline_;
    Secret<longest_message> held_; ///< received; the first `taken_` bytes were given out
    size_t taken_ = 0;
};

i64 monotonic_seconds();

} // namespace totp
