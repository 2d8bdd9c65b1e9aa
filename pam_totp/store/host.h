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
    mutable const char* opening = nullptr; ///< the path that is being opened or made: an error is about that
    Fd directory;
    mutable Keyring keyring; ///< what was read of the key file; a change of the host key is learnt when it is met
};

/// Opens the key file and the directory and looks at both. `host.opening` is what an error is about, and nullptr
/// without one.
Error open_host(const Place& place, Host& host);

/// Whether the store is the one that `init` made with this host's key: its sentinel `.store` is there and
/// signed. An unmounted directory has none, and must not look like "nothing is set up".
Error check_sentinel(const Host& host);

/// Signs it with the newest key, unless it is. Error::store_unmarked, Error::store_foreign.
Error renew_sentinel(const Host& host);

/// Reads the key file again: what is met was made with a key that it did not hold when this attempt began. It may have
/// waited at a prompt for as long as it likes.
Error learn_keys(const Host& host);

/// Until the directory is closed no other process of root's changes keys, or moves or removes records. Logins and
/// changes of people's own neither know nor heed this. Error::busy.
Error lock_store(const Host& host);

/// Files of the host's: `group` may read them, unless it is -1.
Ownership readable_by(const Place& place, gid_t group);

/// First use of a host: makes the key file unless it is there, the directory unless it is there, and the
/// sentinel. Never replaces a key. `group` may read the key and enter the directory. Opens the host as well.
/// Error::store_foreign when the store holds the sentinel of another key, Error::key_missing when it holds
/// records and the key is gone.
Error init_host(const Place& place, gid_t group, Host& host);

} // namespace totp
