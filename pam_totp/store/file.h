// SPDX-License-Identifier: Apache-2.0
// Files that stay safe: the descriptor that was opened is looked at, never the path.
#pragma once
#include "core/bytes.h"
#include "core/error.h"
#include "core/secret.h"
#include <dirent.h>
#include <fcntl.h>
#include <sys/types.h>

namespace totp {

/// An open descriptor, closed when it goes out of scope; errno survives the closing.
class Fd {
  public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    ~Fd() { close(); }
    Fd(Fd&& other) noexcept : fd_(other.release()) {}
    Fd& operator=(Fd&& other) noexcept;
    int get() const { return fd_; }
    bool is_open() const { return fd_ >= 0; }
    int release();
    void close();

  private:
    int fd_ = -1;
};

/// The names in a directory, one after the other.
class Listing {
  public:
    explicit Listing(const char* directory);
    ~Listing();
    Listing(const Listing&) = delete;
    Listing& operator=(const Listing&) = delete;
    const char* next();                    ///< nullptr at the end, and after an error
    Error error() const { return error_; } ///< a directory that cannot be read is not an empty one

  private:
    DIR* list_;
    Error error_ = Error::none;
};

/// What a file must be, or it is refused.
struct Expected {
    uid_t owner = 0;
    mode_t forbidden = 07077; ///< mode bits that must not be set
    bool or_root = false;     ///< root may own it as well
    bool named = false;       ///< it must still have its name; else it may have been replaced since it was opened
};

/// `fd`, or a copy of it when it is 0 to 2, where a host that closed these would print into it; -1 on an error.
int above_standard(int fd);

/// Opens `name` in the directory `at` (or AT_FDCWD) without following a link, without waiting for a FIFO, never
/// as descriptor 0 to 2. Error::io with errno (ENOENT among it).
Error open_at(int at, const char* name, int flags, Fd& fd);

/// A plain file without a second link, with the owner and none of the forbidden bits; else `unsafe`. `size` in bytes.
Error look_at(int fd, const Expected& expected, Error unsafe, u64& size);

/// The first `room.size()` bytes of a file; Error::io when it has become shorter.
Error read_all(int fd, Room room);
Error write_all(int fd, Bytes bytes);

/// Who a new file belongs to; group -1: as it comes.
struct Ownership {
    uid_t owner = 0;
    gid_t group = gid_t(-1);
    mode_t mode = 0600;
};

/// Gives an open file to its owner, before anything is in it.
Error give_to(int fd, const Ownership& ownership);

/// What a file is called while it is made: the name and this behind it.
inline constexpr string_view draft_suffix = ".new";

/// Renames `draft` to `name`. Error::stale when there is one of that name, or no draft any more.
Error give_name(int at, const char* draft, const char* name);
/// The same in place of what has the name.
Error take_name(int at, const char* draft, const char* name);
using GiveName = Error (*)(int at, const char* draft, const char* name);

/// Creates `name`, which must not be there: written and flushed, or not at all. On an error nothing is left; a kill
/// can leave a draft, which is replaced by the next. Error::stale when the name is given, or the draft was taken away.
Error create_file(int at, const char* name, const Ownership& ownership, Bytes bytes);

/// The same in place of what has the name.
Error replace_file(int at, const char* name, const Ownership& ownership, Bytes bytes);

/// Error::no_space for ENOSPC, EDQUOT and EFBIG, else Error::io.
Error error_of_errno();

} // namespace totp
