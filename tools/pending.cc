// SPDX-License-Identifier: Apache-2.0
#include "pending.h"
#include "host/place_line.h"
#include "host/sshd_host.h"
#include "host/watch.h"
#include "json.h"
#include "talk.h"
#include "terminal.h"
#include "text.h"
#include <filesystem>
#include <functional>

namespace totp {
namespace {

/// Of a stack that somebody edited. It may not stay behind: where the line stands in place of the password, and sshd's
/// settings are back, a code alone would let in.
std::optional<std::string> without_change(const std::string& path, const std::string& edited) {
    if (!path.starts_with("/etc/pam.d/") || std::filesystem::is_symlink(path)) return {};
    host::Edited without = host::without_line(edited, host::read_file);
    return without.why.empty() ? std::optional(without.text) : std::nullopt;
}

u64 time_of(const host::Note& note) {
    u64 seconds = 0;
    return read_number(note.made, seconds) ? seconds : 0;
}
} // namespace

/// Not in the second of the change: what was typed to try it stands in the journal as well.
bool find_proof(const Arguments& arguments, const host::Note& note, LoginLine& login) {
    Arguments question;
    question.take_places(arguments);
    question.request.verb = Verb::logins;
    question.request.service = Text<64>(note.service);
    question.request.since = time_of(note) + 1;
    Done done;
    bool found = false;
    int status = converse(question, done, [&](string_view line) {
        LoginLine one;
        if (!read_login_line(line, one)) return false;
        if (!found || one.time > login.time) login = one;
        return found = true;
    });
    if (status != exit_done) throw Stop(status, "");
    return found;
}

void keep_change(host::Pending& pending, const std::string& proved_by) {
    pending.keep();
    host::forget_next_start();
    host::log_change("kept", pending.note(), proved_by.empty() ? " proved_by=-" : " proved_by=" + proved_by);
}

int undo_change(host::Pending& pending, const std::string& why) {
    host::Reloading reloading;
    std::vector<std::string> edited = pending.undo(without_change, std::ref(reloading));
    host::forget_next_start();
    std::string more = " reason=" + why;
    for (const std::string& path : edited) more += " left=" + path;
    bool told = !reloading.has_failed();
    host::log_change("undone", pending.note(), more + (told ? "" : " sshd=not_reloaded"));
    for (const std::string& path : edited) {
        complain(text("%1 was changed by somebody else since, and stays as it is. What it was before stands in %2: put that in "
                      "its place by hand", {path, host::kept_name(path)}));
    }
    if (!told) complain(text("sshd did not read its settings again: systemctl reload ssh"));
    return edited.empty() && told ? exit_done : exit_refused;
}

std::string json_state(const host::Note& note, const std::string& state) {
    return "\"service\":\"" + note.service + "\",\"state\":\"" + state + "\"";
}

} // namespace totp
