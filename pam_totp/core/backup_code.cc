// SPDX-License-Identifier: Apache-2.0
#include "backup_code.h"
#include <openssl/evp.h>

namespace totp {
namespace {
constexpr string_view alphabet = "0123456789abcdefghjkmnpqrstvwxyz"; // Crockford: no i, l, o, u

char canonical(char c) {
    if (c >= 'A' && c <= 'Z') c = char(c - 'A' + 'a');
    if (c == 'o') return '0';
    if (c == 'i' || c == 'l') return '1';
    return alphabet.find(c) != string_view::npos ? c : '\0';
}
} // namespace

bool read_backup_code(string_view text, Secret<15>& code) {
    code.wipe();
    bool fits = text.size() == backup_code_length;
    for (size_t i = 0; fits && i < text.size(); ++i) {
        char c = canonical(text[i]);
        fits = c != '\0' && code.push(u8(c));
    }
    if (!fits) code.wipe();
    return fits;
}

void make_backup_code(std::span<const u8, 15> random, Secret<15>& code) {
    code.wipe();
    for (u8 r : random) (void)code.push(u8(alphabet[r & 31]));
}

void write_grouped(const Secret<15>& code, Writer& out) {
    for (size_t i = 0; i < code.size(); ++i) {
        if (i == 5 || i == 10) out.add('-');
        out.add(char(code.reveal()[i]));
    }
}

bool backup_digest(const BackupCodes& set, const Secret<15>& code, std::span<u8, 16> digest) {
    return set.rounds > 0 && PKCS5_PBKDF2_HMAC(code.reveal_text().data(), int(code.size()), set.salt.data(),
                                               int(set.salt.size()), int(set.rounds), EVP_sha256(),
                                               int(digest.size()), digest.data()) == 1;
}

bool find_backup_code(const BackupCodes& set, const Secret<15>& code, int& index) {
    index = -1;
    if (set.digests.empty()) return true;
    Secret<16> digest;
    if (!backup_digest(set, code, digest.fill(16).first<16>())) return false;
    for (size_t i = 0; i < set.digests.size(); ++i) {
        if (equal_secrets(set.digests[i], digest.reveal())) index = int(i);
    }
    return true;
}

} // namespace totp
