// SPDX-License-Identifier: Apache-2.0
#include "address.h"
#include "words.h"
#include <algorithm>
#include <arpa/inet.h>

namespace totp {
namespace {

bool is_v4(string_view text) { return text.find(':') == string_view::npos; }

/// Whether every bit behind the first `bits` is 0.
bool ends_behind(const Address& address, unsigned bits) {
    for (unsigned i = bits; i < 128; ++i) {
        if (address[i / 8] >> (7 - i % 8) & 1) return false;
    }
    return true;
}
} // namespace

bool read_address(string_view text, Address& address) {
    Text<46> plain(text);
    address = {};
    if (plain.cut() || plain.view().find('\0') != string_view::npos) return false;
    if (!is_v4(plain.view())) return inet_pton(AF_INET6, plain.c_str(), address.data()) == 1;
    if (inet_pton(AF_INET, plain.c_str(), address.data() + 12) != 1) return address = {}, false;
    address[10] = address[11] = 255;
    return true;
}

Text<46> numeric(const Address& address) {
    constexpr std::array<u8, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255};
    char room[INET6_ADDRSTRLEN] = "";
    bool v4 = std::equal(mapped.begin(), mapped.end(), address.begin());
    if (address == Address{}) return {};
    (void)inet_ntop(v4 ? AF_INET : AF_INET6, address.data() + (v4 ? 12 : 0), room, sizeof room);
    return Text<46>(string_view(room));
}

bool read_network(string_view text, Network& network) {
    size_t slash = text.find('/');
    string_view address = slice(text, 0, slash);
    unsigned longest = is_v4(address) ? 32 : 128;
    u64 length = longest;
    if (!read_address(address, network.address)) return false;
    if (slash != string_view::npos && (!read_number(slice(text, slash + 1), length) || length > longest)) return false;
    network.bits = unsigned(length) + 128 - longest;
    return ends_behind(network.address, network.bits);
}

bool contains(const Network& network, const Address& address) {
    for (unsigned i = 0; i < network.bits; ++i) {
        if ((network.address[i / 8] ^ address[i / 8]) >> (7 - i % 8) & 1) return false;
    }
    return true;
}

} // namespace totp
