// SPDX-License-Identifier: Apache-2.0
// What every fuzzer is made of: a promise that must hold for all inputs, and room to write in.
#pragma once
#include "core/words.h"
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

/// Ends the program, with the input kept by libFuzzer, when a promise is broken.
#define MUST(...) ((__VA_ARGS__) ? void() : totp::fuzz::broken(#__VA_ARGS__, __FILE__, __LINE__))

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace totp::fuzz {

[[noreturn]] inline void broken(const char* promise, const char* file, int line) {
    (void)fprintf(stderr, "%s:%d: broken: %s\n", file, line, promise);
    abort();
}

/// The input in a block of exactly its size, so that a read of one byte too many is seen.
inline std::unique_ptr<char[]> exact(const uint8_t* data, size_t size) {
    auto block = std::make_unique<char[]>(size);
    std::copy(data, data + size, block.get());
    return block;
}

/// What `write(value, out)` writes; it must fit.
template <typename Value, typename Write> std::string written(Write write, const Value& value) {
    std::string room(8192, '\0');
    Writer out({room.data(), room.size()});
    write(value, out);
    MUST(out.ok());
    return std::string(out.view());
}

} // namespace totp::fuzz
