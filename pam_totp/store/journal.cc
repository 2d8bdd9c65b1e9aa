// SPDX-License-Identifier: Apache-2.0
#include "journal.h"
#include "core/judge.h"
#include "core/words.h"
#include "pages.h"
#include <errno.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace totp {
namespace {
constexpr u64 block = 4096;           // what is freed and allocated at a time
constexpr size_t first_look = 1024;   // nearly always enough: the snapshot is in the newest entry

/// File systems on which an append is not atomic between hosts, or a server decides what a flush is.
bool is_remote(long type) {
    for (long remote : {0x6969L /* NFS */, 0xFE534D42L /* SMB2 */, 0xFF534D42L /* CIFS */, 0x517BL /* SMB */,
                        0x65735546L /* FUSE */, 0x01021997L /* 9p */, 0x5346414FL /* AFS */, 0x73757245L /* Coda */,
                        0x00C36400L /* Ceph */, 0x01161970L /* GFS2 */, 0x7461636FL /* OCFS2 */}) {
        if (type == remote) return true;
    }
    return false;
}

Error look_at_filesystem(int fd) {
    struct statfs found;
    if (fstatfs(fd, &found) != 0) return Error::io;
    return is_remote(long(found.f_type)) ? Error::store_remote : Error::none;
}

/// Where a fold ends, and the entry that must stand there.
struct End {
    u64 at = 0;                      ///< everything before this offset is folded
    const EntryBytes* own = nullptr; ///< stands at `at`
};

/// The fold of what `room` can hold before end.at, the own entry behind it.
Error fold_back(const Host& host, const Account& account, int fd, const End& end, Room room, Fold& result,
                Folded& folded) {
    size_t behind = end.own ? entry_size : 0;
    size_t before = size_t(std::min<u64>(end.at, room.size() - behind));
    Tail tail{{}, end.at - before};
    ssize_t got = pread(fd, room.data(), before + behind, off_t(tail.low));
    if (got != ssize_t(before + behind)) return got < 0 ? Error::io : Error::journal_damaged;
    if (end.own && memcmp(room.data() + before, end.own->data(), entry_size) != 0) return Error::journal_damaged;
    tail.bytes = Bytes(room).first(before);
    result = fold(tail, host.keyring, account, folded);
    return Error::none;
}

Error error_of(Fold result) {
    switch (result) {
    case Fold::done: return Error::none;
    case Fold::newer: return Error::journal_newer;
    case Fold::foreign: return Error::key_unknown;
    case Fold::broken: return Error::crypto;
    default: return Error::journal_damaged;
    }
}

/// Folds everything before end.at, looking back as far as it takes: a caller with a file size limit can put any
/// number of void bytes behind the newest entry, and a bound would let him lock the person out. The next entry
/// ends it, since its own snapshot is fresh.
Error fold_far(const Host& host, const Account& account, int fd, const End& end, Folded& folded) {
    std::array<u8, first_look + entry_size> small;
    Fold result = Fold::done;
    Error error = fold_back(host, account, fd, end, small, result, folded);
    for (size_t look = 4 * fold_window; error == Error::none && result == Fold::read_more; look *= 4) {
        Pages pages(look);
        if (pages.room().empty()) return Error::io;
        error = fold_back(host, account, fd, end, pages.room(), result, folded);
    }
    return error == Error::none ? error_of(result) : error;
}

/// The same; with the keys that came meanwhile, where an entry needs them.
Error fold_to(const Host& host, const Account& account, int fd, const End& end, Folded& folded) {
    Error error = fold_far(host, account, fd, end, folded);
    if (error != Error::key_unknown) return error;
    error = learn_keys(host);
    return error == Error::none ? fold_far(host, account, fd, end, folded) : error;
}

/// Folds the journal, which has `size` bytes or more by now.
Error load_up_to(const Host& host, const Account& account, Journal& journal, u64 size) {
    for (int tries = 0; tries < 8; ++tries) {
        if (size == 0) return Error::journal_damaged; // MUST 6
        Error error = fold_to(host, account, journal.fd.get(), {size}, journal.folded);
        // What was read may have been freed under us by those who went on; then what it says means nothing.
        off_t now = lseek(journal.fd.get(), 0, SEEK_END);
        if (now < 0) return Error::io;
        if (u64(now) <= size + fold_window) return error;
        size = u64(now);
    }
    return Error::journal_overtaken;
}

/// MUST 4. Best effort: what is not freed now is freed by the next.
void free_beginning(const Host& host, const Account& account, int fd, u64 at) {
    if (at < 2 * fold_window) return;
    std::array<u8, block + entry_size> room;
    u64 end = at - fold_window + entry_size, newest = 0;
    Tail tail{room, end - room.size()};
    if (pread(fd, room.data(), room.size(), off_t(tail.low)) != ssize_t(room.size())) return;
    if (!newest_fresh(tail, host.keyring, account, newest) || newest < fold_window) return;
    u64 free_to = (newest - fold_window) & ~(block - 1);
    if (free_to > 0) (void)fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, off_t(free_to));
}

