// SPDX-License-Identifier: Apache-2.0
#include "log.h"
#include "core/log_text.h"
#include <security/pam_ext.h>
#include <string.h>
#include <syslog.h>

namespace totp {
namespace {
/// Nothing below 0, which says that there is no number.
void add_number(Writer& out, string_view name, int value) {
    if (value >= 0) add_word(out, name, u64(value));
}

void add_who(Writer& out, const LogLine& line, string_view verdict) {
    add_word(out, "user", line.user);
    add_word(out, "rhost", line.rhost);
    add_word(out, "verdict", verdict);
    add_word(out, "service", line.service);
    add_word(out, "token", line.token);
    add_word(out, "rule", line.rule.view());
}

void send(pam_handle_t* pam, int level, const Writer& out) {
    pam_syslog(pam, level, "%.*s", int(out.view().size()), out.view().data());
}

/// Not strerror where there is another: that speaks the language of the application, as sudo and su have one.
const char* in_english(int number) {
#ifdef __GLIBC__
    return strerrordesc_np(number);
#else
    return strerror(number);
#endif
}
} // namespace

void log_verdict(pam_handle_t* pam, const LogLine& line, string_view verdict) {
    std::array<char, longest_log_text> room;
    Writer out(room);
    add_who(out, line, verdict);
    add_number(out, "guesses_left", line.guesses_left);
    add_number(out, "codes_left", line.codes_left);
    send(pam, LOG_NOTICE, out);
}

void log_error(pam_handle_t* pam, const LogLine& line, Error error, string_view path, int number) {
    std::array<char, longest_log_text> room;
    Writer out(room);
    add_who(out, line, "error");
    add_word(out, "reason", word(error));
    add_word(out, "path", path);
    out.add(": ").add(advice(error));
    bool system = error == Error::io || error == Error::no_space;
    const char* why = system && number != 0 ? in_english(number) : nullptr;
    if (why) out.add(": ").add(string_view(why));
    send(pam, LOG_ERR, out);
}

void log_misfit(pam_handle_t* pam, const LogLine& line, string_view where, unsigned number, string_view reason) {
    std::array<char, longest_log_text> room;
    Writer out(room);
    add_who(out, line, "error");
    add_word(out, "reason", word(Error::bad_setting));
    add_word(out, "at", where);
    if (number > 0) add_word(out, "line", u64(number));
    out.add(": ").add(reason);
    send(pam, LOG_ERR, out);
}

} // namespace totp
