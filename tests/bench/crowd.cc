// SPDX-License-Identifier: Apache-2.0
// Many at once, and those that are killed or stopped.
#include "driver.h"
#include <csignal>
#include <cstdio>
#include <random>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bench {
namespace {

/// What each process came to, seen by all.
struct Done {
    int result;
    long long nanoseconds;
};

/// One process an attempt, all let go at the same moment.
std::vector<Done> at_once(const std::vector<Attempt>& attempts) {
    size_t size = attempts.size() * sizeof(Done);
    void* shared = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int gate[2];
    if (shared == MAP_FAILED || pipe(gate) != 0) throw std::runtime_error("no shared memory or no pipe");
    auto done = static_cast<Done*>(shared);
    for (size_t i = 0; i < attempts.size(); ++i) {
        pid_t child = fork();
        if (child < 0) throw std::runtime_error("fork");
        if (child > 0) continue;
        close(gate[1]);
        char none;
        (void)!read(gate[0], &none, 1); // ends when the parent closes the gate
        Times times;
        int result = login(attempts[i], &times);
        done[i] = {result, times.all().count()};
        _exit(0);
    }
    close(gate[0]);
    close(gate[1]);
    while (wait(nullptr) > 0) {
    }
    std::vector<Done> all(done, done + attempts.size());
    munmap(shared, size);
    return all;
}

void print(const std::string& subject, const std::vector<Done>& all) {
    size_t accepted = 0;
    for (const Done& done : all) accepted += done.result == PAM_SUCCESS;
    std::printf("%s %zu", subject.c_str(), accepted);
    for (const Done& done : all) std::printf(" %lld", done.nanoseconds);
    std::printf("\n");
}
} // namespace

/// The processes are children of one that has logged in before, like those of a server that has its
/// libraries.
void crowd(const Bed& bed, const Words& words) {
    for (size_t s = 2; s < words.size(); ++s) bed.must(bed.attempt(words[s]));
    for (size_t round = std::stoul(words.at(0)); round > 0; --round) {
        for (size_t s = 2; s < words.size(); ++s) {
            std::vector<Attempt> attempts;
            Attempt one = bed.attempt(words[s]);
            for (size_t i = 0; i < std::stoul(words[1]); ++i) {
                attempts.push_back(one);
                attempts.back().user = "p" + std::to_string(i);
            }
            print(words[s], at_once(attempts));
        }
    }
}

void rush(const Bed& bed, const Words& words) {
    for (size_t round = std::stoul(words.at(0)); round > 0; --round) {
        for (size_t s = 2; s < words.size(); ++s) {
            print(words[s], at_once(std::vector<Attempt>(std::stoul(words[1]), bed.attempt(words[s]))));
        }
    }
}

/// A login that is disturbed while it runs, anywhere in it.
class Disturbed {
  public:
    Disturbed(const Bed& bed, const std::string& subject) : chance_(this_step()) {
        bed.must(bed.attempt(subject)); // loads what is loaded once
        Done whole = at_once({bed.attempt(subject)}).front(); // a child takes longer than this process: it copies pages
        moment_ = std::uniform_int_distribution<long>(0, long(whole.nanoseconds / 1000));
    }
    /// The process that logs in, after the signal.
    pid_t begin(const Attempt& attempt, int signal) {
        pid_t child = fork();
        if (child < 0) throw std::runtime_error("fork");
        if (child == 0) _exit(login(attempt) == PAM_SUCCESS ? 0 : 1);
        usleep(useconds_t(moment_(chance_)));
        kill(child, signal);
        return child;
    }

  private:
    std::mt19937_64 chance_;
    std::uniform_int_distribution<long> moment_;
};

/// A login that is killed, and what the next one of the same person comes to.
void killed(const Bed& bed, const Words& words) {
    const std::string& subject = words.at(0);
    int status = 0;
    pid_t child = Disturbed(bed, subject).begin(bed.attempt(subject), SIGKILL);
    waitpid(child, &status, 0);
    std::printf("%s %d %d\n", subject.c_str(), WIFSIGNALED(status) ? 1 : 0, login(bed.attempt(subject)));
}

/// Turns of logins with nobody beside, and with other logins of the same person that are stopped.
void beside(const Bed& bed, const Words& words) {
    const std::string& subject = words.at(2);
    Disturbed others(bed, subject);
    for (size_t turn = 0; turn < 20; ++turn) {
        std::vector<pid_t> stopped;
        while (turn % 2 && stopped.size() < std::stoul(words[1])) {
            stopped.push_back(others.begin(bed.attempt(subject), SIGSTOP));
        }
        for (size_t round = std::stoul(words[0]) / 10; round > 0; --round) {
            Times times;
            bed.must(bed.attempt(subject), Answer::right, &times);
            std::printf("%s %lld\n", turn % 2 ? "beside" : "alone",
                        static_cast<long long>(times.all().count()));
        }
        for (pid_t pid : stopped) kill(pid, SIGKILL), waitpid(pid, nullptr, 0);
    }
}

} // namespace bench
