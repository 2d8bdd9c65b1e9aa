// SPDX-License-Identifier: Apache-2.0
#include "session.h"
#include "core/list.h"
#include "core/place.h"
#include "file.h"
#include <unistd.h>

namespace totp {
namespace {

/// The beginning of a file of the kernel's; empty when it cannot be read.
string_view read_some(const char* path, std::span<char> room) {
    Fd fd;
    if (open_at(AT_FDCWD, path, O_RDONLY, fd) != Error::none) return {};
    ssize_t got = read(fd.get(), room.data(), room.size());
    return {room.data(), got > 0 ? size_t(got) : 0};
}
} // namespace

bool describe_session(Writer& out) {
    std::array<char, 1024> room;
    std::array<char, 40> name;
    pid_t session = getsid(0);
    if (session <= 0 || session == getpid()) return false;
    Text<40> path(Writer(name).add("/proc/").number(u64(session)).add("/stat").view());
    u64 began = 0;
    if (!read_start_time(read_some(path.c_str(), room), began)) return false;
    out.number(u64(session)).add(' ').number(began).add(' ');
    string_view boot = read_some("/proc/sys/kernel/random/boot_id", room);
    out.add(slice(boot, 0, boot.find('\n')));
    return !boot.empty() && out.ok();
}

} // namespace totp
