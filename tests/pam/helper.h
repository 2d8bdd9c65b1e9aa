// SPDX-License-Identifier: Apache-2.0
// The helper that was built, run by root over a test's own store, and the socket to it.
#pragma once
#include "bed.h"
#include "core/protocol.h"
#include <sys/socket.h>
#include <sys/wait.h>

namespace bed {

struct Helper {
    pid_t pid = -1;
    int fd = -1;
    std::string rest;

    explicit Helper(const Bed& b) {
        int ends[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) abort();
        std::string program = module_path().substr(0, module_path().rfind('/')) + "/pam_totp_helper";
        if (access((b.top + "/conf").c_str(), F_OK) != 0) b.settings("");
        pid = fork();
        if (pid == 0) {
            dup2(ends[1], 0), dup2(ends[1], 1);
            execl(program.c_str(), program.c_str(), "--store", b.store.c_str(), "--key", b.key.c_str(), "--conf",
                  (b.top + "/conf").c_str(), nullptr);
            _exit(127);
        }
        close(ends[1]);
        fd = ends[0];
    }
    ~Helper() {
        close(fd);
        if (pid > 0) waitpid(pid, nullptr, 0); // it ends by itself, or the test hangs
    }
    template <typename Message> void say(void (*write)(Message, Writer&), const std::type_identity_t<Message>& message) {
        char room[longest_message];
        Writer out(room);
        write(message, out);
        (void)!send(fd, out.view().data(), out.view().size(), MSG_NOSIGNAL);
    }
    /// The next line; empty at the end.
    std::string next() {
        for (;;) {
            size_t end = rest.find('\n');
            if (end == std::string::npos) {
                char piece[512];
                ssize_t got = recv(fd, piece, sizeof piece, 0);
                if (got <= 0) return "";
                rest.append(piece, size_t(got));
                continue;
            }
            std::string line = rest.substr(0, end);
            rest.erase(0, end + 1);
            return line;
        }
    }
    /// The next one that begins with `word`.
    std::string hear(const std::string& word) {
        for (;;) {
            std::string line = next();
            if (line.empty() || line.rfind(word + " ", 0) == 0) return line;
        }
    }
};

} // namespace bed
