// SPDX-License-Identifier: Apache-2.0
#include "keyring.h"

namespace totp {
namespace {
constexpr string_view version_line = "pam_totp-key-1", retired_word = "retired";

bool read_key(string_view digits, Secret<32>& key) { return read_hex(digits, key.fill(32)); }

/// A set, or the id of one that is retired; no id is 0 or stands twice.
bool read_line(string_view line, Keyring& keyring) {
    u64 id = 0;
    Words words(line);
    string_view first = words.word();
    bool is_retired = first == retired_word;
    bool is_new = read_id(is_retired ? words.word() : first, id) && id != 0 && !keyring.find(id) && !keyring.is_retired(id);
    if (!is_new) return false;
    if (is_retired) return words.done() && keyring.retired.push(id);
    KeySet* set = keyring.sets.grow();
    if (!set) return false;
    set->id = id;
    set->forget_signer();
    return read_key(words.word(), set->sealing) && read_key(words.word(), set->signing) && words.done();
}

void write_retired(u64 id, Writer& out) { out.add(retired_word).add(' ').id(id).add('\n'); }
} // namespace

bool KeySet::sign(Bytes message, std::span<u8, 16> signature) const {
    size_t size = 0;
    if (!signer_.is_started() && !signer_.start_cmac(signing.reveal())) return false;
    return signer_.of(message, signature, size) && size == signature.size();
}

const KeySet* Keyring::find(u64 id) const {
    for (const KeySet& set : sets) {
        if (set.id == id) return &set;
    }
    return nullptr;
}

bool Keyring::is_retired(u64 id) const {
    for (u64 one : retired) {
        if (one == id) return true;
    }
    return false;
}

Error read_keyring(string_view text, Keyring& keyring) {
    keyring.sets.clear();
    keyring.retired.clear();
    for (bool is_first = true; !text.empty();) {
        string_view line = next_line(text);
        if (line.empty() || line[0] == '#') continue;
        bool names_version = is_first && line == version_line;
        if (is_first && is_other_version(line, version_line)) return Error::key_newer;
        is_first = false;
        if (!names_version && !read_line(line, keyring)) return Error::key_malformed;
    }
    return keyring.sets.empty() ? Error::key_malformed : Error::none;
}

void write_key_set(const KeySet& set, Writer& out) {
    out.id(set.id).add(' ').hex(set.sealing.reveal()).add(' ').hex(set.signing.reveal()).add('\n');
}

void write_key_file(const KeySet* first, const Keyring& keyring, size_t kept, Writer& out) {
    out.add(version_line).add("\n# The host key of pam_totp: id, sealing key, signing key. The first key is used for new files.\n");
    if (first) write_key_set(*first, out);
    size_t retired = 0;
    for (size_t i = 0; i < keyring.sets.size(); ++i) {
        if (i < kept) write_key_set(keyring.sets[i], out);
        else if (retired++ < most_key_sets) write_retired(keyring.sets[i].id, out);
    }
    for (u64 id : keyring.retired) {
        if (retired++ < most_key_sets) write_retired(id, out);
    }
}

} // namespace totp
