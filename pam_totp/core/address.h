// SPDX-License-Identifier: Apache-2.0
// Numeric addresses and networks. A name is never an address: whoever owns its zone chooses what it resolves to.
#pragma once
#include "bytes.h"
#include "list.h"

namespace totp {

/// IPv6, or IPv4 mapped into it (RFC 4291 section 2.5.5.2): so both spellings of an IPv4 address are one.
using Address = std::array<u8, 16>;

/// A numeric address and nothing beside it, so no zone either. False for a name.
bool read_address(string_view text, Address& address);

/// As people read it: IPv4 where it is mapped; empty for zero, which stands for none.
Text<46> numeric(const Address& address);

struct Network {
    Address address{};
    unsigned bits = 128; ///< that must be the same, counted in the mapped form
};
/// `address` or `address/length`, the length as its family counts it. False also when bits behind it are set: a
/// network that is written so is a slip.
bool read_network(string_view text, Network& network);
bool contains(const Network& network, const Address& address);

} // namespace totp
