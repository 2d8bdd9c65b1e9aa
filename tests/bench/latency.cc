// SPDX-License-Identifier: Apache-2.0
// How long a login takes: in a process that has had one, and in a process of its own.
#include "driver.h"
#include <algorithm>
#include <cstdio>
#include <random>
#include <spawn.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

namespace bench {
namespace {
using Clock = std::chrono::steady_clock;

long long whole(std::chrono::nanoseconds time) { return static_cast<long long>(time.count()); }

/// `work` of every subject once a round, in another order each time: what else the machine does then hits all
/// alike.
void interleave(size_t rounds, Words subjects, auto work) {
    std::mt19937 chance(1); // the same order in every run
    for (size_t i = 0; i < rounds; ++i) {
        std::shuffle(subjects.begin(), subjects.end(), chance);
        for (const std::string& subject : subjects) work(subject);
    }
}

std::chrono::nanoseconds spawn(const Attempt& a) {
    std::string text = std::to_string(this_step());
    const char* argv[] = {"driver",       "once",       a.stacks,       a.service.c_str(),
                          a.user.c_str(), text.c_str(), a.code.c_str(), nullptr};
    auto begin = Clock::now();
    pid_t child = 0;
    int status = 0;
    if (posix_spawn(&child, "/proc/self/exe", nullptr, nullptr, const_cast<char**>(argv), environ) != 0 ||
        waitpid(child, &status, 0) != child || status != 0) {
        throw std::runtime_error(a.service + ": a login in a process of its own failed");
    }
    return Clock::now() - begin;
}
} // namespace

int once(const Words& words) {
    if (words.size() != 5) return 2;
    set_step(std::stoull(words[3]));
    return login({words[0].c_str(), words[1], words[2], words[4]}) == PAM_SUCCESS ? 0 : 1;
}

void rounds(const Bed& bed, const Words& words) {
    Answer answer = answer_of(words.at(1));
    Words subjects(words.begin() + 2, words.end());
    for (const std::string& subject : subjects) bed.must(bed.attempt(subject));
    interleave(std::stoul(words[0]), subjects, [&](const std::string& subject) {
        Times times;
        bed.must(bed.attempt(subject, answer), answer, &times);
        std::printf("%s %lld %lld\n", subject.c_str(), whole(times.authenticate), whole(times.all()));
    });
}

void cold(const Bed& bed, const Words& words) {
    interleave(std::stoul(words.at(0)), {words.begin() + 1, words.end()}, [&](const std::string& subject) {
        std::printf("%s %lld\n", subject.c_str(), whole(spawn(bed.attempt(subject))));
    });
}

} // namespace bench
