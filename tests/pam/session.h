// SPDX-License-Identifier: Apache-2.0
// A login step by step, for what Bed::login does not show: items, another conversation, the handle afterwards.
#pragma once
#include "bed.h"

namespace bed {

struct Session {
    pam_handle_t* pam = nullptr;
    pam_conv conv;

    Session(const Bed& b, const std::string& stack, Talk& talk, decltype(pam_conv::conv) function = converse)
        : conv{function, &talk} {
        std::ofstream(b.stacks + "/test") << stack;
        if (access((b.top + "/conf").c_str(), F_OK) != 0) b.settings("");
        if (pam_start_confdir("test", b.user.c_str(), &conv, b.stacks.c_str(), &pam) != PAM_SUCCESS) abort();
        set(PAM_FAIL_DELAY, reinterpret_cast<const void*>(+[](int, unsigned, void*) {}));
    }
    ~Session() { pam_end(pam, PAM_SUCCESS); }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    void set(int item, const void* value) { (void)pam_set_item(pam, item, value); }
    std::string get(int item) const {
        const void* text = nullptr;
        (void)pam_get_item(pam, item, &text);
        return text ? static_cast<const char*>(text) : "";
    }
    int authenticate() { return pam_authenticate(pam, 0); }
};

} // namespace bed
