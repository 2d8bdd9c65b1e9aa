// SPDX-License-Identifier: Apache-2.0
// Who is asked for a code by a service, counted before it is switched on.
#pragma once
#include "people.h"
#include <array>

namespace totp {

struct Coverage {
    std::array<size_t, std::size(standings)> count{};
    std::vector<std::string> open; ///< the first of those who have nothing set up and get in

    size_t of(Standing standing) const { return count[size_t(standing)]; }
    /// By the rules that count now, of accounts with a login shell.
    static Coverage of_service(const Arguments& arguments, const std::string& service);
    std::string json() const;
    void say() const;
};

} // namespace totp
