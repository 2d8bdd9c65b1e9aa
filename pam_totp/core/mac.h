// SPDX-License-Identifier: Apache-2.0
// A message authentication code of libcrypto's under one key, for many messages.
#pragma once
#include "bytes.h"
#include <openssl/types.h>

namespace totp {

/// Keyed once, since the keying costs more than a short message does. libcrypto wipes what it holds.
class Mac {
  public:
    Mac() = default;
    ~Mac();
    Mac(const Mac&) = delete;
    Mac& operator=(const Mac&) = delete;

    /// HMAC (RFC 2104) with "SHA1", "SHA256" or "SHA512"; false when libcrypto refuses.
    bool start_hmac(const char* hash, Bytes key) { return start("HMAC", "digest", hash, key); }
    /// CMAC (NIST SP 800-38B) with AES-256; the key is 32 bytes.
    bool start_cmac(Bytes key) { return start("CMAC", "cipher", "AES-256-CBC", key); }
    bool is_started() const { return context_ != nullptr; }
    void stop(); ///< the key is another one from now on

    /// The code of `message`, of which `size` is the length; false when libcrypto refuses or `code` is too small.
    bool of(Bytes message, Room code, size_t& size);

  private:
    bool start(const char* algorithm, const char* parameter, const char* value, Bytes key);

    EVP_MAC_CTX* context_ = nullptr;
    bool used_ = false;
};

} // namespace totp
