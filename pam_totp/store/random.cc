// SPDX-License-Identifier: Apache-2.0
#include "random.h"
#include "core/credential.h"
#include <openssl/rand.h>
#include <string.h>

namespace totp {

bool random_bytes(Room room) { return RAND_priv_bytes(room.data(), int(room.size())) == 1; }

bool random_id(u64& id) {
    std::array<u8, 8> bytes;
    if (!random_bytes(bytes)) return false;
    memcpy(&id, bytes.data(), sizeof id);
    id &= ~nothing_in_force;
    return id != 0;
}

} // namespace totp
