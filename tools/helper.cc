// SPDX-License-Identifier: Apache-2.0
#include "helper.h"
#include "terminal.h"
#include <cerrno>
#include <climits>
#include <cstring>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace totp {
namespace {

std::string path_of_helper() {
    char own[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", own, sizeof own);
    std::string beside(own, size > 0 ? size_t(size) : 0);
    beside = beside.substr(0, beside.rfind('/') + 1) + "pam_totp_helper";
    return access(beside.c_str(), X_OK) == 0 ? beside : TOTP_HELPER;
}

[[noreturn]] void become_helper(int fd, const Arguments& a) {
    std::string path = path_of_helper();
    std::vector<std::string> words{path};
    for (auto [name, value] : {std::pair{"--store", &a.store}, {"--key", &a.key}, {"--conf", &a.conf}}) {
        if (!value->empty()) words.push_back(name), words.push_back(*value);
    }
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    dup2(fd, 0);
    dup2(fd, 1);
    execv(path.c_str(), argv.data());
    complain("cannot run " + path + ": " + std::strerror(errno));
    _exit(exit_store);
}

std::string minutes(i64 seconds) {
    i64 size = seconds < 0 ? -seconds : seconds;
    std::string text = size >= 60 ? std::to_string(size / 60) + " min" : "";
    if (size % 60) text += (text.empty() ? "" : " ") + std::to_string(size % 60) + " s";
    return text;
}

/// Why the answer before was refused.
std::string reason(const Ask& ask) {
    if (ask.skew != 0) {
        return "That code is right, but the phone's clock is " + minutes(ask.skew) +
               (ask.skew > 0 ? " ahead of" : " behind") +
               " this computer's.\nSet the phone (or this computer) to automatic time, then type the new code.\n";
    }
    switch (ask.verdict) {
    case Verdict::none: return "";
    case Verdict::replayed: return "That code was already used: the next one comes in " + std::to_string(ask.wait) + " s.\n";
    case Verdict::two_needed: return "Too many wrong codes: type two codes in a row, the one shown now and the next.\n";
    case Verdict::clock_behind: return "This computer's clock is behind the last accepted code. A backup code works.\n";
    default: return "That code is not right.\n";
    }
}

const char* question(For what) {
    switch (what) {
    case For::permission: return "Current code or backup code: ";
    case For::proof: return "Code that the app shows now: ";
    case For::code: return "Type one of these codes, to show that you have them: ";
    }
    return "";
}
} // namespace

Helper::Helper(const Arguments& arguments) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return;
    pid_ = fork();
    if (pid_ == 0) become_helper(ends[1], arguments);
    close(ends[1]);
    fd_ = ends[0];
}

Helper::~Helper() {
    if (fd_ >= 0) close(fd_);
    if (pid_ > 0) waitpid(pid_, nullptr, 0);
}

bool Helper::send_text(string_view text) {
    while (!text.empty()) {
        ssize_t put = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
        if (put <= 0) return false;
        text.remove_prefix(size_t(put));
    }
    return true;
}

bool Helper::send(const Request& request) {
    Secret<longest_message> room;
    Room bytes = room.fill(longest_message);
    Writer out({reinterpret_cast<char*>(bytes.data()), bytes.size()});
    write_request(request, out);
    return out.ok() && send_text(out.view());
}

bool Helper::send_answer(string_view typed) {
    Secret<longest_message> room;
    Room bytes = room.fill(longest_message);
    Writer out({reinterpret_cast<char*>(bytes.data()), bytes.size()});
    write_answer(typed, out);
    return out.ok() && send_text(out.view());
}

bool Helper::receive(string_view& line) {
    Secret<longest_message> rest;
    (void)rest.assign(held_.reveal().subspan(taken_));
    (void)held_.assign(rest.reveal());
    for (taken_ = 0;;) {
        size_t end = held_.reveal_text().find('\n');
        if (end != string_view::npos) {
            line = slice(held_.reveal_text(), 0, end);
            taken_ = end + 1;
            return true;
        }
        Secret<512> piece;
        Room room = piece.fill(512);
        ssize_t got = recv(fd_, room.data(), room.size(), 0);
        if (got <= 0) return false;
        for (u8 byte : Bytes(room).first(size_t(got))) {
            if (!held_.push(byte)) return false;
        }
    }
}

bool answer(Helper& helper, const Ask& ask) {
    say(reason(ask));
    Secret<128> typed;
    return read_typed(question(ask.what), typed) && helper.send_answer(typed.reveal_text());
}

int conclude(const Done& done) {
    if (done.error == Error::no_record) {
        complain("no codes are set up for " + std::string(done.user.view()) + ". Run: pam-totp setup");
        return exit_not_set_up;
    }
    if (done.error != Error::none) {
        std::string detail(done.detail.view());
        if (done.error == Error::bad_account) detail = "no such account, or not yours: only root may name another";
        complain(std::string(advice(done.error)) + (detail.empty() ? "" : " (" + detail + ")"));
        return done.error == Error::stale || done.error == Error::bad_account || done.error == Error::bad_setting
                   ? exit_refused
                   : exit_store;
    }
    if (done.verdict == Verdict::none || done.verdict == Verdict::accepted || done.verdict == Verdict::accepted_backup) {
        return exit_done;
    }
    Ask last;
    last.verdict = done.verdict;
    if (done.verdict == Verdict::replayed) complain("that code was already used; wait for the next one");
    else if (done.verdict == Verdict::stale) complain("the record was changed meanwhile; begin again");
    else complain(reason(last).substr(0, reason(last).size() - 1));
    return done.verdict == Verdict::two_needed ? exit_two_codes : exit_refused;
}

} // namespace totp
