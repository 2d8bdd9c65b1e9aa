// SPDX-License-Identifier: Apache-2.0
// Keys as people paste them: what is read is written back alike, and any key that is written is read.
#include "core/base32.h"
#include "fuzz.h"

using namespace totp;

namespace {
std::string text_of_key(Bytes key) {
    return fuzz::written([](Bytes bytes, Writer& out) { write_base32(bytes, out); }, key);
}

/// Without what does not count: no two texts that differ in more are the same key.
std::string plain(string_view text) {
    std::string kept;
    for (char c : text) {
        if (c != ' ' && c != '-' && c != '=') kept += char(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    }
    return kept;
}
} // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    auto input = fuzz::exact(data, size);
    Secret<64> key, again;
    bool fits = read_base32({input.get(), size}, key);
    MUST(fits == !key.empty());
    if (fits) {
        std::string text = text_of_key(key.reveal());
        MUST(read_base32(text, again) && equal_secrets(key.reveal(), again.reveal()));
        MUST(text == plain({input.get(), size}));
    }
    Bytes bytes(data, size);
    bool short_enough = size > 0 && size <= 64;
    MUST(size > 5000 || read_base32(text_of_key(bytes), again) == short_enough);
    MUST(!short_enough || equal_secrets(bytes, again.reveal()));
    return 0;
}
