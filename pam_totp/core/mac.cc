// SPDX-License-Identifier: Apache-2.0
#include "mac.h"
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

namespace totp {

Mac::~Mac() { EVP_MAC_CTX_free(context_); }

void Mac::stop() {
    EVP_MAC_CTX_free(context_);
    context_ = nullptr;
}

bool Mac::start(const char* algorithm, const char* parameter, const char* value, Bytes key) {
    EVP_MAC_CTX_free(context_);
    EVP_MAC* mac = EVP_MAC_fetch(nullptr, algorithm, nullptr);
    context_ = EVP_MAC_CTX_new(mac); // holds a reference of its own
    EVP_MAC_free(mac);
    used_ = false;
    OSSL_PARAM chosen[] = {OSSL_PARAM_construct_utf8_string(parameter, const_cast<char*>(value), 0),
                           OSSL_PARAM_construct_end()};
    if (context_ && !key.empty() && EVP_MAC_init(context_, key.data(), key.size(), chosen) == 1) return true;
    EVP_MAC_CTX_free(context_);
    context_ = nullptr;
    return false;
}

bool Mac::of(Bytes message, Room code, size_t& size) {
    if (!context_) return false;
    bool ready = !used_ || EVP_MAC_init(context_, nullptr, 0, nullptr) == 1; // the same key again
    used_ = true;
    return ready && EVP_MAC_update(context_, message.data(), message.size()) == 1 &&
           EVP_MAC_final(context_, code.data(), &size, code.size()) == 1;
}

} // namespace totp
