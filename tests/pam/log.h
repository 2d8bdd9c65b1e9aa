// SPDX-License-Identifier: Apache-2.0
// What libpam logs in this process, caught instead of sent. For one source file of a program alone: it defines the
// functions of libc that libpam calls.
#pragma once
#include <stdarg.h>
#include <stdio.h>
#include <string>
#include <vector>

namespace bed {

inline std::vector<std::string>& log_lines() {
    static std::vector<std::string> lines;
    return lines;
}
/// The newest line, and the lines before forgotten.
inline std::string last_log_line() {
    std::string line = log_lines().empty() ? "" : log_lines().back();
    log_lines().clear();
    return line;
}

} // namespace bed

extern "C" {
[[gnu::visibility("default")]] void syslog(int, const char* format, ...) {
    char line[4096];
    va_list values;
    va_start(values, format);
    vsnprintf(line, sizeof line, format, values);
    va_end(values);
    bed::log_lines().push_back(line);
}
[[gnu::visibility("default")]] void __syslog_chk(int, int, const char* format, ...) {
    char line[4096];
    va_list values;
    va_start(values, format);
    vsnprintf(line, sizeof line, format, values);
    va_end(values);
    bed::log_lines().push_back(line);
}
}
