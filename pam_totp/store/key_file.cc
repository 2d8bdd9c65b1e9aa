// SPDX-License-Identifier: Apache-2.0
#include "key_file.h"
#include "random.h"
#include <errno.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace totp {
namespace {

Error open_key_file(const Place& place, Fd& fd, u64& size) {
    Error error = open_at(AT_FDCWD, place.key, O_RDONLY, fd);
    if (error != Error::none) {
        if (errno == ENOENT) return Error::key_missing;
        return errno == ELOOP || errno == ENXIO ? Error::key_unsafe : error;
    }
    error = look_at(fd.get(), {place.owner, 07137, true}, Error::key_unsafe, size);
    if (error != Error::none) return error;
    return size > longest_key_file ? Error::key_malformed : Error::none;
}

bool make_set(KeySet& set) {
    return random_id(set.id) && random_bytes(set.sealing.fill(32)) && random_bytes(set.signing.fill(32));
}

/// A key that a crash takes back after records were made with it would lose them all.
Error flush_directory_of(const char* path) {
    string_view name(path);
    Text<4096> directory(slice(name, 0, std::max<size_t>(name.rfind('/'), 1)));
    Fd fd;
    Error error = open_at(AT_FDCWD, directory.c_str(), O_RDONLY | O_DIRECTORY, fd);
    if (error != Error::none) return error;
    return fsync(fd.get()) == 0 ? Error::none : error_of_errno();
}

bool lies_in_memory(int fd) {
    struct statfs found;
    return fstatfs(fd, &found) == 0 && (found.f_type == TMPFS_MAGIC || found.f_type == RAMFS_MAGIC);
}

/// `first`, and `kept` of the sets that there are, in place of what is in the file. Whose it is stays as it is.
Error rewrite(const Host& host, const KeySet* first, size_t kept) {
    Fd fd;
    u64 size = 0;
    struct stat found = {};
    Error error = open_key_file(host.place, fd, size);
    if (error != Error::none) return error;
    if (fstat(fd.get(), &found) != 0) return Error::io;
    // As one that was unsealed does: the records would outlive it.
    if (lies_in_memory(fd.get()) && !lies_in_memory(host.directory.get())) return Error::key_volatile;
    Secret<longest_key_file> text;
    Room room = text.fill(longest_key_file);
    Writer out({reinterpret_cast<char*>(room.data()), room.size()});
    write_key_file(first, host.keyring, kept, out);
    if (!out.ok()) return Error::keys_full;
    const Ownership same{found.st_uid, found.st_gid, found.st_mode & 07777};
    error = replace_file(AT_FDCWD, host.place.key, same, bytes_of(out.view()));
    if (error == Error::none) error = flush_directory_of(host.place.key);
    return error == Error::none ? read_key_file(host.place, host.keyring) : error;
}
} // namespace

Error read_key_file(const Place& place, Keyring& keyring) {
    Fd fd;
    u64 size = 0;
    Secret<longest_key_file> text;
    Error error = open_key_file(place, fd, size);
    if (error == Error::none) error = read_all(fd.get(), text.fill(size));
    return error == Error::none ? read_keyring(text.reveal_text(), keyring) : error;
}

Error make_key_file(const Place& place, gid_t group) {
    KeySet set;
    if (!make_set(set)) return Error::crypto;
    Secret<512> text;
    Room room = text.fill(512);
    Writer out({reinterpret_cast<char*>(room.data()), room.size()});
    write_key_file(&set, {}, 0, out);
    Error error = create_file(AT_FDCWD, place.key, readable_by(place, group), bytes_of(out.view()));
    if (error == Error::stale) return Error::none; // it is there, or somebody makes it meanwhile: that counts
    return error == Error::none ? flush_directory_of(place.key) : error;
}

Error add_key_set(const Host& host) {
    KeySet set;
    if (host.keyring.sets.size() == most_key_sets) return Error::keys_full;
    return make_set(set) ? rewrite(host, &set, most_key_sets) : Error::crypto;
}

void drop_key_draft(const Host& host) {
    Text<4200> draft{string_view(host.place.key)};
    (void)unlink(draft.add(draft_suffix).c_str());
}

Error retire_key_sets(const Host& host) { return rewrite(host, nullptr, 1); }

} // namespace totp
