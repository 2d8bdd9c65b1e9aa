// SPDX-License-Identifier: Apache-2.0
#include "host.h"
#include "core/words.h"
#include "random.h"
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

namespace totp {
namespace {
constexpr const char* sentinel = ".store";
constexpr string_view sentinel_version = "pam_totp-store-1";
constexpr size_t longest_sentinel = 256;

Error open_keyring(const Place& place, Keyring& keyring) {
    Fd fd;
    Error error = open_at(AT_FDCWD, place.key, O_RDONLY, fd);
    if (error != Error::none) {
        if (errno == ENOENT) return Error::key_missing;
        return errno == ELOOP || errno == ENXIO ? Error::key_unsafe : error;
    }
    u64 size = 0;
    error = look_at(fd.get(), {place.owner, 07137, true}, Error::key_unsafe, size);
    if (error != Error::none) return error;
    if (size > longest_key_file) return Error::key_malformed;
    Secret<longest_key_file> text;
    error = read_all(fd.get(), text.fill(size));
    return error == Error::none ? read_keyring(text.reveal_text(), keyring) : error;
}

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

Error read_sentinel(const Host& host, string_view line) {
    std::array<u8, 16> mac{}, right{};
    Words words(line);
    string_view version = words.word();
    u64 store = words.id("id"), key = words.id("key");
    words.hex("mac", mac);
    if (!words.done() || version != sentinel_version) return Error::store_foreign;
    const KeySet* set = host.keyring.find(key);
    if (!set) return Error::store_foreign;
    if (!sign_store(*set, store, right)) return Error::crypto;
    return equal_secrets(mac, right) ? Error::none : Error::store_foreign;
}

Ownership readable_by(const Place& place, gid_t group) {
    return {place.owner, group, mode_t(group == gid_t(-1) ? 0600 : 0640)};
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

Error make_key(const Place& place, gid_t group) {
    KeySet set;
    if (!random_id(set.id) || !random_bytes(set.sealing.fill(32)) || !random_bytes(set.signing.fill(32))) {
        return Error::crypto;
    }
    Secret<512> text;
    Room room = text.fill(512);
    Writer out({reinterpret_cast<char*>(room.data()), room.size()});
    out.add("# pam_totp host key: id, sealing key, signing key. The first line is used for new files.\n");
    write_key_set(set, out);
    Error error = create_file(AT_FDCWD, place.key, readable_by(place, group), bytes_of(out.view()));
    if (error == Error::stale) return Error::none; // it is there, or somebody makes it meanwhile: that counts
    return error == Error::none ? flush_directory_of(place.key) : error;
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
    u64 store = 0;
    std::array<u8, 16> mac;
    if (!random_id(store) || !sign_store(set, store, mac)) return Error::crypto;
    std::array<char, longest_sentinel> room;
    Writer out(room);
    out.add(sentinel_version).add(" id=").id(store).add(" key=").id(set.id).add(" mac=").hex(mac).add('\n');
    error = create_file(host.directory.get(), sentinel, readable_by(host.place, group), bytes_of(out.view()));
    if (error == Error::stale) return check_sentinel(host);
    if (error != Error::none) return error;
    return fsync(host.directory.get()) == 0 ? Error::none : error_of_errno();
}
} // namespace

Error open_host(const Place& place, Host& host) {
    host.place = place;
    host.opening = place.key;
    Error error = open_keyring(place, host.keyring);
    if (error != Error::none) return error;
    host.opening = place.store;
    error = open_directory(place, host.directory);
    if (error == Error::none) host.opening = nullptr;
    return error;
}

Error check_sentinel(const Host& host) {
    Fd fd;
    Error error = open_at(host.directory.get(), sentinel, O_RDONLY, fd);
    if (error != Error::none) {
        if (errno == ENOENT) return Error::store_unmarked;
        return errno == ELOOP || errno == ENXIO ? Error::record_unsafe : error;
    }
    u64 size = 0;
    error = look_at(fd.get(), {host.place.owner, 07137, true}, Error::record_unsafe, size);
    if (error != Error::none) return error;
    if (size > longest_sentinel) return Error::store_foreign;
    std::array<u8, longest_sentinel> room;
    error = read_all(fd.get(), Room(room).first(size));
    string_view text = text_of(Bytes(room).first(size));
    return error == Error::none ? read_sentinel(host, next_line(text)) : error;
}

Error init_host(const Place& place, gid_t group, Host& host) {
    bool some = false;
    host.opening = place.store;
    Error error = has_records(place, some);
    if (error != Error::none) return error;
    host.opening = place.key;
    bool has_key = access(place.key, F_OK) == 0;
    if (some && !has_key) return Error::key_missing; // a new key could never read them
    if (!has_key) error = make_key(place, group);
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
