// SPDX-License-Identifier: Apache-2.0
// driver STACKS CODES STEP COMMAND WORDS…: logins through the real libpam, measured. Prints the step it came to last.
#include "driver.h"
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>

namespace bench {
namespace {
struct Command {
    const char* name;
    void (*run)(const Bed&, const Words&);
};
constexpr Command commands[] = {{"rounds", rounds}, {"cold", cold},   {"crowd", crowd},   {"rush", rush},  {"killed", killed},
                                {"counted", counted}, {"stack", stack}, {"memory", memory}, {"tries", tries}};

int usage() {
    std::fputs("usage: driver STACKS CODES STEP COMMAND WORDS…\n       driver once STACKS SUBJECT USER STEP CODE\n", stderr);
    return 2;
}
} // namespace

Attempt Bed::attempt(const std::string& subject, const std::string& user, Answer answer) const {
    // A day later, so that no throttle stands in the way of the wrong code that is measured.
    constexpr uint64_t steps_a_day = 2880;
    uint64_t step = next_step();
    if (answer == Answer::wrong) set_step(step += steps_a_day);
    return {stacks_, subject, user, answer == Answer::right ? codes_.at(step) : "000000"};
}

void Bed::must(const Attempt& attempt, Answer answer, Times* times) const {
    int result = login(attempt, times);
    bool accepted = result == PAM_SUCCESS;
    // No-op and reference take any code.
    bool judges = attempt.service != "noop" && attempt.service != "reference";
    if (accepted == (answer == Answer::right || !judges)) return;
    std::fprintf(stderr, "%s: %s\n", attempt.service.c_str(), pam_strerror(nullptr, result));
    std::exit(1);
}

int run(int argc, char** argv) {
    if (argc > 1 && !std::strcmp(argv[1], "once")) return once({argv + 2, argv + argc});
    if (argc < 5) return usage();
    Bed bed(argv[1], argv[2], std::strtoull(argv[3], nullptr, 10));
    for (const Command& command : commands) {
        if (std::strcmp(command.name, argv[4]) != 0) continue;
        command.run(bed, {argv + 5, argv + argc});
        std::printf("step %llu\n", static_cast<unsigned long long>(next_step()));
        return 0;
    }
    return usage();
}

} // namespace bench

int main(int argc, char** argv) try {
    return bench::run(argc, argv);
} catch (const std::exception& error) {
    std::fprintf(stderr, "driver: %s\n", error.what());
    return 1;
}
