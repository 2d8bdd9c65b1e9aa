// SPDX-License-Identifier: Apache-2.0
#include "host.h"
#include "core/words.h"
#include "key_file.h"
#include "random.h"
#include <errno.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace totp {
namespace {
constexpr const char* sentinel = ".store";
constexpr string_view sentinel_version = "pam_totp-store-1";
constexpr size_t longest_sentinel = 256;

Error open_directory(const Place& place, Fd& directory) {
    Error error = open_at(AT_FDCWD, place.store, O_RDONLY | O_DIRECTORY, directory);
    if (error != Error::none) {
        if (errno == ENOENT) return Error::store_missing;
        return errno == ELOOP || errno == ENOTDIR ? Error::store_unsafe : error;
    }
    struct statx found;
    constexpr unsigned wanted = STATX_TYPE | STATX_MODE | STATX_UID;
    if (statx(directory.get(), "", AT_EMPTY_PATH, wanted, &found) != 0) return Error::io;
    bool owned = found.stx_uid == 0 || found.stx_uid == place.owner;
    return owned && (found.stx_mode & 0007) == 0 ? Error::none : Error::store_unsafe;
}

/// The signature of the store's id by `set`.
bool sign_store(const KeySet& set, u64 store, std::span<u8, 16> mac) {
    std::array<char, 64> room;
    Writer text(room);
    text.add(sentinel_version).add(' ').id(store);
    return set.sign(bytes_of(text.view()), mac);
}

/// What the sentinel says.
struct Sentinel {
    u64 store = 0, key = 0;
};

void write_sentinel(const Sentinel& said, Bytes mac, Writer& out) {
    out.add(sentinel_version).add(" id=").id(said.store).add(" key=").id(said.key).add(" mac=").hex(mac).add('\n');
}

Error judge_sentinel(const Host& host, string_view line, Sentinel& said) {
    std::array<u8, 16> mac{}, right{};
    Words words(line);
    string_view version = words.word();
    said.store = words.id("id");
    said.key = words.id("key");
    words.hex("mac", mac);
    if (is_other_version(version, sentinel_version)) return Error::store_newer;
    if (!words.done() || version != sentinel_version) return Error::store_foreign;
    const KeySet* set = host.keyring.find(said.key);
    if (!set) {
        Error error = learn_keys(host);
        if (error != Error::none) return error;
        set = host.keyring.find(said.key);
    }
    if (!set) return Error::store_foreign;
    if (!sign_store(*set, said.store, right)) return Error::crypto;
    return equal_secrets(mac, right) ? Error::none : Error::store_foreign;
}

Error open_sentinel(const Host& host, Fd& fd, u64& size) {
    Error error = open_at(host.directory.get(), sentinel, O_RDONLY, fd);
    if (error != Error::none) {
        if (errno == ENOENT) return Error::store_unmarked;
        return errno == ELOOP || errno == ENXIO ? Error::record_unsafe : error;
    }
    error = look_at(fd.get(), {host.place.owner, 07137, true}, Error::record_unsafe, size);
    if (error != Error::none) return error;
    return size > longest_sentinel ? Error::store_foreign : Error::none;
}

Error read_sentinel(const Host& host, Fd& fd, Sentinel& said) {
    u64 size = 0;
    std::array<u8, longest_sentinel> room;
    Error error = open_sentinel(host, fd, size);
    if (error == Error::none) error = read_all(fd.get(), Room(room).first(size));
    string_view text = text_of(Bytes(room).first(size));
    return error == Error::none ? judge_sentinel(host, next_line(text), said) : error;
}

/// Nobody gives this to a store of his, where nothing could be made. An `init` that was killed leaves it, and the
/// next one goes on.
constexpr mode_t half_made = 0500;

Error make_directory(const Place& place, gid_t group) {
    struct stat found = {};
    bool made = mkdir(place.store, half_made) == 0;
    if (!made && errno != EEXIST) return error_of_errno();
    if (!made && lstat(place.store, &found) != 0) return Error::io;
    if (!made && found.st_mode != (S_IFDIR | half_made)) return Error::none;
    bool whole = chown(place.store, place.owner, group) == 0 &&
                 chmod(place.store, group == gid_t(-1) ? 0700 : 01770) == 0;
    return whole ? Error::none : error_of_errno();
}

/// Whether anything but the sentinel is in the store.
Error has_records(const Place& place, bool& some) {
    some = false;
    Listing list(place.store);
    if (list.error() != Error::none && errno == ENOENT) return Error::none;
    while (const char* name = list.next()) some = some || name[0] != '.';
    return list.error();
}

Error make_sentinel(const Host& host, gid_t group) {
    Error error = check_sentinel(host);
    if (error != Error::store_unmarked) return error;
    const KeySet& set = host.keyring.newest();
    Sentinel said{0, set.id};
    std::array<u8, 16> mac;
    if (!random_id(said.store) || !sign_store(set, said.store, mac)) return Error::crypto;
    std::array<char, longest_sentinel> room;
    Writer out(room);
    write_sentinel(said, mac, out);
    error = create_file(host.directory.get(), sentinel, readable_by(host.place, group), bytes_of(out.view()));
    if (error == Error::stale) return check_sentinel(host);
    if (error != Error::none) return error;
    return fsync(host.directory.get()) == 0 ? Error::none : error_of_errno();
}
} // namespace

