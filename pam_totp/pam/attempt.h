// SPDX-License-Identifier: Apache-2.0
// One attempt to get in: who, by which service and from where, what the administrator says of it, and the record.
#pragma once
#include "core/judge.h"
#include "log.h"
#include "login.h"
#include "options.h"
#include "store/conf.h"
#include "store/member.h"
#include "store/record.h"
#include <time.h>

namespace totp {

class Attempt {
  protected:
    Attempt(pam_handle_t* pam, int flags) : pam_(pam), flags_(flags) {}
    bool read_arguments(int argc, const char** argv);
    void find_person(const char* user);
    bool read_conf();
    Demand demand() const;
    bool first_factor_is_known() const;
    Error open();
    bool find_place();
    const char* issuer(std::span<char> room) const;
    Outcome unavailable(Error error);
    Outcome unavailable(Error error, string_view path, int number);

    pam_handle_t* pam_;
    int flags_;
    Options options_;
    Conf conf_;
    Person person_;
    Policy policy_;
    LogLine line_;
    Host host_;
    Record record_;
    bool is_account_ = false;
    u64 place_ = 0; ///< that can be remembered; 0: none
};

inline u64 clock_now() { return u64(time(nullptr)); }

} // namespace totp
