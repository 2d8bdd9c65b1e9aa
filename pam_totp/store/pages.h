// SPDX-License-Identifier: Apache-2.0
// Memory from the kernel, for what is too long for the stack of somebody else's process.
#pragma once
#include "core/bytes.h"
#include <sys/mman.h>

namespace totp {

/// `size` bytes, given back when they go out of scope; `room()` is empty when there are none to be had. A login
/// may not take much stack, and has no heap of its own.
class Pages {
  public:
    explicit Pages(size_t size) : size_(size) {
        at_ = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    }
    ~Pages() {
        if (at_ != MAP_FAILED) munmap(at_, size_);
    }
    Pages(const Pages&) = delete;
    Pages& operator=(const Pages&) = delete;
    Room room() const { return at_ == MAP_FAILED ? Room{} : Room{static_cast<u8*>(at_), size_}; }

  private:
    void* at_;
    size_t size_;
};

} // namespace totp
