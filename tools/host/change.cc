// SPDX-License-Identifier: Apache-2.0
#include "change.h"
#include "../command.h"
#include "../text.h"
#include "sshd_text.h"
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace totp::host {
namespace {
constexpr const char* note_path = TOTP_UNDO;

[[noreturn]] void fail(const std::string& path) {
    throw Stop(exit_store, path + ": " + std::strerror(errno));
}

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

void remove(const std::string& path) {
    if (unlink(path.c_str()) != 0 && errno != ENOENT) fail(path);
}

bool write_all(int fd, const std::string& text) {
    for (size_t at = 0; at < text.size();) {
        ssize_t put = write(fd, text.data() + at, text.size() - at);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return false;
        at += size_t(put);
    }
    return true;
}

/// Owner, mode, and what SELinux and access lists say: of the file that it takes the place of.
bool look_alike(int fd, const std::string& path) {
    struct stat found = {};
    if (stat(path.c_str(), &found) != 0) return fchmod(fd, 0644) == 0;
    if (fchown(fd, found.st_uid, found.st_gid) != 0 || fchmod(fd, found.st_mode & 07777) != 0) return false;
    for (const char* name : {"security.selinux", "system.posix_acl_access"}) {
        char value[1024];
        ssize_t size = getxattr(path.c_str(), name, value, sizeof value);
        if (size > 0 && fsetxattr(fd, name, value, size_t(size), 0) != 0) return false;
    }
    return true;
}

void write_draft(const std::string& path, const std::string& text) {
    std::string draft = draft_name(path);
    remove(draft); // of a kill
    int fd = open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool written = fd >= 0 && write_all(fd, text) && look_alike(fd, path) && fsync(fd) == 0;
    int why = errno;
    if (fd >= 0) close(fd);
    if (written) return;
    (void)unlink(draft.c_str());
    errno = why;
    fail(path);
}

void make_folder(const std::string& path) {
    if (mkdir(folder_of(path).c_str(), 0755) != 0 && errno != EEXIST) fail(folder_of(path));
}

void apply_one(const FileChange& file) {
    std::string kept = kept_name(file.path);
    remove(kept); // of a change that was kept
    if (!file.after) {
        if (rename(file.path.c_str(), kept.c_str()) != 0) fail(file.path);
    } else {
        make_folder(file.path);
        write_draft(file.path, *file.after);
        if (file.before && link(file.path.c_str(), kept.c_str()) != 0) fail(kept);
        if (rename(draft_name(file.path).c_str(), file.path.c_str()) != 0) fail(file.path);
    }
    flush_folder(file.path);
}

/// The edits stay. False when the change cannot be told from them.
bool mend_one(const FileNote& file, const Mend& mend) {
    std::optional<std::string> edited = read_file(file.path);
    std::optional<std::string> mended = edited ? mend(file.path, *edited) : std::nullopt;
    if (!mended) return false;
    if (mended != edited) write_safely(file.path, *mended);
    remove(kept_name(file.path));
    return true;
}

/// True unless it is another one than was written, or than there was, and cannot be mended.
bool undo_one(const FileNote& file, const Mend& mend) {
    std::string kept = kept_name(file.path), now = digest(read_file(file.path));
    remove(draft_name(file.path));
    bool is_back = now == file.before;
    if (!is_back && now != file.after) return mend_one(file, mend);
    if (!is_back && file.before == "-") {
        remove(file.path);
    } else if (!is_back) {
        if (digest(read_file(kept)) != file.before) return false;
        if (rename(kept.c_str(), file.path.c_str()) != 0) fail(file.path);
    }
    remove(kept); // a rename between two names of one file changes nothing
    if (access(folder_of(file.path).c_str(), F_OK) == 0) flush_folder(file.path);
    return true;
}
} // namespace

/// What was renamed, linked or removed there is on the disk.
void flush_folder(const std::string& path) {
    int fd = open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool done = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) close(fd);
    if (!done) fail(folder_of(path));
}

void write_safely(const std::string& path, const std::string& text) {
    write_draft(path, text);
    if (rename(draft_name(path).c_str(), path.c_str()) != 0) fail(path);
    flush_folder(path);
}

std::optional<std::string> read_file(const std::string& path) {
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    if (!file && errno == ENOENT) return {};
    std::string text(std::istreambuf_iterator<char>(file), {});
    if (!file.is_open() || file.bad()) fail(path);
    return text;
}

void write_note(const Note& note) {
    std::string draft = draft_name(note_path);
    write_draft(note_path, note_text(note));
    // Not a rename, which would take the place of another one.
    if (link(draft.c_str(), note_path) != 0) {
        int why = errno;
        (void)unlink(draft.c_str());
        errno = why;
        fail(note_path);
    }
    (void)unlink(draft.c_str());
    flush_folder(note_path);
}

void forget_draft() { remove(draft_name(note_path)); }

void apply(const std::vector<FileChange>& files, const Changed& changed) {
    for (const FileChange& file : files) apply_one(file), changed(file.path);
}

Pending::~Pending() {
    if (fd_ >= 0) close(fd_);
}

bool Pending::open() {
    for (;;) {
        fd_ = ::open(note_path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (fd_ < 0 && errno == ENOENT) return false;
        if (fd_ < 0 || flock(fd_, LOCK_EX) != 0) fail(note_path);
        struct stat held = {}, named = {};
        if (fstat(fd_, &held) == 0 && stat(note_path, &named) == 0 && held.st_ino == named.st_ino) break;
        close(fd_); // kept or undone while we waited
        fd_ = -1;
    }
    std::string written = read_file(note_path).value_or("");
    if (read_note(written, note_)) return true;
    if (is_note_of_another_version(written)) {
        throw Stop(exit_store, text("%1 was written by a newer pam-totp: nothing was undone. Install that version, or put the "
                                    "files back by hand, which stand beside the changed ones as FILE.before-pam-totp", {note_path}));
    }
    throw Stop(exit_store, text("%1 is damaged: nothing was undone. The files as they were stand beside the changed ones, "
                                "as FILE.before-pam-totp", {note_path}));
}

void Pending::keep() {
    forget_draft();
    remove(note_path);
    flush_folder(note_path);
    for (const FileNote& file : note_.files) remove(kept_name(file.path)), remove(draft_name(file.path));
}

std::vector<std::string> Pending::undo(const Mend& mend, const Changed& changed) {
    std::vector<std::string> edited;
    std::string failed; // one that fails keeps no other from its place
    for (auto file = note_.files.rbegin(); file != note_.files.rend(); ++file) {
        try {
            bool leans = is_sshds(file->path) && !edited.empty();
            if (leans || !undo_one(*file, mend)) edited.push_back(file->path);
            else changed(file->path);
        } catch (const Stop& why) {
            failed = why.what();
        }
    }
    if (!failed.empty()) throw Stop(exit_store, failed);
    forget_draft();
    remove(note_path);
    flush_folder(note_path);
    return edited;
}

std::string boot_id() {
    std::string id = read_file("/proc/sys/kernel/random/boot_id").value_or("?");
    return id.substr(0, id.find('\n'));
}

std::uint64_t seconds_since_boot() {
    timespec now = {};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return std::uint64_t(now.tv_sec);
}

} // namespace totp::host
