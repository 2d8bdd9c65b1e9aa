// SPDX-License-Identifier: Apache-2.0
// The module's arguments, one a line: no unknown word is accepted, and a refusal names the one that does not fit.
#include "fuzz.h"
#include "pam/options.h"
#include <algorithm>
#include <cstring>
#include <vector>

using namespace totp;

namespace {
std::vector<std::string> split(string_view text, char at) {
    std::vector<std::string> parts(1);
    for (char c : text) {
        if (c == at) {
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    return parts;
}

bool is_known(const std::string& word) {
    static const std::vector<std::string> known{"store=/", "key=/",  "conf=/",  "after=password", "services=",
                                                "tries=",  "window=", "prompt=", "nullok",         "echo",
                                                "debug",  "forward_pass", "try_first_pass", "use_first_pass"};
    return std::any_of(known.begin(), known.end(), [&](const std::string& k) {
        return k.back() == '=' || k.back() == '/' ? word.starts_with(k) && word.size() >= k.size() : word == k;
    });
}

void check_accepted(const Options& o, const std::vector<std::string>& words) {
    MUST(std::all_of(words.begin(), words.end(), is_known));
    MUST(o.tries >= 1 && o.tries <= 5 && o.window >= -1 && o.window <= int(most_window));
    MUST(o.place.store[0] == '/' && o.place.key[0] == '/' && o.conf[0] == '/' && (!o.prompt || *o.prompt));
    if (!o.services) return;
    for (const std::string& name : split(o.services, ',')) MUST(name.empty() || serves(o, name));
    MUST(!serves(o, std::string(o.services) + ","));
}
} // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    std::vector<std::string> words = split({reinterpret_cast<const char*>(data), size}, '\n');
    for (std::string& word : words) word.resize(strlen(word.c_str())); // an argument ends at its first NUL
    std::vector<const char*> arguments;
    for (const std::string& word : words) arguments.push_back(word.c_str());
    Options options, before;
    const char *culprit = nullptr, *reason = nullptr;
    if (read_options(int(arguments.size()), arguments.data(), options, culprit, reason)) {
        check_accepted(options, words);
        return 0;
    }
    auto at = std::find(arguments.begin(), arguments.end(), culprit);
    MUST(at != arguments.end() && reason && *reason);
    MUST(read_options(int(at - arguments.begin()), arguments.data(), before, culprit, reason));
    return 0;
}
