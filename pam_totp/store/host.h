// SPDX-License-Identifier: Apache-2.0
// The host's side of every record: where the store and the key are, and whether they can be trusted.
#pragma once
#include "core/bytes.h"
#include "core/error.h"
#include "core/keyring.h"
#include "file.h"

namespace totp {

/// Where things are and who must own them. Values, so that a test or a second store passes its own.
struct Place {
    const char* store = nullptr; ///< directory of the records
    const char* key = nullptr;   ///< the host key file
    uid_t owner = 0;             ///< of both, beside root
};

/// An opened store: the directory and the keys.
struct Host {
    Place place;
    const char* opening = nullptr; ///< the path that is being opened or made: an error is about that
    Fd directory;
    Keyring keyring;
};

/// Opens the key file and the directory and looks at both. `host.opening` is what an error is about, and nullptr
/// without one.
Error open_host(const Place& place, Host& host);

/// Whether the store is the one that `init` made with this host's key: its sentinel `.store` is there and
/// signed. An unmounted directory has none, and must not look like "nothing is set up".
Error check_sentinel(const Host& host);

/// First use of a host: makes the key file unless it is there, the directory unless it is there, and the
/// sentinel. Never replaces a key. `group` may read the key and enter the directory. Opens the host as well.
/// Error::store_foreign when the store holds the sentinel of another key, Error::key_missing when it holds
/// records and the key is gone.
Error init_host(const Place& place, gid_t group, Host& host);

} // namespace totp
