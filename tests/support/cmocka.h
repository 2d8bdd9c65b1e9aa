// SPDX-License-Identifier: Apache-2.0
// cmocka for C++. A failed assert leaves the test by longjmp, over destructors: compute first, then assert on
// plain values.
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string>

extern "C" {
#include <cmocka.h>
}

// cmocka takes this name from every class; ours have members of it.
#undef fail
#undef fail_msg
#define fail_msg(...) (print_error("ERROR: " __VA_ARGS__), print_error("\n"), _fail(__FILE__, __LINE__))

/// Compares anything that std::string takes with a literal, and shows both when they differ.
#define assert_text_equal(text, expected) assert_string_equal(std::string(text).c_str(), expected)
