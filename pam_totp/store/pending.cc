// SPDX-License-Identifier: Apache-2.0
#include "pending.h"
#include "sealed.h"
#include <errno.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

namespace totp {
namespace {
/// In place of a credential's id stands from where it was begun, so that it opens from there alone. No journal names it.
bool make_id(const Address& from, u64& id) {
    std::array<u8, 32> hash;
    if (!EVP_Digest(from.data(), from.size(), hash.data(), nullptr, EVP_sha256(), nullptr)) return false;
    memcpy(&id, hash.data(), sizeof id);
    id = (id & ~nothing_in_force) | 1;
    return true;
}

Text<240> name_of(const Account& account) { return Text<240>(account.file.view()).add(pending_suffix); }

/// What is in force as the set-up begins; 0 where there is no journal.
u64 replaced_by(const Record& record) { return record.journal.fd.is_open() ? record.state().credential : 0; }

Error read_pending(const Host& host, const Account& account, u64 id, Head& head, Credential& credential) {
    Fd fd;
    Error error = open_at(host.directory.get(), name_of(account).c_str(), O_RDONLY, fd);
    bool is_no_file = error != Error::none && (errno == ELOOP || errno == ENXIO);
    if (error != Error::none) return errno == ENOENT ? Error::no_record : is_no_file ? Error::record_unsafe : error;
    u64 size = 0;
    error = look_at(fd.get(), {host.place.owner, 07177}, Error::record_unsafe, size);
    if (error == Error::none && size > longest_sealed) error = Error::credential_damaged;
    if (error != Error::none) return error;
    std::array<u8, longest_sealed> file;
    error = read_all(fd.get(), Room(file).first(size));
    if (error == Error::none) error = unseal(Bytes(file).first(size), id, host.keyring, account, head, credential);
    if (error != Error::key_unknown) return error;
    error = learn_keys(host);
    return error == Error::none ? unseal(Bytes(file).first(size), id, host.keyring, account, head, credential) : error;
}
} // namespace

Error open_pending(const Host& host, const Record& record, const Address& from, u64 now, Credential& credential) {
    Head head;
    u64 id = 0;
    if (!make_id(from, id)) return Error::crypto;
    Error error = read_pending(host, record.account, id, head, credential);
    bool young = now - credential.created < pending_life; // nor of the future: that wraps around
    if (error == Error::none && young && head.replaces == replaced_by(record)) return error;
    if (error == Error::io) return error; // it may be good; to be seen when it can be read again
    if (error != Error::no_record) drop_pending(host, record.account);
    credential.tokens.clear();
    return Error::no_record;
}

Error keep_pending(const Host& host, const Record& record, const Address& from, const Credential& credential) {
    std::array<u8, longest_sealed> file;
    size_t size = 0;
    Head head{host.keyring.newest().id, 0, replaced_by(record)};
    if (!make_id(from, head.id)) return Error::crypto;
    Error error = seal(credential, head, host.keyring, record.account, file, size);
    if (error != Error::none) return error;
    Text<240> name = name_of(record.account);
    return create_file(host.directory.get(), name.c_str(), {host.place.owner}, Bytes(file).first(size));
}

Error look_at_pending(const Host& host, const char* file, u64 now, u64& key, bool& is_over) {
    Fd fd;
    struct stat found = {};
    std::array<u8, longest_head> room;
    Error error = open_at(host.directory.get(), file, O_RDONLY, fd);
    if (error != Error::none) return error;
    ssize_t got = read(fd.get(), room.data(), room.size());
    if (got < 0 || fstat(fd.get(), &found) != 0) return Error::io;
    is_over = now - u64(found.st_mtime) >= pending_life; // nor of the future: that wraps around
    string_view text = text_of(Bytes(room).first(size_t(got)));
    Words head(next_line(text));
    (void)head.word();
    key = head.id("key");
    return Error::none;
}

void drop_pending(const Host& host, const Account& account) {
    (void)unlinkat(host.directory.get(), name_of(account).c_str(), 0);
}

} // namespace totp
