// SPDX-License-Identifier: Apache-2.0
#include "account.h"
#include "words.h"
#include <openssl/evp.h>

namespace totp {
namespace {
Text<longest_file_name> plain_file_name(string_view name) {
    Text<longest_file_name> file;
    for (char c : name) {
        if (is_alnum(c) || c == '_' || c == '-') {
            file.add(c);
        } else {
            file.add('%').add("0123456789ABCDEF"[u8(c) >> 4]).add("0123456789ABCDEF"[u8(c) & 15]);
        }
    }
    return file;
}
} // namespace

bool is_account_file(string_view file) {
    for (char c : file) {
        if (!is_alnum(c) && c != '_' && c != '-' && c != '%') return false;
    }
    return !file.empty() && file.size() <= longest_file_name;
}

Error make_account(string_view name, u32 uid, Account& account) {
    if (name.empty() || name.size() > longest_account_name || name.find('\0') != string_view::npos) {
        return Error::bad_account;
    }
    account.name = Text<longest_account_name>(name);
    account.uid = uid;
    account.file = plain_file_name(name);
    if (!account.file.cut()) return Error::none;
    std::array<u8, 32> hash;
    if (!EVP_Digest(name.data(), name.size(), hash.data(), nullptr, EVP_sha256(), nullptr)) return Error::crypto;
    std::array<char, 64> digits;
    account.file = Text<longest_file_name>("%h").add(Writer(digits).hex(hash).view());
    return Error::none;
}

} // namespace totp
