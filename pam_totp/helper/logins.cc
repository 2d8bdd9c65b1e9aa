// SPDX-License-Identifier: Apache-2.0
// Who got in with a code: what shows that a service which was switched on lets people in.
#include "service.h"
#include <algorithm>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace totp {
namespace {
constexpr size_t looked_at = 65536; ///< bytes of a journal: what an afternoon of guesses writes, and more

/// A journal that nobody has written since tells of no login since. Coarse clocks of file systems lag behind.
bool may_tell(const Service& s, string_view file) {
    struct stat found = {};
    bool is_there = fstatat(s.host.directory.get(), Text<255>(file).c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0;
    return is_there && u64(found.st_mtime) + 2 >= s.request.since;
}

bool find_login(const Service& s, const Record& record, Entry& entry) {
    std::array<u8, looked_at> room;
    off_t size = lseek(record.journal.fd.get(), 0, SEEK_END);
    if (size <= 0) return false;
    size_t count = std::min(size_t(size), room.size());
    Tail tail{Bytes(room).first(count), u64(size) - count};
    if (pread(record.journal.fd.get(), room.data(), count, off_t(tail.low)) != ssize_t(count)) return false;
    Door door = door_of(s.request.service.view());
    return newest_accepted(tail, s.host.keyring, record.account, door, s.request.since, entry);
}

/// False when nobody reads any more.
bool send_login(Service& s, string_view file) {
    Record record;
    Entry entry;
    bool is_readable = find_owner(file, record.account) == Error::none && open_record(s.host, record) == Error::none;
    if (!is_readable || !find_login(s, record, entry)) return true;
    LoginLine line{record.account.name, u32(std::min<u64>(entry.time, UINT32_MAX)), entry.from};
    return s.channel.send<const LoginLine&>(write_login_line, line);
}
} // namespace

Error list_logins(Service& s) {
    Error error = visit_journals(s, [&s](string_view file) { return !may_tell(s, file) || send_login(s, file); });
    return error == Error::stale ? Error::none : error; // nobody reads any more
}

} // namespace totp
