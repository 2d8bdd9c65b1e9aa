// SPDX-License-Identifier: Apache-2.0
// Whose record it is: a name, a uid, and the file name that both make.
#pragma once
#include "bytes.h"
#include "error.h"
#include "list.h"

namespace totp {

constexpr size_t longest_account_name = 255;
constexpr size_t longest_file_name = 200;

/// An account as getpwuid(3) knows it. Made by `account` alone, so that no other file name can come about.
struct Account {
    Text<longest_account_name> name;
    u32 uid = 0;
    Text<longest_file_name> file; ///< `name` with every byte outside [A-Za-z0-9_-] as %XX
};

/// Whether some account's record could have this file name.
bool is_account_file(string_view file);

/// Error::bad_account for an empty name, one over 255 bytes, or one with a NUL. A name whose file name would
/// pass 200 bytes gets `%h` and its SHA-256 in hexadecimal instead.
Error make_account(string_view name, u32 uid, Account& account);

} // namespace totp
