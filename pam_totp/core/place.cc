// SPDX-License-Identifier: Apache-2.0
#include "place.h"
#include "words.h"
#include <string.h>

namespace totp {
namespace {
constexpr size_t longest_message = 512;
// Behind the name: proc(5) counts the name as the second, the terminal as the 7th, and the start as 22nd.
constexpr int fields_before_terminal = 4, fields_before_start = 14;
}

bool make_place(const KeySet& set, const Account& account, string_view service, string_view where, u64& place) {
    std::array<char, longest_message> room;
    Writer message(room);
    // Nothing before `where` holds a blank, so no two logins come to one message.
    message.add("place ").number(u64(account.uid)).add(' ').add(account.file.view()).add(' ').escaped(service).add(' ');
    message.add(where);
    std::array<u8, 16> signature;
    if (!message.ok() || !set.sign(bytes_of(message.view()), signature)) return false;
    memcpy(&place, signature.data(), sizeof place);
    place = place == 0 ? 1 : place;
    return true;
}

bool read_start_time(string_view stat, u64& ticks) {
    size_t name_end = stat.rfind(')'); // the name may hold anything, blanks and brackets too
    if (name_end == string_view::npos) return false;
    Words fields(slice(stat, name_end + 2));
    for (int i = 0; i < fields_before_terminal; ++i) (void)fields.word();
    u64 terminal = 0;
    if (!read_number(fields.word(), terminal) || terminal == 0) return false;
    for (int i = 0; i < fields_before_start; ++i) (void)fields.word();
    return read_number(fields.word(), ticks);
}

} // namespace totp