/// MUST 5. On a nearly full disk a block is better than nothing.
void keep_spare_room(int fd, u64 end) {
    if (fallocate(fd, FALLOC_FL_KEEP_SIZE, off_t(end), spare_room) != 0) {
        (void)fallocate(fd, FALLOC_FL_KEEP_SIZE, off_t(end), block);
    }
}

/// MUST 1. Where the entry landed.
Error write_once(int fd, const EntryBytes& bytes, u64& at) {
    errno = 0;
    ssize_t put = write(fd, bytes.data(), entry_size);
    if (put != ssize_t(entry_size)) return put < 0 ? error_of_errno() : Error::no_space;
    off_t end = lseek(fd, 0, SEEK_CUR);
    if (end < off_t(entry_size)) return Error::io;
    at = u64(end) - entry_size;
    return Error::none;
}

/// MUST 3. Whether the file has outgrown what an entry at `at` can be judged by.
Error check_growth(int fd, u64 at) {
    off_t now = lseek(fd, 0, SEEK_END);
    if (now < 0) return Error::io;
    return u64(now) > at + entry_size + fold_window ? Error::journal_overtaken : Error::none;
}

/// MUST 3, when nobody came between: the state before the own entry is what was folded already.
Error check_last(int fd, u64 at, const EntryBytes& own) {
    std::array<u8, entry_size + 1> room;
    ssize_t got = pread(fd, room.data(), room.size(), off_t(at));
    if (got < ssize_t(entry_size)) return got < 0 ? Error::io : Error::journal_damaged;
    if (memcmp(room.data(), own.data(), entry_size) != 0) return Error::journal_damaged;
    return got == ssize_t(entry_size) ? Error::none : check_growth(fd, at);
}

/// MUST 3, when others were faster: the state before the own entry.
Error fold_before(const Host& host, const Account& account, int fd, u64 at, const EntryBytes& own, Folded& before) {
    Error error = fold_to(host, account, fd, {at, &own}, before);
    // What was read may have been freed under us: then what it says means nothing.
    Error grown = check_growth(fd, at);
    return grown == Error::none ? error : grown;
}
/// Snapshots overwrite themselves on file systems that copy on write: without this a full disk would refuse.
void forbid_copy_on_write(int fd) {
    struct statfs found;
    if (fstatfs(fd, &found) != 0 || found.f_type != BTRFS_SUPER_MAGIC) return;
    int flags = 0;
    if (ioctl(fd, FS_IOC_GETFLAGS, &flags) != 0) return;
    flags |= FS_NOCOW_FL;
    (void)ioctl(fd, FS_IOC_SETFLAGS, &flags);
}

