// SPDX-License-Identifier: Apache-2.0
#include "otp.h"
#include "secret.h"
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace totp {
namespace {
const EVP_MD* digest(Hash hash) {
    switch (hash) {
    case Hash::sha1: return EVP_sha1();
    case Hash::sha256: return EVP_sha256();
    case Hash::sha512: return EVP_sha512();
    }
    return nullptr;
}
} // namespace

bool hotp(Hash hash, Bytes key, u64 counter, unsigned digits, u32& code) {
    constexpr std::array<u32, 9> powers{1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
    if (digits < least_digits || digits > most_digits || key.empty()) return false;
    std::array<u8, 8> message;
    for (size_t i = 8; i-- > 0; counter >>= 8) message[i] = u8(counter);
    Secret<EVP_MAX_MD_SIZE> mac;
    Room room = mac.fill(EVP_MAX_MD_SIZE);
    unsigned length = 0;
    if (!HMAC(digest(hash), key.data(), int(key.size()), message.data(), message.size(), room.data(), &length) ||
        length < 20) {
        return false;
    }
    size_t at = room[length - 1] & 15; // dynamic truncation, RFC 4226 section 5.3
    u32 cut = u32(room[at] & 127) << 24 | u32(room[at + 1]) << 16 | u32(room[at + 2]) << 8 | room[at + 3];
    code = cut % powers[digits];
    return true;
}

string_view word(Hash hash) {
    switch (hash) {
    case Hash::sha1: return "sha1";
    case Hash::sha256: return "sha256";
    case Hash::sha512: return "sha512";
    }
    return "";
}

bool read_hash(string_view text, Hash& hash) {
    for (Hash known : {Hash::sha1, Hash::sha256, Hash::sha512}) {
        if (text != word(known)) continue;
        hash = known;
        return true;
    }
    return false;
}

} // namespace totp
