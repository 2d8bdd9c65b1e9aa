// SPDX-License-Identifier: Apache-2.0
// The two functions of the C++ runtime that header-only parts of it may call. They trap: a broken promise ends
// the attempt, it never lets anybody in. Without them the module would need libstdc++ in every login.
#include <cstddef>

// NOLINTBEGIN(bugprone-reserved-identifier,cert-*): the names are the runtime's
namespace std {
[[noreturn, gnu::visibility("hidden")]] void __glibcxx_assert_fail(const char*, int, const char*, const char*) noexcept;
[[noreturn, gnu::visibility("hidden")]] void __throw_out_of_range_fmt(const char*, ...);

void __glibcxx_assert_fail(const char*, int, const char*, const char*) noexcept { __builtin_trap(); }
void __throw_out_of_range_fmt(const char*, ...) { __builtin_trap(); }
} // namespace std
// NOLINTEND(bugprone-reserved-identifier,cert-*)
