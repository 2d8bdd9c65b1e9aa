// SPDX-License-Identifier: Apache-2.0
#include "file.h"
#include "core/list.h"
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace totp {
#ifndef RENAME_NOREPLACE // musl, up to 1.2.5
constexpr unsigned RENAME_NOREPLACE = 1;
namespace {
int renameat2(int from_at, const char* from, int to_at, const char* to, unsigned flags) {
    return int(syscall(SYS_renameat2, from_at, from, to_at, to, flags));
}
} // namespace
#endif

int above_standard(int fd) {
    if (fd < 0 || fd > 2) return fd;
    int moved = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    Fd old(fd);
    return moved;
}

namespace {
Error fill_file(int fd, const Ownership& ownership, Bytes bytes) {
    Error error = give_to(fd, ownership);
    if (error == Error::none) error = write_all(fd, bytes);
    if (error != Error::none) return error;
    return fsync(fd) == 0 ? Error::none : error_of_errno();
}
} // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
    if (this != &other) {
        close();
        fd_ = other.release();
    }
    return *this;
}

int Fd::release() {
    int fd = fd_;
    fd_ = -1;
    return fd;
}

void Fd::close() {
    if (fd_ < 0) return;
    int kept = errno;
    ::close(fd_);
    errno = kept;
    fd_ = -1;
}

Listing::Listing(const char* directory) : list_(opendir(directory)) {
    if (!list_) error_ = Error::io;
}

Listing::~Listing() {
    int kept = errno;
    if (list_) closedir(list_);
    errno = kept;
}

const char* Listing::next() {
    if (error_ != Error::none) return nullptr;
    errno = 0;
    const dirent* entry = readdir(list_);
    if (!entry && errno != 0) error_ = Error::io;
    return entry ? entry->d_name : nullptr;
}

Error error_of_errno() {
    return errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? Error::no_space : Error::io;
}

Error open_at(int at, const char* name, int flags, Fd& fd) {
    fd = Fd(above_standard(openat(at, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY, 0600)));
    return fd.is_open() ? Error::none : error_of_errno();
}

Error look_at(int fd, const Expected& expected, Error unsafe, u64& size) {
    // Only what is asked for here: a look at the times costs a device write more at the next change.
    struct statx found;
    constexpr unsigned wanted = STATX_TYPE | STATX_MODE | STATX_UID | STATX_NLINK | STATX_SIZE;
    if (statx(fd, "", AT_EMPTY_PATH, wanted, &found) != 0) return Error::io;
    size = found.stx_size;
    bool owned = found.stx_uid == expected.owner || (expected.or_root && found.stx_uid == 0);
    // No link at all: replaced since it was opened, by a change that goes on beside this login.
    bool linked = found.stx_nlink == 1 || (found.stx_nlink == 0 && !expected.named);
    bool safe = (found.stx_mask & wanted) == wanted && S_ISREG(found.stx_mode) && linked && owned &&
                (found.stx_mode & expected.forbidden) == 0;
    return safe ? Error::none : unsafe;
}

Error read_all(int fd, Room room) {
    while (!room.empty()) {
        ssize_t got = read(fd, room.data(), room.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return Error::io;
        room = room.subspan(size_t(got));
    }
    return Error::none;
}

Error write_all(int fd, Bytes bytes) {
    while (!bytes.empty()) {
        ssize_t put = write(fd, bytes.data(), bytes.size());
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return error_of_errno();
        bytes = bytes.subspan(size_t(put));
    }
    return Error::none;
}

Error give_to(int fd, const Ownership& o) {
    bool theirs = geteuid() == o.owner && o.group == gid_t(-1);
    if (!theirs && fchown(fd, o.owner, o.group) != 0) return error_of_errno();
    return fchmod(fd, o.mode) == 0 ? Error::none : error_of_errno(); // a umask may have taken bits away
}

Error give_name(int at, const char* draft, const char* name) {
    if (renameat2(at, draft, at, name, RENAME_NOREPLACE) == 0) return Error::none;
    // Gone: who got the name took away what cannot get it any more.
    return errno == EEXIST || errno == ENOENT ? Error::stale : error_of_errno();
}

Error take_name(int at, const char* draft, const char* name) {
    if (renameat(at, draft, at, name) == 0) return Error::none;
    return errno == ENOENT ? Error::stale : error_of_errno();
}

namespace {
Error write_file(int at, const char* name, const Ownership& ownership, Bytes bytes, GiveName give) {
    Text<4200> draft{string_view(name)};
    draft.add(draft_suffix);
    Fd fd;
    constexpr int flags = O_WRONLY | O_CREAT | O_EXCL;
    Error error = open_at(at, draft.c_str(), flags, fd);
    bool left_over = error != Error::none && errno == EEXIST && unlinkat(at, draft.c_str(), 0) == 0;
    if (left_over) error = open_at(at, draft.c_str(), flags, fd);
    if (error != Error::none) return errno == EEXIST ? Error::stale : error;
    error = fill_file(fd.get(), ownership, bytes);
    if (error == Error::none) error = give(at, draft.c_str(), name);
    if (error != Error::none) {
        int kept = errno;
        (void)unlinkat(at, draft.c_str(), 0);
        errno = kept;
    }
    return error;
}
} // namespace

Error create_file(int at, const char* name, const Ownership& ownership, Bytes bytes) {
    return write_file(at, name, ownership, bytes, give_name);
}

Error replace_file(int at, const char* name, const Ownership& ownership, Bytes bytes) {
    return write_file(at, name, ownership, bytes, take_name);
}

} // namespace totp
