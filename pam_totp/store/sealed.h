// SPDX-License-Identifier: Apache-2.0
// The seal of a credential: AES-256-GCM (NIST SP 800-38D) with the head line as associated data.
#pragma once
#include "core/bytes.h"
#include "core/credential.h"
#include "core/error.h"
#include "core/keyring.h"

namespace totp {

/// A credential's file: head line, 12 bytes of nonce, the sealed text, 16 bytes of tag.
constexpr size_t longest_sealed = longest_head + 12 + longest_credential + 16;

/// Lays out the file of `credential`; `size` is what it takes. A fresh nonce each time.
Error seal(const Credential& credential, const Head& head, const Keyring& keyring, const Account& account,
           std::span<u8, longest_sealed> file, size_t& size);

/// Reads it back. Error::credential_foreign for another account, id or key set's text; Error::key_unknown;
/// Error::credential_damaged when the seal does not hold.
Error unseal(Bytes file, u64 id, const Keyring& keyring, const Account& account, Head& head,
             Credential& credential);

} // namespace totp
