// SPDX-License-Identifier: Apache-2.0
#include "login.h"
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace {
constexpr uint64_t period = 30;
uint64_t now_step = 0;
} // namespace

extern "C" [[gnu::visibility("default")]] time_t time(time_t* at) noexcept {
    time_t now = time_t(now_step * period + period / 2);
    if (at) *at = now;
    return now;
}

namespace bench {
namespace {
using Clock = std::chrono::steady_clock;

int converse(int count, const pam_message** messages, pam_response** replies, void* data) {
    auto list = static_cast<pam_response*>(calloc(size_t(count), sizeof(pam_response)));
    if (!list) return PAM_CONV_ERR;
    for (int i = 0; i < count; ++i) {
        int style = messages[i]->msg_style;
        bool asks = style == PAM_PROMPT_ECHO_OFF || style == PAM_PROMPT_ECHO_ON;
        if (asks) list[i].resp = strdup(static_cast<const Attempt*>(data)->code.c_str());
    }
    *replies = list;
    return PAM_SUCCESS;
}

void no_delay(int, unsigned, void*) {}

/// A login that has begun; its end is in the destructor.
struct Session {
    pam_conv conv;
    pam_handle_t* pam = nullptr;
    int result;
    explicit Session(const Attempt& a) : conv{converse, const_cast<Attempt*>(&a)} {
        result = pam_start_confdir(a.service.c_str(), a.user.c_str(), &conv, a.stacks, &pam);
        if (result != PAM_SUCCESS) return;
        (void)pam_set_item(pam, PAM_FAIL_DELAY, reinterpret_cast<const void*>(&no_delay));
    }
    ~Session() {
        if (pam) pam_end(pam, result);
    }
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;
};
} // namespace

void set_step(uint64_t step) { now_step = step; }
uint64_t this_step() { return now_step; }
uint64_t next_step() { return ++now_step; }

Codes::Codes(const char* path) {
    std::ifstream file(path);
    file >> first_;
    file.ignore();
    text_.assign(std::istreambuf_iterator<char>(file), {});
    std::replace(text_.begin(), text_.end(), '\n', '\0');
}

const char* Codes::at(uint64_t step) const {
    size_t place = size_t(step - first_) * 7;
    if (step < first_ || place >= text_.size()) throw std::out_of_range("no code for this step");
    return text_.data() + place;
}

int login(const Attempt& attempt, Times* times) {
    auto begin = Clock::now(), loaded = begin, answered = begin;
    int result;
    {
        Session session(attempt);
        loaded = Clock::now();
        if (session.result == PAM_SUCCESS) session.result = pam_authenticate(session.pam, 0);
        answered = Clock::now();
        result = session.result;
    }
    if (times) *times = {loaded - begin, answered - loaded, Clock::now() - answered};
    return result;
}

extern "C" [[gnu::noinline]] int counted_login(const Attempt& attempt) { return login(attempt); }

} // namespace bench
