// SPDX-License-Identifier: Apache-2.0
#include "settings_file.h"
#include <errno.h>

namespace totp {

Error load_settings(const char* path, uid_t owner, bool must_exist, Settings& settings, Misfit& misfit) {
    Fd fd;
    Error error = open_at(AT_FDCWD, path, O_RDONLY, fd);
    if (error != Error::none) {
        if (errno == ENOENT) return must_exist ? Error::settings_missing : Error::none;
        return errno == ELOOP || errno == ENXIO ? Error::settings_unsafe : error;
    }
    error = look_at(fd.get(), {owner, 07022, true}, Error::settings_unsafe);
    if (error != Error::none) return error;
    std::array<u8, longest_settings> room;
    size_t size = 0;
    misfit = {0, "the file is too long"};
    error = read_all(fd.get(), room, size, Error::bad_setting);
    if (error != Error::none) return error;
    bool fits = read_settings(text_of(Bytes(room).first(size)), settings, misfit);
    return fits ? Error::none : Error::bad_setting;
}

} // namespace totp
