// SPDX-License-Identifier: Apache-2.0
#include "member.h"
#include "core/list.h"
#include "pages.h"
#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/resource.h>

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
Match has_group(const Person& person, gid_t wanted) {
    Pages room(most_groups * sizeof(gid_t));
    if (room.room().empty()) return Match::unknown;
    auto* groups = reinterpret_cast<gid_t*>(room.room().data());
    int count = int(most_groups);
    if (getgrouplist(person.name, person.group, groups, &count) < 0) return Match::unknown;
    for (int i = 0; i < count; ++i) {
        if (groups[i] == wanted) return Match::yes;
    }
    return Match::no;
}

/// Whoever calls su chooses its limits, and a service that can open no file leaves out its groups without a word.
bool limits_are_low() {
    constexpr rlim_t least_files = 64, least_memory = rlim_t(1) << 28;
    rlimit files = {}, space = {}, data = {};
    if (getrlimit(RLIMIT_NOFILE, &files) != 0 || getrlimit(RLIMIT_AS, &space) != 0 || getrlimit(RLIMIT_DATA, &data) != 0) {
        return true;
    }
    return files.rlim_cur < least_files || space.rlim_cur < least_memory || data.rlim_cur < least_memory;
}
} // namespace

Match is_member(const void* of, string_view name) {
    const Person& person = *static_cast<const Person*>(of);
    Text<255> text(name);
    int result = limits_are_low() ? EMFILE : ERANGE;
    for (size_t size = least_room; result == ERANGE && size <= most_room; size *= 8) {
        Pages room(size);
        group entry = {};
        group* found = nullptr;
        if (room.room().empty() || text.cut()) return Match::unknown;
        result = getgrnam_r(text.c_str(), &entry, reinterpret_cast<char*>(room.room().data()), size, &found);
        if (result != 0) continue;
        if (!found) return Match::unknown;
        if (found->gr_gid == person.group || lists(*found, person.name)) return Match::yes;
        return has_group(person, found->gr_gid);
    }
    return Match::unknown;
}

} // namespace totp
