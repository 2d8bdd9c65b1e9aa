// SPDX-License-Identifier: Apache-2.0
#include "image.h"
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <dirent.h>
#include <fcntl.h>
#include <fstream>
#include <glob.h>
#include <grp.h>
#include <iterator>
#include <linux/fs.h>
#include <pwd.h>
#include <set>
#include <sys/ioctl.h>
#include <sys/timex.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace totp::host {
namespace {
/// An entry of an image's own passwd or group file.
template <typename Entry>
const Entry* find_in(const std::string& path, const std::string& name, Entry* (*next)(FILE*),
                     char* Entry::*own) {
    FILE* file = std::fopen(path.c_str(), "re");
    if (!file) return nullptr;
    const Entry* found = next(file);
    while (found && name != found->*own) found = next(file);
    (void)std::fclose(file);
    return found;
}

Match match_of(const void* found) {
    if (found) return Match::yes;
    return errno == 0 || errno == ENOENT || errno == ESRCH ? Match::no : Match::unknown;
}

const group* find_group(const std::string& root, const std::string& name) {
    errno = 0;
    return root.empty() ? getgrnam(name.c_str())
                        : find_in(root + "/etc/group", name, fgetgrent, &group::gr_name);
}

const passwd* find_user(const std::string& root, const std::string& name) {
    errno = 0;
    return root.empty() ? getpwnam(name.c_str())
                        : find_in(root + "/etc/passwd", name, fgetpwent, &passwd::pw_name);
}

/// What editors and packages leave is no service.
bool is_service(const std::string& name) {
    return !name.empty() && name[0] != '.' && name.back() != '~' &&
           name.find(".dpkg-") == std::string::npos && !name.ends_with(".rpmnew") &&
           !name.ends_with(".rpmsave") && !name.ends_with(".pacnew");
}
} // namespace

std::optional<std::string> Image::text(const std::string& path) const {
    std::ifstream file(root_ + path, std::ios::binary);
    if (!file) return std::nullopt;
    std::string content{std::istreambuf_iterator<char>(file), {}};
    return file.bad() ? std::nullopt : std::optional(content);
}

Read Image::read() const {
    return [this](const std::string& path) { return text(path); };
}

Look Image::look() const {
    return [this](const std::string& path) -> std::optional<struct stat> {
        struct stat found = {};
        bool is_there = lstat((root_ + path).c_str(), &found) == 0 || (errno != ENOENT && errno != ENOTDIR);
        return is_there ? std::optional(found) : std::nullopt;
    };
}

std::vector<std::string> Image::names_in(const std::string& directory) const {
    std::vector<std::string> names;
    DIR* open = opendir((root_ + directory).c_str());
    if (!open) return names;
    while (const dirent* entry = readdir(open)) { // NOLINT(concurrency-mt-unsafe): one thread
        if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
    }
    closedir(open);
    std::sort(names.begin(), names.end());
    return names;
}

std::vector<std::string> Image::services() const {
    std::set<std::string> names;
    for (const std::string& place : places_of("")) {
        for (const std::string& name : names_in(place)) {
            if (is_service(name)) names.insert(name);
        }
    }
    return {names.begin(), names.end()};
}

std::vector<std::string> Image::modules() const {
    std::vector<std::string> found;
    glob_t paths = {};
    for (const char* pattern : {"/usr/lib/security", "/usr/lib64/security", "/usr/lib/*/security",
                                "/lib/security", "/lib64/security", "/lib/*/security"}) {
        (void)glob((root_ + pattern + "/pam_totp.so").c_str(), GLOB_APPEND, nullptr, &paths);
    }
    std::set<std::pair<dev_t, ino_t>> seen; // /lib is most often /usr/lib
    for (size_t i = 0; i < paths.gl_pathc; ++i) {
        struct stat at = {};
        bool is_new = stat(paths.gl_pathv[i], &at) == 0 && seen.insert({at.st_dev, at.st_ino}).second;
        if (is_new) found.push_back(std::string(paths.gl_pathv[i]).substr(root_.size()));
    }
    globfree(&paths);
    return found;
}

Names Image::names() const {
    Names names;
    names.user = [this](const std::string& name) { return match_of(find_user(root_, name)); };
    names.group = [this](const std::string& name) { return match_of(find_group(root_, name)); };
    names.service = [this](const std::string& name) {
        auto places = places_of(name);
        return std::any_of(places.begin(), places.end(),
                           [this](const std::string& place) { return bool(look()(place)); });
    };
    return names;
}

gid_t Image::group(const std::string& name) const {
    const struct group* found = find_group(root_, name);
    return found ? found->gr_gid : gid_t(-1);
}

std::string Image::member_of(const std::string& name) const {
    const struct group* found = find_group(root_, name);
    if (found && found->gr_mem[0]) return found->gr_mem[0];
    if (!found || !is_live()) return "";
    gid_t own = found->gr_gid;
    std::string member;
    setpwent();
    for (const passwd* entry = getpwent(); entry && member.empty();
         entry = getpwent()) { // NOLINT(concurrency-mt-unsafe)
        if (entry->pw_gid == own) member = entry->pw_name;
    }
    endpwent();
    return member;
}

Disk Image::disk(const std::string& path) const {
    Disk disk;
    int fd = open((root_ + path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct statfs found = {};
    int flags = 0;
    if (fd >= 0 && fstatfs(fd, &found) == 0)
        disk.type = static_cast<unsigned long>(found.f_type) & 0xFFFFFFFFUL;
    if (fd >= 0 && ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0) disk.copies = (flags & FS_NOCOW_FL) == 0;
    if (fd >= 0) close(fd);
    return disk;
}

bool clock_is_synchronised() {
    timex state = {};
    return adjtimex(&state) != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
}

} // namespace totp::host
