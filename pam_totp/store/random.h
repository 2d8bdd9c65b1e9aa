// SPDX-License-Identifier: Apache-2.0
// Random bytes for keys, ids and nonces, from libcrypto's private generator.
#pragma once
#include "core/bytes.h"

namespace totp {

bool random_bytes(Room room);
/// Never 0, and without the bit that means "nothing in force".
bool random_id(u64& id);

} // namespace totp
