// SPDX-License-Identifier: Apache-2.0
#include "program.h"
#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace totp::host {
namespace {
constexpr int not_run = 127; // as a shell has it

[[noreturn]] void become(const std::string& root, const std::vector<std::string>& words, const int* ends) {
    std::vector<std::string> copies = words;
    std::vector<char*> argv;
    for (std::string& word : copies) argv.push_back(word.data());
    argv.push_back(nullptr);
    int nothing = open("/dev/null", O_RDONLY);
    bool ready = dup2(nothing, 0) == 0 && dup2(ends[0], 1) == 1 && dup2(ends[1], 2) == 2;
    if (ready && !root.empty()) ready = chroot(root.c_str()) == 0 && chdir("/") == 0;
    if (ready) execvp(argv[0], argv.data());
    _exit(not_run);
}

/// Takes what has come; false at the end.
bool take(int fd, std::string& text) {
    char room[4096];
    ssize_t got = read(fd, room, sizeof room);
    if (got < 0 && errno == EINTR) return true;
    if (got > 0) text.append(room, size_t(got));
    return got > 0;
}
} // namespace

int run_program(const std::string& root, const std::vector<std::string>& words, std::string& printed,
                std::string& complained) {
    int out[2], err[2];
    if (pipe2(out, O_CLOEXEC) != 0) return not_run;
    if (pipe2(err, O_CLOEXEC) != 0) return close(out[0]), close(out[1]), not_run;
    pid_t child = fork();
    int ends[] = {out[1], err[1]};
    if (child == 0) become(root, words, ends);
    close(out[1]);
    close(err[1]);
    pollfd waits[] = {{out[0], POLLIN, 0}, {err[0], POLLIN, 0}};
    while (child > 0 && (waits[0].fd >= 0 || waits[1].fd >= 0)) {
        if (poll(waits, 2, -1) < 0) continue;
        if (waits[0].revents && !take(out[0], printed)) waits[0].fd = -1;
        if (waits[1].revents && !take(err[0], complained)) waits[1].fd = -1;
    }
    close(out[0]);
    close(err[0]);
    int status = not_run << 8;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : not_run;
}

} // namespace totp::host
