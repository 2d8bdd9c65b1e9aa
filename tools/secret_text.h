// SPDX-License-Identifier: Apache-2.0
// Text of any length that is overwritten wherever it leaves memory: a URI, a QR code, a line of JSON with the
// key.
#pragma once
#include "core/bytes.h"
#include <memory>
#include <openssl/crypto.h>
#include <string>
#include <vector>

namespace totp {

/// An allocator that wipes what it gives back, so that growing leaves no copy behind.
template <typename T> struct Wiping {
    using value_type = T;
    Wiping() = default;
    template <typename U> Wiping(const Wiping<U>&) {}
    T* allocate(size_t count) { return std::allocator<T>().allocate(count); }
    void deallocate(T* place, size_t count) {
        OPENSSL_cleanse(place, count * sizeof(T));
        std::allocator<T>().deallocate(place, count);
    }
    bool operator==(const Wiping&) const = default;
};

/// Fewer than 16 characters stay inside the object and are not wiped: nothing secret here is that short.
using SecretText = std::basic_string<char, std::char_traits<char>, Wiping<char>>;
using SecretBytes = std::vector<u8, Wiping<u8>>;

} // namespace totp
