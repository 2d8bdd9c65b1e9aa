// SPDX-License-Identifier: Apache-2.0
#include "otp.h"
#include "secret.h"

namespace totp {
namespace {
constexpr size_t longest_mac = 64; // SHA-512

const char* name_of(Hash hash) {
    switch (hash) {
    case Hash::sha1: return "SHA1";
    case Hash::sha256: return "SHA256";
    case Hash::sha512: return "SHA512";
    }
    return "";
}
} // namespace

bool Hotp::start(Hash hash, Bytes key, unsigned digits) {
    digits_ = digits;
    return digits >= least_digits && digits <= most_digits && mac_.start_hmac(name_of(hash), key);
}

bool Hotp::at(u64 counter, u32& code) {
    constexpr std::array<u32, 9> powers{1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
    std::array<u8, 8> message;
    for (size_t i = 8; i-- > 0; counter >>= 8) message[i] = u8(counter);
    Secret<longest_mac> mac;
    Room room = mac.fill(longest_mac);
    size_t length = 0;
    if (!mac_.of(message, room, length) || length < 20) return false;
    size_t at = room[length - 1] & 15; // dynamic truncation, RFC 4226 section 5.3
    u32 cut = u32(room[at] & 127) << 24 | u32(room[at + 1]) << 16 | u32(room[at + 2]) << 8 | room[at + 3];
    code = cut % powers[digits_];
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
