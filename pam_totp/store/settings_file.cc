// SPDX-License-Identifier: Apache-2.0
#include "settings_file.h"
#include "pages.h"
#include <errno.h>

namespace totp {
namespace {
constexpr size_t usual_settings = 2048; // bytes, on the stack

Error read_into(int fd, Room room, Settings& settings, Misfit& misfit) {
    Error error = read_all(fd, room);
    if (error != Error::none) return error;
    return read_settings(text_of(room), settings, misfit) ? Error::none : Error::bad_setting;
}
} // namespace

Error load_settings(const char* path, uid_t owner, bool must_exist, Settings& settings, Misfit& misfit) {
    Fd fd;
    Error error = open_at(AT_FDCWD, path, O_RDONLY, fd);
    if (error != Error::none) {
        if (errno == ENOENT) return must_exist ? Error::settings_missing : Error::none;
        return errno == ELOOP || errno == ENXIO ? Error::settings_unsafe : error;
    }
    u64 size = 0;
    error = look_at(fd.get(), {owner, 07022, true}, Error::settings_unsafe, size);
    if (error != Error::none) return error;
    if (size > longest_settings) return misfit = {0, "the file is too long"}, Error::bad_setting;
    std::array<u8, usual_settings> few;
    if (size <= few.size()) return read_into(fd.get(), Room(few).first(size), settings, misfit);
    Pages many(longest_settings);
    return many.room().empty() ? Error::io : read_into(fd.get(), many.room().first(size), settings, misfit);
}

} // namespace totp
