// SPDX-License-Identifier: Apache-2.0
// What a test of many logins needs of the machine, seen by it and its children alone.
#pragma once
#include <cstdlib>
#include <fstream>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

namespace bed {

constexpr unsigned first_person = 70000; ///< uid of person0; person1 has the next

/// People person0, person1, … to log in as, alias0 of the uid of person0, and no line in the log of the machine. False where root may not have
/// a mount name space of its own.
inline bool make_view(size_t people) {
    if (unshare(CLONE_NEWNS) != 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
    if (access("/dev/log", F_OK) == 0) (void)mount("/dev/null", "/dev/log", nullptr, MS_BIND, nullptr);
    char name[] = "/tmp/passwd.XXXXXX";
    int fd = mkstemp(name);
    std::ofstream out(name);
    out << std::ifstream("/etc/passwd").rdbuf();
    for (size_t i = 0; i < people; ++i) {
        out << "person" << i << ":x:" << first_person + i << ":" << first_person << "::/:/bin/false\n";
    }
    out << "alias0:x:" << first_person << ":" << first_person << "::/:/bin/false\n"; // behind person0: the uid is its
    out.close();
    bool done = fchmod(fd, 0644) == 0 && mount(name, "/etc/passwd", nullptr, MS_BIND, nullptr) == 0;
    close(fd);
    unlink(name);
    return done;
}

} // namespace bed
