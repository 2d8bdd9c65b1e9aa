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

  private:
    mutable Mac signer_; ///< keyed by the first signature: a login makes several
};

/// The key sets of a host, in the order of the file. New files take the first; the id in a file chooses one.
/// That order is how keys are changed: a new line above, the old one kept until nothing needs it.
struct Keyring {
    List<KeySet, 8> sets;
    const KeySet* find(u64 id) const;
    const KeySet& newest() const { return sets[0]; }
};

constexpr size_t longest_key_file = 2048; ///< bytes

/// Reads `id sealing signing` lines of hexadecimal digits (16, 64, 64); `#` begins a comment line.
/// Error::key_malformed for anything else, an id of 0 or given twice, no set or more than 8.
Error read_keyring(string_view text, Keyring& keyring);

/// Writes one line of the key file.
void write_key_set(const KeySet& set, Writer& out);

} // namespace totp
