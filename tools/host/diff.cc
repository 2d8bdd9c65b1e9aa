// SPDX-License-Identifier: Apache-2.0
#include "diff.h"
#include "pam_text.h"
#include <algorithm>

namespace totp::host {
namespace {
constexpr size_t context = 3;

/// From where to where lines are shown.
std::string range(size_t from, size_t count) {
    return std::to_string(count == 0 ? from : from + 1) + (count == 1 ? "" : "," + std::to_string(count));
}

void add(std::string& out, char sign, const std::vector<std::string>& lines, size_t from, size_t to) {
    for (size_t i = from; i < to; ++i) out += sign + lines[i] + "\n";
}
} // namespace

/// Our changes stand close together: what lies between the first and the last is shown as changed when it is not.
std::string unified_diff(const std::string& path, const std::optional<std::string>& before,
                         const std::optional<std::string>& after) {
    if (before == after) return "";
    std::vector<std::string> a = lines_of(before.value_or("")), b = lines_of(after.value_or(""));
    size_t head = 0, tail = 0, shorter = std::min(a.size(), b.size());
    while (head < shorter && a[head] == b[head]) ++head;
    while (tail < shorter - head && a[a.size() - 1 - tail] == b[b.size() - 1 - tail]) ++tail;
    size_t from = head > context ? head - context : 0, behind = std::min(tail, context);
    std::string out = "--- " + (before ? path : "/dev/null") + "\n+++ " + (after ? path : "/dev/null") + "\n";
    out += "@@ -" + range(from, a.size() - tail + behind - from) + " +" + range(from, b.size() - tail + behind - from) + " @@\n";
    add(out, ' ', a, from, head);
    add(out, '-', a, head, a.size() - tail);
    add(out, '+', b, head, b.size() - tail);
    add(out, ' ', a, a.size() - tail, a.size() - tail + behind);
    return out;
}

} // namespace totp::host
