// SPDX-License-Identifier: Apache-2.0
#include "running.h"
#include "../beside.h"
#include "program.h"
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace totp::host {
namespace {

[[noreturn]] void become(const std::vector<std::string>& words) {
    std::vector<char*> argv;
    for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    (void)std::signal(SIGPIPE, SIG_DFL);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    bool set = null >= 0 && dup2(null, 0) == 0 && dup2(null, 1) == 1 && dup2(null, 2) == 2;
    if (set) execv(argv[0], argv.data());
    _exit(127);
}

int wait_for_child(pid_t child) {
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
} // namespace

std::string find_program(const std::string& name) {
    for (const char* folder : {"/usr/local/sbin/", "/usr/local/bin/", "/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"}) {
        std::string path = folder + name;
        if (access(path.c_str(), X_OK) == 0) return path;
    }
    return "";
}

Ran run_program(const std::vector<std::string>& words) {
    Ran ran;
    std::string complained;
    if (words[0].empty()) return ran;
    ran.status = run_program("", words, ran.output, complained);
    ran.output += complained;
    return ran;
}

bool leave_running(const std::vector<std::string>& words) {
    int ends[2]; // closed by the exec: then it runs
    if (pipe2(ends, O_CLOEXEC) != 0) return false;
    pid_t child = fork();
    if (child == 0) {
        (void)setsid();
        (void)!chdir("/");
        (void)std::signal(SIGHUP, SIG_IGN);
        pid_t grandchild = fork();
        if (grandchild != 0) _exit(grandchild < 0);
        close(ends[0]);
        if (dup2(ends[1], 3) < 0 || fcntl(3, F_SETFD, FD_CLOEXEC) != 0) _exit(1);
        for (int fd = 4; fd < 256; ++fd) close(fd);
        // become() ends with 127 when it cannot: then the reader sees the end as well, so it is told before.
        if (access(words[0].c_str(), X_OK) != 0) (void)!write(3, "x", 1);
        become(words);
    }
    close(ends[1]);
    char none = 0;
    bool begun = child > 0 && wait_for_child(child) == 0;
    ssize_t got = 0;
    while (begun && (got = read(ends[0], &none, 1)) < 0 && errno == EINTR) {
    }
    close(ends[0]);
    return begun && got == 0;
}

bool has_systemd() { return access("/run/systemd/system", F_OK) == 0; }

std::string own_path() { return beside_this_program("pam-totp"); }

} // namespace totp::host
