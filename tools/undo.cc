// SPDX-License-Identifier: Apache-2.0
// pam-totp undo: takes back what enable changed, now or when its time is over. pam-totp keep: keeps it.
#include "facts.h"
#include "host/watch.h"
#include "json.h"
#include "pending.h"
#include "terminal.h"
#include "text.h"
#include <unistd.h>

namespace totp {
namespace {

void require_root() {
    if (getuid() != 0) throw Stop(exit_refused, text("only root can do this"));
}

/// Over, or begun before the machine was started again: then nobody has seen a login since.
bool is_over(const host::Note& note) {
    return note.boot != host::boot_id() || host::seconds_since_boot() >= note.deadline;
}

/// False when nothing waits any more. It is looked for anew every time: it may be kept or undone meanwhile, and the
/// deadline is that of whatever waits now.
bool undo_when_over() {
    host::Pending pending;
    if (!pending.open()) return false;
    if (!is_over(pending.note())) return true;
    (void)undo_change(pending, pending.note().boot == host::boot_id() ? "deadline" : "restart");
    return false;
}

/// Nobody is at a terminal: what fails is logged, and tried again for as long as it takes.
int wait_and_undo() {
    bool complained = false;
    for (bool waits = true; waits;) {
        try {
            waits = undo_when_over();
        } catch (const Stop& stop) {
            if (!complained) host::log_change("undo_failed", {"-", "", 0, "", {}}, std::string(" reason=\"") + stop.what() + "\"");
            complained = true;
        }
        if (waits && !pause_for(complained ? 10000 : 1000)) return exit_refused;
    }
    host::forget_next_start();
    return exit_done;
}
} // namespace

int run_undo(Arguments& a) {
    require_root();
    if (a.has("--at-deadline")) return wait_and_undo();
    host::Pending pending;
    if (!pending.open()) {
        host::forget_draft();
        host::forget_next_start();
        if (a.json) print_line("{\"state\":\"nothing\"}");
        else say(text("Nothing waits to be undone.\n"));
        return exit_done;
    }
    int status = undo_change(pending, "asked");
    if (a.json) print_line("{" + json_state(pending.note(), status == exit_done ? "undone" : "undone_in_part") + "}");
    else if (status == exit_done) say(text("Undone: %1 asks as it did before.\n", {pending.note().service}));
    return status;
}

int run_keep(Arguments& a) {
    require_root();
    host::Pending pending;
    if (!pending.open()) throw Stop(exit_refused, text("nothing waits to be kept; pam-totp enable SERVICE switches one on"));
    LoginLine login;
    bool proved = find_proof(a, pending.note(), login);
    if (!proved && !a.has("--unproved")) {
        throw Stop(exit_refused, text("nobody has logged in by %1 with a code since it was switched on: log in first, in another "
                                      "terminal; --unproved keeps it all the same", {pending.note().service}));
    }
    std::string user(login.user.view());
    keep_change(pending, proved ? user : "");
    if (a.json) {
        SecretText by = proved ? json_string(user) : SecretText("null");
        print_line(SecretText("{") + SecretText(json_state(pending.note(), "kept")) + ",\"login\":" + by + "}");
    } else {
        say(proved ? text("Kept: %1 asks for a code. %2 logged in with one at %3.\n", {pending.note().service, user, local_time(login.time)})
                   : text("Kept: %1 asks for a code. Nobody has logged in with one yet.\n", {pending.note().service}));
    }
    return exit_done;
}

} // namespace totp
