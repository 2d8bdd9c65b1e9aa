// SPDX-License-Identifier: Apache-2.0
// Single-use backup codes: `xxxxx-xxxxx-xxxxx`, 75 random bits, kept as salted PBKDF2-HMAC-SHA-256 digests.
#pragma once
#include "bytes.h"
#include "list.h"
#include "secret.h"
#include "words.h"

namespace totp {

constexpr size_t backup_code_length = 15;    ///< characters, without dashes
constexpr size_t backup_codes_in_a_set = 10; ///< as many as set-up makes
constexpr size_t few_backup_codes = 3;       ///< with fewer left, people are told
constexpr size_t most_backup_codes = 32;     ///< as many as a state has bits for

/// The digests of one set of backup codes. NIST SP 800-63B-4 section 3.1.2.2 lets the count be small where the
/// codes are random: a guess costs 2^75, and a login must not cost a second.
struct BackupCodes {
    std::array<u8, 16> salt{};
    u32 rounds = 0; ///< of PBKDF2; 0: there are no codes
    List<std::array<u8, 16>, most_backup_codes> digests;
};

/// Reads 15 characters of Crockford's base32 (any case, o as 0, i and l as 1) into their canonical form, lower
/// case. False for any other character or length.
bool read_backup_code(string_view text, Secret<15>& code);

/// Makes a code of 15 random bytes, of which 5 bits each are used.
void make_backup_code(std::span<const u8, 15> random, Secret<15>& code);

/// The code as people read it: three groups of five.
void write_grouped(const Secret<15>& code, Writer& out);

/// The digest that is kept. One derivation; false when libcrypto refuses.
bool backup_digest(const BackupCodes& set, const Secret<15>& code, std::span<u8, 16> digest);

/// The place of `code` in the set, or -1: one derivation, and every digest is compared.
/// False when libcrypto refuses.
bool find_backup_code(const BackupCodes& set, const Secret<15>& code, int& index);

} // namespace totp
