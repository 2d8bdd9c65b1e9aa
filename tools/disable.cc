// SPDX-License-Identifier: Apache-2.0
// pam-totp disable: takes a service's lines and files away again. At once and for good: whoever got in with a code gets
// in without one, so there is no login to wait for.
#include "host/sshd_host.h"
#include "host/watch.h"
#include "json.h"
#include "pending.h"
#include "terminal.h"
#include "text.h"
#include <algorithm>
#include <ctime>
#include <functional>
#include <unistd.h>

namespace totp {
namespace {

int conclude(const Arguments& a, const host::Plan& plan, const std::string& state, const std::string& words) {
    if (!a.json) return say(words), exit_done;
    SecretText out = "{\"service\":\"" + SecretText(a.operand) + "\",\"state\":\"" + SecretText(state) + "\",\"diff\":";
    print_line(out + json_string(plan.diff()) + "}");
    return exit_done;
}

/// Put back as a whole when it fails on the way, or when nobody came to its end: see pam-totp undo.
void change(const std::string& service, const host::Plan& plan) {
    constexpr std::uint64_t long_enough = 300; // so that no watcher of a change before takes it for one that is over
    host::Note note{service, std::to_string(std::time(nullptr)), host::seconds_since_boot() + long_enough, host::boot_id(), {}};
    for (const host::FileChange& file : plan.files) {
        note.files.push_back({file.path, host::digest(file.before), host::digest(file.after)});
    }
    host::write_note(note);
    host::Pending pending;
    try {
        host::Reloading reloading;
        host::apply(plan.files, std::ref(reloading));
        if (reloading.has_failed())
            throw Stop(exit_refused, text("sshd did not read its settings again"));
    } catch (const Stop& why) {
        if (pending.open()) (void)undo_change(pending, "failed");
        throw Stop(why.status, std::string(why.what()) + "; " + text("nothing was changed"));
    }
    if (pending.open()) pending.keep();
    host::log_change("disabled", note);
}
} // namespace

int run_disable(Arguments& a) {
    if (a.json) talk_beside_json();
    if (getuid() != 0) throw Stop(exit_refused, text("only root can do this"));
    const std::vector<std::string>& known = host::services();
    if (std::find(known.begin(), known.end(), a.operand) == known.end()) {
        throw Stop(exit_usage, text("disable takes sshd, sudo, su or login"));
    }
    {
        host::Pending pending;
        if (pending.open())
            throw Stop(exit_refused, text("what was changed for %1 still waits: pam-totp keep or pam-totp undo first", {pending.note().service}));
    }
    host::Plan plan = host::plan_off(a.operand);
    if (plan.by_profile) say(text("%1 still asks for a code, by the profile of pam-auth-update: pam-auth-update --disable totp\n", {a.operand}));
    if (plan.files.empty()) return conclude(a, plan, "off", text("Of %1 nothing is to be changed.\n", {a.operand}));
    if (a.operand == "sshd") {
        host::Stage stage(plan);
        std::string why = host::test_sshd(stage.sshd_config());
        if (!why.empty()) throw Stop(exit_refused, text("sshd refuses its settings with this change: %1", {why}));
    }
    say(plan.diff() + "\n");
    if (a.has("--dry-run")) return conclude(a, plan, "dry_run", text("Nothing was changed.\n"));
    if (!a.yes && !agrees(text("Change it now? [Y/n] "))) return conclude(a, plan, "on", text("Nothing was changed.\n"));
    change(a.operand, plan);
    return conclude(a, plan, "off", plan.by_profile ? "" : text("Switched off: %1 asks for no code.\n", {a.operand}));
}

} // namespace totp