Error fill_journal(int fd, uid_t owner, const EntryBytes& bytes) {
    Error error = give_to(fd, {owner});
    if (error != Error::none) return error;
    forbid_copy_on_write(fd);
    keep_spare_room(fd, 0);
    u64 at = 0;
    error = write_once(fd, bytes, at);
    if (error != Error::none) return error;
    return fsync(fd) == 0 ? Error::none : error_of_errno();
}

} // namespace

Text<240> name_in_store(const Account& account, u64 id, string_view suffix) {
    std::array<char, 16> digits;
    Text<240> name(account.file.view());
    return name.add('.').add(Writer(digits).id(id).view()).add(suffix);
}

Error open_journal(const Host& host, const Account& account, Journal& journal) {
    Error error = open_at(host.directory.get(), account.file.c_str(), O_RDWR | O_APPEND, journal.fd);
    journal.is_absent = error != Error::none && errno == ENOENT;
    if (error != Error::none) {
        if (errno == ELOOP || errno == ENXIO || errno == EISDIR) return Error::record_unsafe;
        if (!journal.is_absent) return error;
        error = check_sentinel(host);
        return error == Error::none ? Error::no_record : error;
    }
    u64 size = 0;
    error = look_at(journal.fd.get(), {account.uid, 07177, false, true}, Error::record_unsafe, size);
    if (error == Error::none) error = look_at_filesystem(journal.fd.get());
    return error == Error::none ? load_up_to(host, account, journal, size) : error;
}

Error load_journal(const Host& host, const Account& account, Journal& journal) {
    off_t size = lseek(journal.fd.get(), 0, SEEK_END);
    return size < 0 ? Error::io : load_up_to(host, account, journal, u64(size));
}

Error append(const Host& host, const Account& account, Journal& journal, Entry entry, Verdict& verdict,
             State& state) {
    int fd = journal.fd.get();
    EntryBytes bytes;
    entry.key = host.keyring.newest().id;
    entry.seen = journal.folded.state;
    entry.base = journal.folded.base;
    Error error = write_entry(entry, host.keyring, account, bytes);
    if (error != Error::none) return error;
    u64 at = 0;
    error = write_once(fd, bytes, at);
    if (error != Error::none) return error;
    Folded before = journal.folded;
    error = at == before.base ? check_last(fd, at, bytes) : fold_before(host, account, fd, at, bytes, before);
    if (error != Error::none) return error;
    // Its key was dropped while this attempt waited: such an entry is void for everybody.
    bool is_void = !host.keyring.find(entry.key);
    Verdict judged = is_void ? Verdict::stale : judge(before.state, entry);
    if (fdatasync(fd) != 0) return error_of_errno();
    verdict = judged;
    state = before.state;
    journal.folded = {before.state, at + entry_size};
    if (at / block != (at + entry_size) / block) {
        free_beginning(host, account, fd, at);
        keep_spare_room(fd, at + entry_size);
    }
    return Error::none;
}

namespace {
Error begin_journal(const Host& host, const Account& account, Entry entry, GiveName give) {
    EntryBytes bytes;
    entry.key = host.keyring.newest().id;
    entry.base = 0;
    Error error = write_entry(entry, host.keyring, account, bytes);
    if (error != Error::none) return error;
    int directory = host.directory.get();
    Text<240> first = name_in_store(account, entry.next, ".first");
    Fd fd;
    error = open_at(directory, first.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_EXCL, fd);
    if (error != Error::none) return error;
    error = fill_journal(fd.get(), account.uid, bytes);
    if (error == Error::none) error = give(directory, first.c_str(), account.file.c_str());
    if (error == Error::none && fsync(directory) != 0) error = error_of_errno();
    if (error != Error::none) {
        int kept = errno;
        (void)unlinkat(directory, first.c_str(), 0);
        errno = kept;
    }
    return error;
}
} // namespace

Error create_journal(const Host& host, const Account& account, const Entry& entry) {
    return begin_journal(host, account, entry, give_name);
}

Error replace_journal(const Host& host, const Account& account, const Entry& entry) {
    return begin_journal(host, account, entry, take_name);
}

} // namespace totp
