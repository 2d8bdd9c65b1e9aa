// SPDX-License-Identifier: Apache-2.0
#include "conf.h"
#include "pages.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

namespace totp {
namespace {
constexpr size_t usual_settings = 2048; // bytes, on the stack

/// Who asks, and what came of the files so far.
struct Reader {
    uid_t owner;
    const Visit* visit;
    Conf& conf;

    Error take(string_view path, string_view text);
    Error take_into(Room room, int fd, string_view path);
    Error take_file(int fd, u64 size, string_view path);
    Error read(const char* path);
    Error read_directory(const char* path);
    void set_file(string_view path) { conf.file = Text<longest_conf_path>(path); }
};

Error Reader::take(string_view path, string_view text) {
    if (!read_settings(text, conf.settings, conf.misfit)) return Error::bad_setting;
    if (!visit || conf.decision.line != 0) return Error::none;
    if (decide(text, *visit, conf.decision) != Match::no) set_file(path);
    return Error::none;
}

Error Reader::take_into(Room room, int fd, string_view path) {
    Error error = read_all(fd, room);
    return error == Error::none ? take(path, text_of(room)) : error;
}

/// A whole file, in memory for as long as it is read.
Error Reader::take_file(int fd, u64 size, string_view path) {
    std::array<u8, usual_settings> few;
    if (size <= few.size()) return take_into(Room(few).first(size), fd, path);
    Pages many(longest_settings);
    return many.room().empty() ? Error::io : take_into(many.room().first(size), fd, path);
}

/// Error::settings_missing when there is no such file.
Error Reader::read(const char* path) {
    Fd fd;
    u64 size = 0;
    Error error = open_at(AT_FDCWD, path, O_RDONLY, fd);
    if (error == Error::io && errno == ENOENT) return Error::settings_missing;
    if (error == Error::io && (errno == ELOOP || errno == ENXIO)) error = Error::settings_unsafe;
    if (error == Error::none) error = look_at(fd.get(), {owner, 07022, true}, Error::settings_unsafe, size);
    if (error == Error::none && size > longest_settings) {
        conf.misfit = {0, "the file is too long"};
        error = Error::bad_setting;
    }
    if (error == Error::none) error = take_file(fd.get(), size, path);
    if (error != Error::none) set_file(path);
    return error;
}

bool is_drop_in(string_view name) { return name.size() > 5 && name[0] != '.' && slice(name, name.size() - 5) == ".conf"; }

/// The name that follows `last` in the order of bytes; false when there is none. One pass for each: there are few.
Error next_name(const char* path, string_view last, Text<255>& next, bool& found) {
    Listing list(path);
    found = false;
    while (const char* name = list.next()) {
        bool follows = is_drop_in(name) && string_view(name) > last && (!found || string_view(name) < next.view());
        if (follows) next = Text<255>(string_view(name)), found = true;
    }
    return list.error();
}

/// Nobody else can put a file into it.
Error look_at_directory(int directory, uid_t owner) {
    struct stat found = {};
    if (fstat(directory, &found) != 0) return Error::io;
    bool closed = (found.st_uid == owner || found.st_uid == 0) && !(found.st_mode & 022);
    return closed ? Error::none : Error::settings_unsafe;
}

Text<longest_conf_path> path_in(const char* directory, string_view name) {
    return Text<longest_conf_path>(string_view(directory)).add('/').add(name);
}

Error Reader::read_directory(const char* path) {
    Fd directory;
    Error error = open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, directory);
    if (error != Error::none) return errno == ENOENT ? Error::none : error;
    error = look_at_directory(directory.get(), owner);
    Text<255> name, next;
    for (bool found = true; error == Error::none && found; name = next) {
        error = next_name(path, name.view(), next, found);
        Text<longest_conf_path> file = path_in(path, next.view());
        if (error == Error::none && found) error = file.cut() ? Error::io : read(file.c_str());
        if (error == Error::settings_missing) error = Error::none; // taken away meanwhile
    }
    return error;
}
} // namespace

Error load_conf(const char* path, uid_t owner, bool must_exist, const Visit* visit, Conf& conf) {
    Reader reader{owner, visit, conf};
    Text<longest_conf_path> drop_ins{string_view(path)};
    drop_ins.add(".d");
    Error error = drop_ins.cut() ? Error::io : reader.read_directory(drop_ins.c_str());
    if (error != Error::none && conf.file.empty()) reader.set_file(drop_ins.view());
    if (error != Error::none) return error;
    error = reader.read(path);
    if (error == Error::settings_missing && !must_exist) error = Error::none;
    if (error != Error::none) return error;
    bool unknown = conf.decision.line != 0 && !conf.decision.is_made;
    return unknown ? Error::group_unknown : Error::none;
}

} // namespace totp
