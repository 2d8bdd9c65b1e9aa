// SPDX-License-Identifier: Apache-2.0
// The host key: the keys that seal credentials and sign journals, one set a line.
#pragma once
#include "bytes.h"
#include "error.h"
#include "list.h"
#include "mac.h"
#include "secret.h"
#include "words.h"

namespace totp {

struct KeySet {
    u64 id = 0; ///< never 0
    Secret<32> sealing, signing;

    /// The signature of `message`: AES-256-CMAC (NIST SP 800-38B) under the signing key. Each kind of message
    /// begins with letters of its own. False when libcrypto refuses.
    bool sign(Bytes message, std::span<u8, 16> signature) const;
    /// The keys are read anew.
    void forget_signer() { signer_.stop(); }

  private:
    mutable Mac signer_; ///< keyed by the first signature: a login makes several
};

constexpr size_t most_key_sets = 8;

/// The key sets of a host, in the order of the file. New files take the first; the id in a file chooses one.
/// That order is how keys are changed: a new line above, the old one kept until nothing needs it. Then its id is all
/// that stays: a login whose prompt was open before the change may still append an entry of that key, which must
/// neither count nor, as one of an unknown key does, keep the person out.
struct Keyring {
    List<KeySet, most_key_sets> sets;
    List<u64, most_key_sets> retired; ///< ids, the newest first
    const KeySet* find(u64 id) const;
    bool is_retired(u64 id) const;
    const KeySet& newest() const { return sets[0]; }
};

constexpr size_t longest_key_file = 2048; ///< bytes

/// Reads a line with the version, which may be missing, `id sealing signing` lines of hexadecimal digits (16, 64, 64) and `retired id` lines; `#` begins a comment
/// line. What `keyring` held before is forgotten. Error::key_malformed for anything else, an id of 0 or given twice, no
/// set or more than 8. Error::key_newer for another version.
Error read_keyring(string_view text, Keyring& keyring);

/// Writes one line of the key file.
void write_key_set(const KeySet& set, Writer& out);
/// Writes the whole file: `first`, unless it is nullptr, then `kept` sets of `keyring`. The others are retired; of
/// those the oldest are forgotten.
void write_key_file(const KeySet* first, const Keyring& keyring, size_t kept, Writer& out);

} // namespace totp
