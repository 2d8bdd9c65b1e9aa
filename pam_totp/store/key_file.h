// SPDX-License-Identifier: Apache-2.0
// The host key file: read, made, and replaced as a whole, so that a crash at any moment leaves one that can be read.
#pragma once
#include "host.h"

namespace totp {

Error read_key_file(const Place& place, Keyring& keyring);

/// Makes it, unless it is there. `group` may read it.
Error make_key_file(const Place& place, gid_t group);

/// Puts a new set above the others: it is on the disk, and in host.keyring, before anything can be made with it.
/// Error::keys_full when there are as many as the file takes. Error::key_volatile, as by retire_key_sets, when it is
/// in memory and the records are not.
Error add_key_set(const Host& host);

/// Takes away what a killed change of the file left: there are keys in it.
void drop_key_draft(const Host& host);

/// Retires all sets but the newest.
Error retire_key_sets(const Host& host);

} // namespace totp
