// SPDX-License-Identifier: Apache-2.0
// A PAM service as libpam reads and runs it, from texts: so that a stack can be judged before it is written.
#pragma once
#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace totp::host {

/// The text of a file; nothing when it cannot be read.
using Read = std::function<std::optional<std::string>(const std::string& path)>;

constexpr size_t return_values = 32; ///< as many as libpam has

/// What a line does with what its module returned. Above `ignore`: how many lines are jumped over.
enum Action : int { ignore = 0, ok = -1, done = -2, bad = -3, die = -4, reset = -5 };

/// One line of a stack; what `include`, `substack` and `@include` name stands in their place.
struct Line {
    enum Kind {
        module,
        substack, ///< runs nothing itself; the lines of the substack follow, one level deeper
        broken,   ///< libpam cannot make anything of it, and refuses in its place
    } kind = module;
    std::string file;
    unsigned number = 0;   ///< of its first line in that file, from 1
    std::string text;      ///< without comment, in one line
    unsigned level = 0;    ///< of substacks
    bool is_quiet = false; ///< the `-` in front: a missing module is not logged
    std::array<int, return_values> actions{};
    std::string path; ///< the module as written; of a substack the file
    std::vector<std::string> arguments;

    std::string place() const { return file + ":" + std::to_string(number); }
    /// "pam_unix", wherever it lies.
    std::string name() const;
    bool has(const std::string& argument) const;
    /// What stands behind NAME= ; nothing when that is not given.
    std::optional<std::string> value(const std::string& name) const;
};

struct Stack {
    std::string service;
    std::string file;      ///< the service's own, or that of `other` when libpam takes that
    bool is_other = false; ///< the service says nothing of this facility
    std::vector<Line> lines;
};

/// Where libpam looks for a service or for what is included, the first place first.
std::vector<std::string> places_of(const std::string& service);

/// `facility` is auth, account, password or session.
Stack read_stack(const Read& read, const std::string& service, const std::string& facility = "auth");

/// What a module returns when libpam comes to it: one of the values of pam_authenticate(3).
using Answer = std::function<int(size_t line)>;

struct Step {
    size_t line;
    int returned;
    int action;
};

struct Run {
    int result;
    std::vector<Step> steps; ///< the lines that were come to, in their order
};

/// Runs the stack as libpam does for pam_authenticate(3).
Run run(const std::vector<Line>& lines, const Answer& answer);

} // namespace totp::host
