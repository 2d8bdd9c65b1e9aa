// SPDX-License-Identifier: Apache-2.0
#include "place.h"
#include "core/address.h"
#include "core/place.h"
#include "field.h"
#include "store/session.h"
#include <unistd.h>

namespace totp {
namespace {

bool write_address(string_view rhost, Writer& out) {
    Address address;
    if (!read_address(rhost, address) || address == Address{}) return false;
    out.add("from ").add(numeric(address).view());
    return true;
}

bool write_terminal(string_view tty, Writer& out) {
    if (tty.empty()) return false;
    out.add("at ").escaped(tty).add(' ').number(u64(getuid())).add(' ');
    return describe_session(out);
}
} // namespace

u64 place_of(pam_handle_t* pam, const LogLine& login, const Account& account, const KeySet& set) {
    std::array<char, 256> room;
    Writer where(room);
    u64 place = 0;
    bool known = login.rhost.empty() ? write_terminal(text_item(pam, PAM_TTY), where) : write_address(login.rhost, where);
    return known && where.ok() && make_place(set, account, login.service, where.view(), place) ? place : 0;
}

} // namespace totp
