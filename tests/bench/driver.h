// SPDX-License-Identifier: Apache-2.0
// What the commands of the driver share.
#pragma once
#include "login.h"
#include <string>
#include <vector>

namespace bench {

using Words = std::vector<std::string>;

/// Who logs in, unless many do at once.
constexpr const char* person = "p0";

Answer answer_of(const std::string& word); ///< "right", "wrong"

/// The bed: where the stacks are, what codes there are, and which step comes next.
class Bed {
  public:
    Bed(const char* stacks, const char* codes, uint64_t step) : stacks_(stacks), codes_(codes) {
        set_step(step);
    }

    const char* stacks() const { return stacks_; }
    /// An attempt a step later than the last one.
    Attempt attempt(const std::string& subject, Answer answer = Answer::right) const;
    /// Logs in, and stops the whole run when it went otherwise than it should: a figure of a refusal would
    /// please.
    void must(const Attempt& attempt, Answer answer = Answer::right, Times* times = nullptr) const;

  private:
    const char* stacks_;
    Codes codes_;
};

// Each prints a line per figure: the subject, then numbers. `words` are what stands behind the command.
void rounds(const Bed& bed, const Words& words); ///< ROUNDS right|wrong SUBJECT…: in one process, interleaved
void cold(const Bed& bed, const Words& words);   ///< ROUNDS SUBJECT…: a process each, interleaved
void crowd(const Bed& bed,
           const Words& words); ///< ROUNDS PEOPLE SUBJECT…: all at once, each with his own code
void rush(const Bed& bed, const Words& words); ///< ROUNDS PROCESSES SUBJECT…: all at once with one code
void killed(const Bed& bed,
            const Words& words);                  ///< SUBJECT: kill -9 at some moment, and the next login
void beside(const Bed& bed,
            const Words& words); ///< ROUNDS OTHERS SUBJECT: alone, and with so many others stopped
void counted(const Bed& bed, const Words& words); ///< LOGINS right|wrong SUBJECT: for callgrind and strace
void stack(const Bed& bed, const Words& words);   ///< right|wrong SUBJECT…
void leaks(const Bed& bed, const Words& words);   ///< LOGINS SUBJECT: bytes that are left on the heap
void tries(const Bed& bed, const Words& words);   ///< right|wrong|again… SUBJECT: what each comes to

// A login in a process of its own, without the codes of a bed. STACKS SUBJECT USER STEP CODE.
int once(const Words& words);
int weigh(const Words& words); ///< prints the most memory it had, and the private memory it has: KiB

} // namespace bench
