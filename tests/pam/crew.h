// SPDX-License-Identifier: Apache-2.0
// A crew: many processes that log in at the same moment, through the real libpam and the module.
#pragma once
#include "bed.h"
#include <atomic>
#include <csignal>
#include <functional>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>

namespace bed {

constexpr size_t crew_size = 64;

/// Memory that all processes of a crew see.
template <typename T> T* shared() {
    void* at = mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) abort();
    return new (at) T;
}

/// Where they wait for each other: before the login, or with the prompt open.
enum class Start { login, answer };

class Crew {
  public:
    explicit Crew(const Bed& b) : bed_(b) {
        pthread_barrierattr_t across;
        pthread_barrierattr_init(&across);
        pthread_barrierattr_setpshared(&across, PTHREAD_PROCESS_SHARED);
        pthread_barrier_init(&board_->gate, &across, crew_size + 1);
        for (size_t i = 0; i < crew_size; ++i) {
            pid_t pid = fork();
            if (pid == 0) serve(i);
            pids_.push_back(pid);
        }
    }
    ~Crew() {
        board_->over = true;
        pthread_barrier_wait(&board_->gate);
        for (pid_t pid : pids_) waitpid(pid, nullptr, 0);
    }

    using Word = std::function<std::string(size_t)>;

    /// All of them at once, each with an answer and a user of its own; how many were let in.
    size_t log_in(Start start, const Word& answer, const Word& user) {
        board_->start = start;
        for (size_t i = 0; i < crew_size; ++i) {
            copy(answer(i), board_->answer[i]);
            copy(user(i), board_->user[i]);
        }
        alarm(300); // a member that died would be waited for for ever
        pthread_barrier_wait(&board_->gate); // the round is laid out
        pthread_barrier_wait(&board_->gate); // go
        pthread_barrier_wait(&board_->gate); // done
        alarm(0);
        size_t in = 0;
        for (int result : board_->result) in += result == PAM_SUCCESS;
        return in;
    }
    size_t log_in(Start start, const std::string& answer) {
        return log_in(start, [&](size_t) { return answer; }, [&](size_t) { return bed_.user; });
    }
    size_t count(int result) const {
        return size_t(std::count(std::begin(board_->result), std::end(board_->result), result));
    }

  private:
    struct Board {
        pthread_barrier_t gate;
        std::atomic<bool> over{false};
        Start start = Start::login;
        char answer[crew_size][40], user[crew_size][40];
        int result[crew_size];
    };
    struct Member {
        Board* board;
        size_t number;
        bool gone = false; ///< through the gate of this round

        void go() {
            if (!gone) pthread_barrier_wait(&board->gate);
            gone = true;
        }
    };

    static void copy(const std::string& from, char (&to)[40]) { snprintf(to, sizeof to, "%s", from.c_str()); }

    static int reply(int, const pam_message** message, pam_response** replies, void* data) {
        auto& member = *static_cast<Member*>(data);
        *replies = static_cast<pam_response*>(calloc(1, sizeof(pam_response)));
        if (message[0]->msg_style != PAM_PROMPT_ECHO_OFF) return PAM_SUCCESS;
        member.go();
        (*replies)->resp = strdup(member.board->answer[member.number]);
        return PAM_SUCCESS;
    }

    [[noreturn]] void serve(size_t number) {
        Member self{board_, number};
        pam_handle_t* pam = nullptr; // one for all rounds: loading the module each time would take most of them
        for (;;) {
            pthread_barrier_wait(&board_->gate);
            if (board_->over) _exit(0);
            if (!pam) pam = bed_.begin({reply, &self}, board_->user[number]);
            (void)pam_set_item(pam, PAM_USER, board_->user[number]);
            self.gone = false;
            if (board_->start == Start::login) self.go();
            board_->result[number] = pam_authenticate(pam, 0);
            self.go(); // who was refused before the prompt
            pthread_barrier_wait(&board_->gate);
        }
    }

    const Bed& bed_;
    Board* board_ = shared<Board>();
    std::vector<pid_t> pids_;
};

} // namespace bed
