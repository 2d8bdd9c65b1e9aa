// SPDX-License-Identifier: Apache-2.0
#include "keyring.h"

namespace totp {
namespace {
bool read_key(string_view digits, Secret<32>& key) { return read_hex(digits, key.fill(32)); }

bool read_set(string_view line, KeySet& set) {
    Words words(line);
    return read_id(words.word(), set.id) && set.id != 0 && read_key(words.word(), set.sealing) &&
           read_key(words.word(), set.signing) && words.done();
}
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

Error read_keyring(string_view text, Keyring& keyring) {
    while (!text.empty()) {
        string_view line = next_line(text);
        if (line.empty() || line[0] == '#') continue;
        KeySet read;
        if (!read_set(line, read) || keyring.find(read.id)) return Error::key_malformed;
        KeySet* set = keyring.sets.grow();
        if (!set) return Error::key_malformed;
        set->id = read.id;
        if (!set->sealing.assign(read.sealing.reveal())) return Error::key_malformed;
        if (!set->signing.assign(read.signing.reveal())) return Error::key_malformed;
    }
    return keyring.sets.empty() ? Error::key_malformed : Error::none;
}

void write_key_set(const KeySet& set, Writer& out) {
    out.id(set.id).add(' ').hex(set.sealing.reveal()).add(' ').hex(set.signing.reveal()).add('\n');
}

} // namespace totp
