// SPDX-License-Identifier: Apache-2.0
// Logins in processes of their own, for who stops, freezes or kills them.
#pragma once
#include "bed.h"
#include <atomic>
#include <random>

namespace bed {

/// A new key in force, so that a code of this very step is fresh.
inline void renew(Bed& b, Type type = Type::totp) {
    std::array<u8, 20> key;
    static std::mt19937 chance(1);
    for (u8& byte : key) byte = u8(chance());
    (void)b.token.key.assign(key);
    b.token.type = type;
    Credential next;
    next.tokens.grow()->copy_from(b.token);
    next.backup.rounds = 10;
    (void)backup_digest(next.backup, b.backup, *next.backup.digests.grow());
    bool done =
        open_record(b.host, b.record) == Error::none && rotate(b.host, b.record, &next, {}) == Error::none;
    if (!done || open_record(b.host, b.record) != Error::none) abort();
}

/// A login in a process of its own; `in` is set once it was let in.
inline pid_t begin_login(const Bed& b, const std::string& answer, std::atomic<int>* in) {
    pid_t pid = fork();
    if (pid != 0) return pid;
    Talk talk;
    talk.answers = {answer};
    if (b.authenticate({converse, &talk}) == PAM_SUCCESS) ++*in;
    _exit(0);
}

} // namespace bed
