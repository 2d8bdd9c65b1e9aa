// SPDX-License-Identifier: Apache-2.0
#define OPENSSL_API_COMPAT 0x10100000L // the hash's state cannot be seen otherwise
#include "memory.h"
#include "core/base32.h"
#include <algorithm>
#include <fcntl.h>
#include <fstream>
#include <openssl/sha.h>
#include <sstream>
#include <string.h>
#include <unistd.h>

namespace memory {
namespace {
using namespace totp;
constexpr size_t part = sizeof(u64);

struct Region {
    u64 from = 0, to = 0;
    std::string name;
};

std::vector<Region> writable_regions(pid_t process) {
    std::ifstream maps("/proc/" + std::to_string(process) + "/maps");
    std::vector<Region> regions;
    for (std::string line; std::getline(maps, line);) {
        Region region;
        char dash = 0;
        std::string mode, offset, device, inode;
        std::istringstream words(line);
        words >> std::hex >> region.from >> dash >> region.to >> mode >> offset >> device >> inode >> region.name;
        if (mode.substr(0, 2) == "rw") regions.push_back(region);
    }
    return regions;
}

std::string padded(Bytes key, u8 pad) {
    std::string block(64, char(pad));
    for (size_t i = 0; i < key.size(); ++i) block[i] = char(key[i] ^ pad);
    return block;
}
} // namespace

void Secrets::add(const std::string& name, Bytes bytes) {
    for (size_t i = 0; i + part <= bytes.size(); ++i) {
        u64 value = 0;
        memcpy(&value, bytes.data() + i, part);
        parts_.emplace(value, name);
    }
}

/// As the hash keeps it, and the other way round, as the processor's own instructions do.
void Secrets::add_state(const std::string& name, std::vector<u32> words) {
    for (int turn = 0; turn < 2; ++turn) {
        add(name, Bytes(reinterpret_cast<const u8*>(words.data()), words.size() * sizeof(u32)));
        std::reverse(words.begin(), words.end());
    }
}

void Secrets::add_forms(const std::string& name, Bytes key) {
    char room[256];
    add(name + ", hex", Writer(room).hex(key).view());
    Writer base32(room);
    write_base32(key, base32);
    add(name + ", base32", base32.view());
    for (u8 pad : {u8(0x36), u8(0x5c)}) {
        std::string block = padded(key, pad);
        add(name + ", padded", block.substr(0, key.size()));
        std::string swapped = block; // the words of the block as the hash reads them
        for (size_t i = 0; i < block.size(); ++i) swapped[i] = block[i ^ 3];
        add(name + ", padded words", swapped.substr(0, key.size() & ~size_t(3)));
        SHA_CTX sha1;
        SHA1_Init(&sha1), SHA1_Update(&sha1, block.data(), block.size());
        add_state(name + ", state of SHA-1", {sha1.h0, sha1.h1, sha1.h2, sha1.h3, sha1.h4});
        SHA256_CTX sha256;
        SHA256_Init(&sha256), SHA256_Update(&sha256, block.data(), block.size());
        add_state(name + ", state of SHA-256", {sha256.h, sha256.h + 8});
    }
}

std::vector<std::string> Secrets::found_in(pid_t process) const {
    std::vector<std::string> found;
    int mem = open(("/proc/" + std::to_string(process) + "/mem").c_str(), O_RDONLY | O_CLOEXEC);
    std::vector<Region> regions = writable_regions(process);
    if (mem < 0 || regions.empty()) found.push_back("the memory cannot be read");
    for (const Region& region : regions) {
        std::vector<u8> bytes(region.to - region.from);
        ssize_t got = pread(mem, bytes.data(), bytes.size(), off_t(region.from));
        if (got != ssize_t(bytes.size())) found.push_back("not all can be read of " + region.name);
        for (size_t i = 0; i + part <= bytes.size(); ++i) {
            u64 value = 0;
            memcpy(&value, bytes.data() + i, part);
            auto hit = parts_.find(value);
            if (hit == parts_.end()) continue;
            std::string where = hit->second + " in " + (region.name.empty() ? "memory of its own" : region.name);
            if (std::find(found.begin(), found.end(), where) == found.end()) found.push_back(where);
        }
    }
    close(mem);
    return found;
}

} // namespace memory
