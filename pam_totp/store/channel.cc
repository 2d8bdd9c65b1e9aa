// SPDX-License-Identifier: Apache-2.0
#include "channel.h"
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

namespace totp {

i64 monotonic_seconds() {
    timespec now = {};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return i64(now.tv_sec);
}

bool Channel::wait(short events) const {
    for (;;) {
        i64 left = deadline_ - monotonic_seconds();
        if (left <= 0) return false;
        pollfd one = {fd_, events, 0};
        int ready = poll(&one, 1, int(left * 1000));
        if (ready > 0) return true;
        if (ready == 0 || errno != EINTR) return false;
    }
}

bool Channel::receive(string_view& line) {
    Secret<longest_message> rest; // what came behind the line before
    (void)rest.assign(held_.reveal().subspan(taken_));
    (void)held_.assign(rest.reveal());
    taken_ = 0;
    for (;;) {
        size_t end = held_.reveal_text().find('\n');
        if (end != string_view::npos) {
            line = slice(held_.reveal_text(), 0, end);
            taken_ = end + 1;
            return true;
        }
        if (!wait(POLLIN)) return false;
        Secret<512> piece;
        Room room = piece.fill(512);
        ssize_t got = recv(fd_, room.data(), room.size(), 0);
        if (got <= 0) return false;
        for (u8 byte : Bytes(room).first(size_t(got))) {
            if (!held_.push(byte)) return false;
        }
    }
}

bool Channel::send_text(string_view text) {
    while (!text.empty()) {
        if (!wait(POLLOUT)) return false;
        ssize_t put = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return false;
        text.remove_prefix(size_t(put));
    }
    return true;
}

} // namespace totp
