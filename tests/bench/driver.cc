// SPDX-License-Identifier: Apache-2.0
// driver STACKS CODES STEP COMMAND WORDS…: logins through the real libpam, measured. Prints the step it came
// to last.
#include "driver.h"
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace bench {
namespace {
struct Command {
    const char* name;
    void (*run)(const Bed&, const Words&);
};
constexpr Command commands[] = {{"rounds", rounds}, {"cold", cold},     {"crowd", crowd},
                                {"rush", rush},     {"killed", killed}, {"counted", counted},
                                {"stack", stack},   {"leaks", leaks},   {"tries", tries},
                                {"beside", beside}};

int usage() {
    std::fputs("usage: driver STACKS CODES STEP COMMAND WORDS…\n       driver once|weigh STACKS SUBJECT USER "
               "STEP CODE\n",
               stderr);
    return 2;
}
} // namespace

Answer answer_of(const std::string& word) {
    if (word == "right") return Answer::right;
    if (word == "wrong") return Answer::wrong;
    throw std::invalid_argument("right or wrong, not " + word);
}

Attempt Bed::attempt(const std::string& subject, Answer answer) const {
    const char* code = codes_.at(next_step());
    return {stacks_, subject, person, answer == Answer::right ? code : "000000"};
}

void Bed::must(const Attempt& attempt, Answer answer, Times* times) const {
    int result = login(attempt, times);
    bool judges = !attempt.service.starts_with("noop") && !attempt.service.starts_with("reference");
    if ((result == PAM_SUCCESS) == (answer == Answer::right || !judges)) return;
    std::fprintf(stderr, "%s: %s\n", attempt.service.c_str(), pam_strerror(nullptr, result));
    std::exit(1);
}

int run(int argc, char** argv) {
    if (argc > 1 && !std::strcmp(argv[1], "once")) return once({argv + 2, argv + argc});
    if (argc > 1 && !std::strcmp(argv[1], "weigh")) return weigh({argv + 2, argv + argc});
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

int main(int argc, char** argv) try { return bench::run(argc, argv); } catch (const std::exception& error) {
    std::fprintf(stderr, "driver: %s\n", error.what());
    return 1;
}
