// SPDX-License-Identifier: Apache-2.0
// A control group whose processes are frozen all at once, anywhere: unlike stopped ones they are not told,
// and none can be woken by itself. Service managers, containers and batteries do that.
#pragma once
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <random>
#include <string>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace bed {

class Freezer {
  public:
    /// The hierarchy is mounted nowhere: it is reached by a descriptor alone, and nothing of it is left
    /// behind.
    Freezer() : name_("pam_totp." + std::to_string(std::random_device{}())) {
        int kind = fsopen("cgroup2", FSOPEN_CLOEXEC);
        if (kind >= 0 && fsconfig(kind, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) == 0) {
            top_ = fsmount(kind, FSMOUNT_CLOEXEC, 0);
        }
        bool made = top_ >= 0 && mkdirat(top_, name_.c_str(), 0755) == 0;
        if (made) group_ = openat(top_, name_.c_str(), O_DIRECTORY | O_CLOEXEC);
        if (group_ < 0 || faccessat(group_, "cgroup.freeze", W_OK, 0) != 0) why_ = strerror(errno);
        close(kind);
    }
    /// Whoever is left in it is killed, frozen or not.
    ~Freezer() {
        if (group_ >= 0) {
            write("cgroup.kill", "1");
            freeze(false);
            wait_for("populated 0");
            (void)unlinkat(top_, name_.c_str(), AT_REMOVEDIR);
        }
        close(group_), close(top_);
    }
    Freezer(const Freezer&) = delete;
    Freezer& operator=(const Freezer&) = delete;

    /// Why there is none here; empty: there is.
    const std::string& why() const { return why_; }

    /// The calling process goes in, and ends when its parent does.
    void enter() const {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (!write("cgroup.procs", "0")) _exit(1);
    }
    /// Returns when all of them are, or are not.
    void freeze(bool cold = true) const {
        write("cgroup.freeze", cold ? "1" : "0");
        wait_for(cold ? "frozen 1" : "frozen 0");
    }

  private:
    bool write(const char* file, const char* text) const {
        int fd = openat(group_, file, O_WRONLY | O_CLOEXEC);
        bool done = ::write(fd, text, strlen(text)) > 0;
        close(fd);
        return done;
    }
    void wait_for(const char* event) const {
        for (int i = 0; i < 300000; ++i, usleep(100)) {
            char text[200] = "";
            int fd = openat(group_, "cgroup.events", O_RDONLY | O_CLOEXEC);
            (void)!read(fd, text, sizeof text - 1);
            close(fd);
            if (strstr(text, event)) return;
        }
        abort();
    }

    std::string name_, why_;
    int top_ = -1, group_ = -1;
};

} // namespace bed