Error open_host(const Place& place, Host& host) {
    host.place = place;
    host.opening = place.key;
    Error error = read_key_file(place, host.keyring);
    if (error != Error::none) return error;
    host.opening = place.store;
    error = open_directory(place, host.directory);
    if (error == Error::none) host.opening = nullptr;
    return error;
}

Error check_sentinel(const Host& host) {
    Fd fd;
    Sentinel said;
    return read_sentinel(host, fd, said);
}

Error renew_sentinel(const Host& host) {
    Fd fd;
    Sentinel said;
    struct stat found = {};
    std::array<u8, 16> mac;
    const KeySet& set = host.keyring.newest();
    Error error = read_sentinel(host, fd, said);
    if (error != Error::none || said.key == set.id) return error;
    said.key = set.id;
    if (!sign_store(set, said.store, mac)) return Error::crypto;
    if (fstat(fd.get(), &found) != 0) return Error::io;
    std::array<char, longest_sentinel> room;
    Writer out(room);
    write_sentinel(said, mac, out);
    const Ownership same{found.st_uid, found.st_gid, found.st_mode & 07777};
    error = replace_file(host.directory.get(), sentinel, same, bytes_of(out.view()));
    if (error != Error::none) return error;
    return fsync(host.directory.get()) == 0 ? Error::none : error_of_errno();
}

Error learn_keys(const Host& host) {
    Error error = read_key_file(host.place, host.keyring);
    if (error != Error::none) host.opening = host.place.key;
    return error;
}

Error lock_store(const Host& host) {
    if (flock(host.directory.get(), LOCK_EX | LOCK_NB) == 0) return Error::none;
    return errno == EWOULDBLOCK ? Error::busy : Error::io;
}

Ownership readable_by(const Place& place, gid_t group) {
    return {place.owner, group, mode_t(group == gid_t(-1) ? 0600 : 0640)};
}

Error init_host(const Place& place, gid_t group, Host& host) {
    bool some = false;
    host.opening = place.store;
    Error error = has_records(place, some);
    if (error != Error::none) return error;
    host.opening = place.key;
    bool has_key = access(place.key, F_OK) == 0;
    if (some && !has_key) return Error::key_missing; // a new key could never read them
    if (!has_key) error = make_key_file(place, group);
    if (error != Error::none) return error;
    host.opening = place.store;
    error = make_directory(place, group);
    if (error == Error::none) error = open_host(place, host);
    if (error != Error::none) return error;
    host.opening = place.store;
    error = make_sentinel(host, group);
    if (error == Error::none) host.opening = nullptr;
    return error;
}

} // namespace totp
