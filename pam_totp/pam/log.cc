// SPDX-License-Identifier: Apache-2.0
#include "log.h"
#include "core/words.h"
#include <security/pam_ext.h>
#include <string.h>
#include <syslog.h>

namespace totp {
namespace {
constexpr size_t longest_line = 2048, longest_value = 128;

void add(Writer& out, string_view name, string_view value) {
    if (value.empty()) return;
    if (!out.view().empty()) out.add(' ');
    out.add(name).add('=').escaped(slice(value, 0, longest_value));
}

void add(Writer& out, string_view name, int value) {
    if (value >= 0) out.add(' ').add(name).add('=').number(u64(value));
}

void add_who(Writer& out, const LogLine& line, string_view verdict) {
    add(out, "user", line.user);
    add(out, "rhost", line.rhost);
    add(out, "verdict", verdict);
    add(out, "service", line.service);
    add(out, "token", line.token);
    add(out, "rule", line.rule.view());
}

void send(pam_handle_t* pam, int level, const Writer& out) {
    pam_syslog(pam, level, "%.*s", int(out.view().size()), out.view().data());
}
} // namespace

void log_verdict(pam_handle_t* pam, const LogLine& line, string_view verdict) {
    std::array<char, longest_line> room;
    Writer out(room);
    add_who(out, line, verdict);
    add(out, "guesses_left", line.guesses_left);
    add(out, "codes_left", line.codes_left);
    send(pam, LOG_NOTICE, out);
}

void log_error(pam_handle_t* pam, const LogLine& line, Error error, string_view path, int number) {
    std::array<char, longest_line> room;
    Writer out(room);
    add_who(out, line, "error");
    add(out, "reason", word(error));
    add(out, "path", path);
    out.add(": ").add(advice(error));
    bool system = error == Error::io || error == Error::no_space;
    // Not strerror: that speaks the language of the application, as sudo and su have one.
    const char* why = system && number != 0 ? strerrordesc_np(number) : nullptr;
    if (why) out.add(": ").add(string_view(why));
    send(pam, LOG_ERR, out);
}

void log_misfit(pam_handle_t* pam, const LogLine& line, string_view where, unsigned number, string_view reason) {
    std::array<char, longest_line> room;
    Writer out(room);
    add_who(out, line, "error");
    add(out, "reason", word(Error::bad_setting));
    add(out, "at", where);
    if (number > 0) add(out, "line", int(number));
    out.add(": ").add(reason);
    send(pam, LOG_ERR, out);
}

} // namespace totp
