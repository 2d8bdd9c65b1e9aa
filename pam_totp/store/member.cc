// SPDX-License-Identifier: Apache-2.0
#include "member.h"
#include "core/list.h"
#include "pages.h"
#include <errno.h>
#include <grp.h>
#include <string.h>

namespace totp {
namespace {
constexpr size_t least_room = size_t(1) << 16, most_room = size_t(1) << 24; // bytes, for a group and all its members
constexpr size_t most_groups = 65536;                                       // of an account (NGROUPS_MAX)

bool lists(const group& entry, const char* name) {
    for (char** member = entry.gr_mem; member && *member; ++member) {
        if (strcmp(*member, name) == 0) return true;
    }
    return false;
}

/// The other way round: some services do not list a group's members, but say of an account which groups it has.
bool has_group(const Person& person, gid_t wanted) {
    Pages room(most_groups * sizeof(gid_t));
    if (room.room().empty()) return false;
    auto* groups = reinterpret_cast<gid_t*>(room.room().data());
    int count = int(most_groups);
    if (getgrouplist(person.name, person.group, groups, &count) < 0) return false;
    for (int i = 0; i < count; ++i) {
        if (groups[i] == wanted) return true;
    }
    return false;
}
} // namespace

Match is_member(const void* of, string_view name) {
    const Person& person = *static_cast<const Person*>(of);
    Text<255> text(name);
    int result = ERANGE;
    for (size_t size = least_room; result == ERANGE && size <= most_room; size *= 8) {
        Pages room(size);
        group entry = {};
        group* found = nullptr;
        if (room.room().empty() || text.cut()) return Match::unknown;
        result = getgrnam_r(text.c_str(), &entry, reinterpret_cast<char*>(room.room().data()), size, &found);
        if (result != 0) continue;
        if (!found) return Match::unknown;
        bool is_in = found->gr_gid == person.group || lists(*found, person.name) || has_group(person, found->gr_gid);
        return is_in ? Match::yes : Match::no;
    }
    return Match::unknown;
}

} // namespace totp
