// SPDX-License-Identifier: Apache-2.0
// pam-totp edit: an editor on a copy of the settings, which takes their place once it holds no mistake. A mistake in
// the file itself would keep everybody out until it is mended.
#include "command.h"
#include "core/settings.h"
#include "terminal.h"
#include "text.h"
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace totp {
namespace {

[[noreturn]] void fail(const std::string& path) {
    throw Stop(exit_store, text("%1: %2; nothing was changed", {path, std::strerror(errno)}));
}

std::string read_file(const std::string& path, bool may_be_missing) {
    std::ifstream file(path, std::ios::binary);
    if (!file && !(may_be_missing && errno == ENOENT)) fail(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// A copy beside the file, so that it can take its place in one step; gone unless it did.
class Copy {
  public:
    Copy(const std::string& path, const std::string& content) : path_(path + ".edit.XXXXXX") {
        int fd = mkostemp(path_.data(), O_CLOEXEC);
        if (fd < 0) fail(path);
        bool written = write(fd, content.data(), content.size()) == ssize_t(content.size());
        if (close(fd) != 0 || !written) fail(path_);
    }
    ~Copy() { (void)unlink(path_.c_str()); }
    Copy(const Copy&) = delete;
    Copy& operator=(const Copy&) = delete;
    const std::string& path() const { return path_; }
    void replace(const std::string& original) const {
        struct stat found = {};
        bool is_there = stat(original.c_str(), &found) == 0;
        mode_t mode = is_there ? found.st_mode & 0755 : 0644; // what nobody else may read stays so
        int fd = open(path_.c_str(), O_RDONLY | O_CLOEXEC);
        bool safe = fd >= 0 && fchown(fd, 0, is_there ? found.st_gid : 0) == 0 && fchmod(fd, mode) == 0 && fsync(fd) == 0;
        if (fd >= 0) close(fd);
        if (!safe || rename(path_.c_str(), original.c_str()) != 0) fail(original);
    }

  private:
    std::string path_;
};

void run_editor(const std::string& path) {
    const char* chosen = std::getenv("VISUAL");
    if (!chosen || !*chosen) chosen = std::getenv("EDITOR");
    // By a shell: the variable may hold arguments, too.
    std::string command = std::string(chosen && *chosen ? chosen : "vi") + " \"$1\"";
    pid_t editor = fork();
    if (editor == 0) {
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, nullptr);
        execl("/bin/sh", "sh", "-c", command.c_str(), "sh", path.c_str(), static_cast<char*>(nullptr));
        _exit(127);
    }
    int status = 1;
    while (editor > 0 && waitpid(editor, &status, 0) < 0 && errno == EINTR) {
    }
    if (editor < 0 || status != 0) throw Stop(exit_refused, text("the editor failed: nothing was changed"));
}

/// What is wrong, as FILE:LINE: REASON; "" for nothing.
std::string mistake_in(const std::string& name, const std::string& content) {
    Settings settings;
    Misfit misfit;
    if (content.size() > longest_settings) return text("%1: the file is too long", {name});
    if (read_settings(content, settings, misfit)) return "";
    return name + ":" + std::to_string(misfit.line) + ": " + std::string(misfit.reason);
}

int conclude(const Arguments& a, const std::string& words, bool changed) {
    if (a.json) print_line(changed ? "{\"changed\":true}" : "{\"changed\":false}");
    else say(words);
    return exit_done;
}
} // namespace

int run_edit(Arguments& a) {
    if (a.json) talk_beside_json();
    if (getuid() != 0) throw Stop(exit_refused, text("only root can do this"));
    std::string path = a.conf.empty() ? TOTP_CONF : a.conf;
    std::string before = read_file(path, true), after;
    Copy copy(path, before);
    for (std::string mistake = " "; !mistake.empty();) {
        run_editor(copy.path());
        after = read_file(copy.path(), false);
        mistake = mistake_in(path, after);
        if (mistake.empty()) break;
        say(mistake + "\n");
        if (!agrees(text("Edit again? [Y/n] "))) throw Stop(exit_refused, text("nothing was changed"));
    }
    if (after == before) return conclude(a, text("Nothing was changed.\n"), false);
    if (read_file(path, true) != before)
        throw Stop(exit_refused, text("somebody else has changed %1 meanwhile: nothing was changed", {path}));
    copy.replace(path);
    return conclude(a, text("%1 counts from the next login on.\n", {path}), true);
}

} // namespace totp
