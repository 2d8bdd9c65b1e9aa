// SPDX-License-Identifier: Apache-2.0
#include "lookup.h"
#include "core/words.h"
#include <algorithm>
#include <errno.h>
#include <fstream>
#include <pwd.h>
#include <sstream>
#include <string>
#include <vector>
#ifdef __GLIBC__
#include <nss.h>
#endif

namespace totp {
namespace {
constexpr size_t least_room = 4096, most_room = size_t(1) << 24; // bytes, for an entry

/// `get` is one of the calls that say by their result whether nothing was found or nobody knows.
template <typename Get> Found find(Get get, passwd& entry, std::vector<char>& room) {
    passwd* found = nullptr;
    int result = ERANGE;
    for (size_t size = least_room; result == ERANGE && size <= most_room; size *= 8) {
        room.resize(size);
        errno = ENODATA; // where a service is not there at all this is the result
        result = get(&entry, room.data(), room.size(), &found);
    }
    if (result != 0) return Found::unknown;
    return found ? Found::here : Found::gone;
}

bool has_file(const passwd& entry, string_view file) {
    Account account;
    return make_account(entry.pw_name, entry.pw_uid, account) == Error::none && account.file == file;
}

/// A very long name is kept as a hash, which says nothing of it: every account is asked.
Found find_by_hash(string_view file, Text<longest_account_name>& name, u32& uid) {
    setpwent();
    errno = 0;
    const passwd* entry = getpwent();
    while (entry && !has_file(*entry, file)) entry = getpwent();
    int number = errno;
    if (entry) name = Text<longest_account_name>(string_view(entry->pw_name)), uid = entry->pw_uid;
    endpwent();
    if (entry) return Found::here;
    return number == 0 || number == ENOENT ? Found::gone : Found::unknown;
}

#ifdef __GLIBC__
/// The services of `passwd:`, without what they are told to do after an answer.
std::string services() {
    std::ifstream file("/etc/nsswitch.conf");
    std::string line;
    while (std::getline(file, line)) {
        line.resize(std::min(line.size(), line.find('#')));
        size_t begin = line.find_first_not_of(" \t");
        if (begin == std::string::npos || line.compare(begin, 7, "passwd:") != 0) continue;
        std::string found;
        bool in_brackets = false;
        for (char c : line.substr(begin + 7)) {
            in_brackets = c == '[' || (in_brackets && c != ']');
            found += in_brackets || c == ']' ? ' ' : c;
        }
        return found;
    }
    return "files";
}
#endif
} // namespace

#ifdef __GLIBC__
void demand_every_answer() {
    std::istringstream words(services());
    std::string word, all;
    while (words >> word) all += word + " [UNAVAIL=return TRYAGAIN=return] ";
    if (!all.empty()) (void)__nss_configure_lookup("passwd", all.c_str());
}
#else
/// musl has no nsswitch.conf: it asks the files and then one daemon, and tells of a failure by itself.
void demand_every_answer() {}
#endif

Found find_by_name(const char* name, u32& uid) {
    passwd entry = {};
    std::vector<char> room;
    Found found = find([name](auto... rest) { return getpwnam_r(name, rest...); }, entry, room);
    if (found == Found::here) uid = entry.pw_uid;
    return found;
}

Found find_by_uid(u32 uid, Text<longest_account_name>& name) {
    passwd entry = {};
    std::vector<char> room;
    Found found = find([uid](auto... rest) { return getpwuid_r(uid, rest...); }, entry, room);
    if (found == Found::here) name = Text<longest_account_name>(string_view(entry.pw_name));
    return found;
}

Found find_by_file(string_view file, Text<longest_account_name>& name, u32& uid) {
    std::array<char, longest_account_name> plain{};
    size_t size = 0;
    name = Text<longest_account_name>(file);
    if (file.starts_with("%h")) return find_by_hash(file, name, uid);
    if (unescape(file, plain, size)) name = Text<longest_account_name>(string_view(plain.data(), size));
    return find_by_name(name.c_str(), uid);
}

} // namespace totp
