// SPDX-License-Identifier: Apache-2.0
#include "record.h"
#include "core/judge.h"
#include "core/words.h"
#include "pending.h"
#include "random.h"
#include "sealed.h"
#include <errno.h>
#include <unistd.h>

namespace totp {
namespace {

Error read_sealed(const Host& host, const Account& account, u64 id, Head& head, Credential& credential) {
    Fd fd;
    Error error = open_at(host.directory.get(), name_in_store(account, id, "").c_str(), O_RDONLY, fd);
    if (error != Error::none) {
        if (errno == ENOENT) return Error::credential_missing;
        return errno == ELOOP || errno == ENXIO ? Error::record_unsafe : error;
    }
    u64 size = 0;
    error = look_at(fd.get(), {account.uid, 07177}, Error::record_unsafe, size);
    if (error != Error::none) return error;
    if (size > longest_sealed) return Error::credential_damaged;
    std::array<u8, longest_sealed> file;
    error = read_all(fd.get(), Room(file).first(size));
    if (error == Error::none) error = unseal(Bytes(file).first(size), id, host.keyring, account, head, credential);
    if (error != Error::key_unknown) return error;
    error = learn_keys(host);
    return error == Error::none ? unseal(Bytes(file).first(size), id, host.keyring, account, head, credential) : error;
}

/// Reads the head of the credential's file `id`: it says what that was computed from.
bool read_head_of(const Host& host, const Account& account, u64 id, Head& head) {
    Fd fd;
    Error error = open_at(host.directory.get(), name_in_store(account, id, "").c_str(), O_RDONLY, fd);
    if (error != Error::none) return false;
    std::array<u8, longest_head> room;
    ssize_t got = read(fd.get(), room.data(), room.size());
    string_view text = text_of(Bytes(room).first(got > 0 ? size_t(got) : 0));
    return read_head(next_line(text), account, head) == Error::none;
}

} // namespace

Error write_sealed(const Host& host, const Account& account, const Head& head, const Credential& credential) {
    std::array<u8, longest_sealed> file;
    size_t size = 0;
    Error error = seal(credential, head, host.keyring, account, file, size);
    if (error != Error::none) return error;
    int directory = host.directory.get();
    Text<240> name = name_in_store(account, head.id, "");
    error = create_file(directory, name.c_str(), {account.uid}, Bytes(file).first(size));
    if (error != Error::none || fsync(directory) == 0) return error;
    int kept = errno;
    (void)unlinkat(directory, name.c_str(), 0);
    errno = kept;
    return error_of_errno();
}

bool is_of(string_view name, const Account& account, u64& id, bool& draft) {
    size_t size = account.file.size();
    if (slice(name, 0, size) != account.file.view() || slice(name, size, 1) != ".") return false;
    string_view suffix = slice(name, size + 17);
    if (slice(name, size, pending_suffix.size()) == pending_suffix) return draft = true;
    draft = suffix == draft_suffix || suffix == ".first";
    return read_id(slice(name, size + 1, 16), id) && (draft || suffix.empty());
}

bool is_void(const Host& host, Record& record, u64 id) {
    Head head;
    if (!read_head_of(host, record.account, id, head)) return false;
    u64 size = 0;
    const Expected journal{record.account.uid, 07177, false, true};
    if (look_at(record.journal.fd.get(), journal, Error::record_unsafe, size) != Error::none) return false;
    if (load_journal(host, record.account, record.journal) != Error::none) return false;
    return record.state().credential != id && record.state().credential != head.replaces;
}

void remove_left_over(const Host& host, Record& record) {
    Listing list(host.place.store);
    while (const char* name = list.next()) {
        u64 id = 0;
        bool draft = false;
        if (!is_of(name, record.account, id, draft)) continue;
        if (draft || is_void(host, record, id)) (void)unlinkat(host.directory.get(), name, 0);
    }
}

namespace {
Entry entry_of(const Change& change, u64 from, u64 next) {
    Entry entry;
    entry.kind = change.reseals ? Kind::reseal : Kind::rotate;
    entry.caller = change.caller;
    entry.credential = from;
    entry.next = next;
    entry.time = change.time;
    entry.actor = change.actor;
    entry.bucket = change.bucket;
    entry.spent = change.spent;
    entry.continues = change.continues;
    entry.fresh_codes = change.fresh_codes;
    entry.backup_index = change.spent_code;
    return entry;
}

/// Appends the change, or begins the journal with it. Error::stale when it did not count.
Error put_in_force(const Host& host, Record& record, const Entry& entry) {
    if (!record.journal.fd.is_open()) {
        Error error = create_journal(host, record.account, entry);
        return error == Error::none ? open_journal(host, record.account, record.journal) : error;
    }
    Verdict verdict = Verdict::none;
    State state;
    Error error = append(host, record.account, record.journal, entry, verdict, state);
    if (error != Error::none) return error;
    return verdict == Verdict::accepted ? Error::none : Error::stale;
}

/// Whether the journal, as it is after a change that failed, has not got that change. Nobody else writes it, so it
/// never will. A change that is there but may not be on the disk counts: it is seen until the machine goes down.
bool did_not_count(const Host& host, const Account& account, u64 id) {
    Journal journal;
    Error error = open_journal(host, account, journal);
    return error == Error::no_record || (error == Error::none && journal.folded.state.credential != id);
}
} // namespace

Text<512> path_of(Error error, const Host& host, const Record& record) {
    if (error == Error::bad_account) return {};
    Text<512> path(string_view(host.opening ? host.opening : host.place.store));
    bool of_host = host.opening || record.journal.is_absent || error == Error::store_remote;
    if (of_host || record.account.file.empty()) return path;
    bool of_credential = error >= Error::credential_missing && error <= Error::credential_newer;
    path.add('/');
    return path.add(of_credential ? name_in_store(record.account, record.state().credential, "").view() : record.account.file.view());
}

Error open_record(const Host& host, Record& record) {
    Error error = open_journal(host, record.account, record.journal);
    for (int tries = 0; error == Error::none && tries < 8; ++tries) {
        u64 id = record.state().credential;
        if (!in_force(id)) return Error::no_record;
        Error read = read_sealed(host, record.account, id, record.head, record.credential);
        if (read != Error::credential_missing) return read;
        // Somebody may have put another one in force between the two looks.
        error = load_journal(host, record.account, record.journal);
        if (error == Error::none && record.state().credential == id) return read;
    }
    return error == Error::none ? Error::credential_missing : error;
}

Error rotate(const Host& host, Record& record, const Credential* next, const Change& change) {
    u64 from = record.journal.fd.is_open() ? record.state().credential : 0;
    Error error = learn_keys(host); // a first set-up meets no entry that would tell, and may have waited for long
    if (error != Error::none) return error;
    Head head{host.keyring.newest().id, 0, from};
    if (!random_id(head.id)) return Error::crypto;
    if (!next) head.id |= nothing_in_force;
    error = next ? write_sealed(host, record.account, head, *next) : Error::none;
    if (error != Error::none) return error;
    error = put_in_force(host, record, entry_of(change, from, head.id));
    int directory = host.directory.get();
    if (error != Error::none) {
        int kept = errno;
        bool left_over = next && did_not_count(host, record.account, head.id);
        if (left_over) (void)unlinkat(directory, name_in_store(record.account, head.id, "").c_str(), 0);
        errno = kept;
        return error;
    }
    if (in_force(from)) (void)unlinkat(directory, name_in_store(record.account, from, "").c_str(), 0);
    remove_left_over(host, record);
    return Error::none;
}

Error discard_record(const Host& host, const Account& account) {
    // The journal last: until it is gone the record is damaged as before, and is discarded by beginning again. Then
    // somebody may set up anew, whose files are not to be touched.
    int directory = host.directory.get();
    Listing list(host.place.store);
    u64 id = 0;
    bool draft = false;
    while (const char* name = list.next()) {
        if (!is_of(name, account, id, draft)) continue;
        if (unlinkat(directory, name, 0) != 0 && errno != ENOENT) return error_of_errno();
    }
    if (list.error() != Error::none) return list.error();
    if (unlinkat(directory, account.file.c_str(), 0) != 0 && errno != ENOENT) return error_of_errno();
    return fsync(directory) == 0 ? Error::none : error_of_errno();
}

} // namespace totp
