// SPDX-License-Identifier: Apache-2.0
// A login through the real libpam, at a time of our own choice.
#pragma once
#include <chrono>
#include <cstdint>
#include <security/pam_appl.h>
#include <string>
#include <vector>

namespace bench {

/// The clock of every module: `time` stands in this program, and is found before the one in libc. Each login
/// is a step later than the one before, so each has a fresh code, which is judged and remembered, without a
/// wait of 30 s and without a library in between whose cost would be counted.
void set_step(uint64_t step);
uint64_t this_step();
uint64_t next_step();

/// The codes of all steps that a run needs, worked out before: a libcrypto in the driver would hide what a
/// module pays for its own.
class Codes {
  public:
    explicit Codes(const char* path);
    const char* at(uint64_t step) const;

  private:
    uint64_t first_ = 0;
    std::string text_; ///< seven bytes each: six digits and a NUL
};

enum class Answer { right, wrong };

/// Who logs in, through which stack, with what.
struct Attempt {
    const char* stacks;  ///< directory of the stacks
    std::string service; ///< the subject's own
    std::string user;
    std::string code;
};

struct Times {
    std::chrono::nanoseconds load{}, authenticate{}, end{};
    std::chrono::nanoseconds all() const { return load + authenticate + end; }
};

/// From pam_start to pam_end. What pam_authenticate said.
int login(const Attempt& attempt, Times* times = nullptr);

/// The same, by a name of its own that callgrind counts within.
extern "C" int counted_login(const Attempt& attempt);

} // namespace bench
