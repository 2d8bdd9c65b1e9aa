// SPDX-License-Identifier: Apache-2.0
// Secret<N>: bytes that wipe themselves. `reveal()` is the list of places to audit.
#pragma once
#include "bytes.h"
#include <openssl/crypto.h>
#include <string.h>

namespace totp {

/// Up to N secret bytes in place: never copied, never moved, overwritten when they go out of scope.
template <size_t N> class Secret {
  public:
    Secret() = default;
    ~Secret() { wipe(); }
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;

    Bytes reveal() const { return {bytes_.data(), size_}; }
    string_view reveal_text() const { return text_of(reveal()); }

    /// Room for exactly `count` bytes, to be filled by the caller; empty when `count` does not fit.
    Room fill(size_t count) {
        wipe();
        if (count > N) return {};
        size_ = count;
        return {bytes_.data(), size_};
    }
    /// False, and nothing kept, when `bytes` does not fit.
    bool assign(Bytes bytes) {
        Room room = fill(bytes.size());
        if (room.size() != bytes.size()) return false;
        if (!bytes.empty()) memcpy(room.data(), bytes.data(), bytes.size());
        return true;
    }
    bool push(u8 byte) {
        if (size_ == N) return false;
        bytes_[size_++] = byte;
        return true;
    }
    void shrink(size_t count) {
        if (count >= size_) return;
        OPENSSL_cleanse(bytes_.data() + count, size_ - count);
        size_ = count;
    }
    void wipe() {
        OPENSSL_cleanse(bytes_.data(), size_); // nothing was ever put beyond
        size_ = 0;
    }
    size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    static constexpr size_t capacity() { return N; }

  private:
    std::array<u8, N> bytes_{};
    size_t size_ = 0;
};

/// Equal, in a time that depends on the sizes alone.
inline bool equal_secrets(Bytes a, Bytes b) {
    return a.size() == b.size() && (a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0);
}

} // namespace totp
