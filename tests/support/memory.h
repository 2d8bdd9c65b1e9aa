// SPDX-License-Identifier: Apache-2.0
// Looks into another process for what must not be there any more: also in freed memory and below its stack.
#pragma once
#include "core/bytes.h"
#include <string>
#include <sys/types.h>
#include <unordered_map>
#include <vector>

namespace memory {

/// What is looked for. A find is eight bytes in a row of any of it, since a part of a key is as bad as all.
class Secrets {
  public:
    void add(const std::string& name, totp::Bytes bytes);
    void add(const std::string& name, std::string_view text) { add(name, totp::bytes_of(text)); }
    /// A key in every form but the raw one: hexadecimal, base32, padded as HMAC does, and the hash's state after
    /// that block, which is as good as the key.
    void add_forms(const std::string& name, totp::Bytes key);
    void add_key(const std::string& name, totp::Bytes key) { add(name, key), add_forms(name, key); }
    /// Names of what stands in the writable memory of the process, and where.
    std::vector<std::string> found_in(pid_t process) const;

  private:
    void add_state(const std::string& name, std::vector<totp::u32> words);
    std::unordered_map<totp::u64, std::string> parts_;
};

} // namespace memory
