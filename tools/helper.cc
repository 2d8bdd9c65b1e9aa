// SPDX-License-Identifier: Apache-2.0
#include "helper.h"
#include "beside.h"
#include "secret_text.h"
#include "terminal.h"
#include "text.h"
#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <sys/wait.h>
#include <type_traits>
#include <unistd.h>

namespace totp {
namespace {
constexpr int not_run = 127; // as a shell has it

std::string path_of_helper() {
    std::string beside = beside_this_program("pam_totp_helper");
    return access(beside.c_str(), X_OK) == 0 ? beside : TOTP_HELPER;
}

[[noreturn]] void become_helper(int fd, const Arguments& a) {
    std::string path = path_of_helper();
    std::vector<std::string> words{path};
    for (auto [name, value] : {std::pair{"--store", &a.store}, {"--key", &a.key}, {"--conf", &a.conf}}) {
        if (!value->empty()) words.emplace_back(name), words.push_back(*value);
    }
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    // Ctrl-C is for us: the helper sees the socket close, and is not killed between a change and its answer.
    (void)setpgid(0, 0);
    if (dup2(fd, 0) == 0 && dup2(fd, 1) == 1) execv(path.c_str(), argv.data());
    complain(text("cannot run %1: %2", {path, std::strerror(errno)}));
    _exit(not_run);
}

template <typename Message>
SecretBytes line_of(void (*write)(Message, Writer&), const std::type_identity_t<Message>& message) {
    SecretBytes bytes(longest_message);
    Writer out({reinterpret_cast<char*>(bytes.data()), bytes.size()});
    write(message, out);
    bytes.resize(out.ok() ? out.view().size() : 0);
    return bytes;
}
} // namespace

Helper::Helper(const Arguments& arguments) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
        throw Stop(exit_store, std::string("socketpair: ") + std::strerror(errno));
    }
    fd_ = ends[0];
    pid_ = fork();
    if (pid_ == 0) become_helper(ends[1], arguments);
    close(ends[1]);
    watch(fd_);
}

Helper::~Helper() {
    watch(-1);
    close(fd_);
    if (pid_ > 0) waitpid(pid_, nullptr, 0); // with the socket closed it ends by itself
}

bool Helper::send_text(string_view text) {
    while (!text.empty()) {
        ssize_t put = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return false;
        text.remove_prefix(size_t(put));
    }
    return true;
}

bool Helper::send(const Request& request) {
    SecretBytes line = line_of<const Request&>(write_request, request);
    return !line.empty() && send_text(text_of(line));
}

bool Helper::send_answer(string_view typed) {
    SecretBytes line = line_of<string_view>(write_answer, typed);
    return !line.empty() && send_text(text_of(line));
}

bool Helper::was_run() {
    int status = 0;
    pid_t ended = pid_ > 0 ? waitpid(pid_, &status, 0) : -1;
    pid_ = -1;
    return ended < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != not_run;
}

bool Helper::receive(string_view& line) {
    Secret<longest_message> rest; // what came behind the line before
    (void)rest.assign(held_.reveal().subspan(taken_));
    (void)held_.assign(rest.reveal());
    for (taken_ = 0;;) {
        size_t end = held_.reveal_text().find('\n');
        if (end != string_view::npos) {
            line = slice(held_.reveal_text(), 0, end);
            taken_ = end + 1;
            return true;
        }
        wait_for(fd_);
        Secret<512> piece;
        Room room = piece.fill(512);
        ssize_t got = recv(fd_, room.data(), room.size(), 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        for (u8 byte : Bytes(room).first(size_t(got))) {
            if (!held_.push(byte)) return false;
        }
    }
}

} // namespace totp
