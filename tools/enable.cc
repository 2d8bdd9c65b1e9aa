// SPDX-License-Identifier: Apache-2.0
// pam-totp enable: shows what switching a service on changes, tries it, changes it, and undoes it again unless somebody
// got in with a code and it is kept.
#include "coverage.h"
#include "facts.h"
#include "host/dry_run.h"
#include "host/judge_stack.h"
#include "host/sshd_host.h"
#include "host/watch.h"
#include "json.h"
#include "pending.h"
#include "talk.h"
#include "terminal.h"
#include "text.h"
#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

namespace totp {
namespace {
using host::Mode;

/// Everything that is known before the first file is touched.
struct Enabling {
    Arguments& a;
    host::Wish wish;
    host::Plan plan;
    Coverage coverage;
    std::string person; ///< who tries it
    std::string root;   ///< what becomes of root by ssh
    bool survives_restart = false;
};

const char* word(Mode mode) { return mode == Mode::code ? "key-and-code" : mode == Mode::off ? "off" : "password-and-code"; }

/// A group that is written into sshd's settings and into rules.
void check_group(const std::string& name) {
    bool is_plain = std::all_of(name.begin(), name.end(), [](char c) { return is_alnum(c) || c == '.' || c == '_' || c == '-'; });
    if (!is_plain || !getgrnam(name.c_str())) throw Stop(exit_refused, text("there is no group '%1'", {name}));
}

/// Where nothing is said, what is on already stays as it is.
Mode mode_wanted(const Arguments& a, const std::string& service) {
    bool code = a.has("--key-and-code"), both = a.has("--password-and-code");
    if (code && both) throw Stop(exit_usage, text("either --key-and-code or --password-and-code"));
    if (code && service != "sshd") throw Stop(exit_usage, text("--key-and-code is for sshd: %1 knows of no key", {service}));
    if (service != "sshd" || both) return Mode::password_and_code;
    if (code) return Mode::code;
    std::string now = host::read_file("/etc/pam.d/sshd").value_or("");
    return host::mode_of(now, "sshd", host::read_file) == Mode::password_and_code ? Mode::password_and_code : Mode::code;
}

host::Wish read_wish(const Arguments& a) {
    host::Wish wish;
    wish.service = a.operand;
    const std::vector<std::string>& known = host::services();
    if (std::find(known.begin(), known.end(), wish.service) == known.end()) {
        throw Stop(exit_usage, text("enable takes sshd, sudo, su or login; other services: INSTALL.md has recipes"));
    }
    wish.mode = mode_wanted(a, wish.service);
    wish.scope = {a.groups, a.except_groups};
    for (const std::vector<std::string>* list : {&a.groups, &a.except_groups}) {
        for (const std::string& group : *list) check_group(group);
    }
    return wish;
}

/// Who ran this, behind sudo and doas.
std::string who_tries(const Arguments& a) {
    if (!a.user.empty()) return a.user;
    for (const char* name : {"SUDO_USER", "DOAS_USER"}) {
        const char* value = std::getenv(name);
        if (value && *value) return value;
    }
    const passwd* own = getpwuid(getuid());
    return own ? own->pw_name : "root";
}

void refuse_obstacles(const host::Obstacles& obstacles) {
    if (obstacles.hard.empty()) return;
    std::string why;
    for (const host::Obstacle& o : obstacles.hard) {
        why += "\n  " + o.where + ": " + (o.what.empty() ? shown(o.line) : shown(o.line) + " (" + o.what + ")");
    }
    throw Stop(exit_refused, text("sshd takes the first value that it reads, and reads this before the new file. Take it away or "
                                  "change it first:") + why);
}

std::string about_root(const std::map<std::string, std::string>& root) {
    auto found = root.find("permitrootlogin");
    std::string permit = found == root.end() ? "" : found->second;
    if (permit == "yes") return text("root logs in by ssh as everybody does, with a code.");
    if (permit == "no") return text("root does not log in by ssh, as before.");
    return text("root can no longer log in by ssh: with 'PermitRootLogin %1' sshd accepts no code of root's.", {permit});
}

/// What sshd would make of it: nothing is changed on the host.
void check_sshd(Enabling& e, const std::string& config) {
    std::string why = host::test_sshd(config);
    if (!why.empty()) throw Stop(exit_refused, text("sshd refuses its settings with this change: %1", {why}));
    std::map<std::string, std::string> person = host::sshd_for(config, e.person);
    e.root = about_root(host::sshd_for(config, "root"));
    bool wants_key = e.wish.mode == Mode::code;
    bool is_reached = person["usepam"] == "yes" && person["kbdinteractiveauthentication"] == "yes" &&
                      (!wants_key || person["pubkeyauthentication"] == "yes");
    bool is_asked = person["authenticationmethods"].find("keyboard-interactive") != std::string::npos;
    if (!is_reached) throw Stop(exit_refused, text("with this change sshd would still not ask %1 through PAM: see sshd -T -C user=%1", {e.person}));
    if (!is_asked && e.wish.scope.is_everybody()) {
        throw Stop(exit_refused, text("with this change sshd would still ask %1 for no code: see sshd -T -C user=%1", {e.person}));
    }
}

/// What check would say of the stack as it will be.
void check_stack(const Enabling& e) {
    host::Stack stack = host::read_stack(host::read_as_planned(e.plan), e.wish.service);
    std::string dangers;
    for (const host::Finding& found : host::judge_stack(stack, {e.wish.mode == Mode::code, false})) {
        std::string words = found.where + ": " + found.what + " " + found.why + "\n";
        if (found.level == host::Finding::danger) dangers += "\n  " + words;
        else if (found.level == host::Finding::warning) say(words);
    }
    if (!dangers.empty()) throw Stop(exit_refused, text("with this change %1 would be dangerous:", {e.wish.service}) + dangers);
}

void say_plan(const Enabling& e) {
    e.coverage.say();
    if (!e.root.empty()) say(e.root + "\n");
    if (e.wish.service == "sshd" && e.wish.mode == Mode::code && !e.wish.scope.groups.empty())
        say(text("Whoever is in none of these groups gets in by a key alone, and by no password.\n"));
    for (const host::Obstacle& o : e.plan.obstacles.soft) {
        say(text("%1 says otherwise for whom it is about: %2\n", {o.where, o.line}));
    }
    say("\n" + e.plan.diff() + "\n");
}

/// The whole stack as it will be, with a code of one's own.
void try_it(const Enabling& e, const host::Stage& stage) {
    say(text("Try it first, as %1: what is asked for now is asked for at each login by %2.\n", {e.person, e.wish.service}));
    host::Trial trial = host::Trial::refused;
    for (int tries = 3; tries > 0 && trial == host::Trial::refused; --tries) {
        trial = host::try_stack(stage.pam_folder(), {e.wish.service, e.person, e.wish.mode == Mode::code});
    }
    switch (trial) {
    case host::Trial::asked:
        say(text("That works. The code is used up: the login needs the next one.\n\n"));
        return;
    case host::Trial::not_asked:
        say(text("That lets %1 in without a code, as the rules say: see pam-totp explain. Another person's login has to prove it.\n\n", {e.person}));
        return;
    case host::Trial::given_up: throw Stop(exit_refused, text("nothing was changed"));
    case host::Trial::refused: break;
    }
    throw Stop(exit_refused, text("%1 would not get in: nothing was changed. The log says why", {e.person}));
}

host::Note note_of(const Enabling& e) {
    host::Note note{e.wish.service, std::to_string(std::time(nullptr)), host::seconds_since_boot() + e.a.undo_after, host::boot_id(), {}};
    for (const host::FileChange& file : e.plan.files) {
        note.files.push_back({file.path, host::digest(file.before), host::digest(file.after)});
    }
    return note;
}

/// Whoever undoes it is there before there is something to undo.
void change(Enabling& e, const host::Note& note) {
    e.survives_restart = host::undo_at_next_start();
    host::write_note(note);
    try {
        host::start_watcher(note);
        host::Reloading reloading;
        host::apply(e.plan.files, std::ref(reloading));
        if (reloading.has_failed())
            throw Stop(exit_refused, text("sshd did not read its settings again"));
    } catch (const Stop& why) {
        host::Pending pending;
        if (pending.open()) (void)undo_change(pending, "failed");
        throw Stop(why.status, std::string(why.what()) + "; " + text("nothing was changed"));
    }
    host::log_change("enabled", note, std::string(" mode=") + word(e.wish.mode));
}

void print_json(const Enabling& e, const std::string& state, u64 undo_at) {
    SecretText out = "{\"service\":\"" + SecretText(e.wish.service) + "\",\"state\":\"" + SecretText(state) + "\",\"mode\":\"" + word(e.wish.mode) + "\",\"files\":[";
    for (const host::FileChange& file : e.plan.files) {
        if (&file != e.plan.files.data()) out += ',';
        out += json_string(file.path);
    }
    out += "],\"diff\":" + json_string(e.plan.diff()) + ",\"people\":" + SecretText(e.coverage.json());
    out += ",\"undo_at\":" + SecretText(undo_at ? json_time(undo_at) : "null") + ",\"survives_restart\":";
    print_line(out + (e.survives_restart ? "true}" : "false}"));
}

void say_what_now(const Enabling& e, u64 undo_at) {
    say(text("Switched on, until %1: then all of it is undone, unless it is kept.\n", {local_time(u32(undo_at))}));
    if (!e.survives_restart) say(text("Only: nothing here would undo it when this machine is started again before. Then run: pam-totp undo\n"));
    say(text("Log in by %1 now, in another terminal, and leave this one open.\n", {e.wish.service}));
}

/// Once a second, as long as it waits and nobody has got in.
bool see_login(const Arguments& a, const host::Note& note, LoginLine& login) {
    for (;;) {
        u64 now = host::seconds_since_boot();
        if (now >= note.deadline || find_proof(a, note, login)) break;
        if (talks_to_terminal()) say("\r" + text("%1 left  ", {span(i64(note.deadline - now))}));
        if (!pause_for(1000)) throw Stop(exit_refused, "");
    }
    if (talks_to_terminal()) say("\r");
    return login.time != 0;
}

int decide(const Arguments& a, const host::Note& note, const LoginLine& login) {
    std::string user(login.user.view());
    bool keeps = agrees(text("%1 gave a right code at %2. Keep it, if that login came through? [Y/n] ", {user, local_time(login.time)}));
    host::Pending pending;
    bool waits = pending.open() && pending.note().made == note.made;
    if (!waits) throw Stop(exit_refused, text("it was kept or undone meanwhile; pam-totp enable %1 --dry-run says which", {a.operand}));
    if (keeps) return keep_change(pending, user), say(text("Kept: %1 asks for a code.\n", {note.service})), exit_done;
    int status = undo_change(pending, "asked");
    if (status == exit_done) say(text("Undone: %1 asks as it did before.\n", {note.service}));
    return status;
}

/// With whoever sits at the terminal. An end of it changes nothing: see start_watcher.
int wait_with(const Arguments& a, const host::Note& note) {
    LoginLine login;
    try {
        if (see_login(a, note, login)) return decide(a, note, login);
    } catch (const Stop& stop) {
        if (*stop.what() && stop.status < 128) throw;
        throw Stop(exit_refused, text("it is still switched on, and undone when its time is over. pam-totp keep or pam-totp undo decides"));
    }
    throw Stop(exit_refused, text("nobody logged in with a code in time: it is undone"));
}

int conclude_unchanged(const Enabling& e, const std::string& state) {
    if (e.a.json) print_json(e, state, 0);
    else if (state == "on") say(text("%1 asks for a code already: nothing is to be changed.\n", {e.wish.service}));
    else say(text("Nothing was changed.\n"));
    return exit_done;
}

void require_nothing_waits() {
    host::Pending pending;
    if (!pending.open()) return;
    throw Stop(exit_refused, text("what was changed for %1 still waits: pam-totp keep or pam-totp undo first", {pending.note().service}));
}
} // namespace

int run_enable(Arguments& a) {
    if (a.json) talk_beside_json();
    if (getuid() != 0) throw Stop(exit_refused, text("only root can do this"));
    Enabling e{a, read_wish(a), {}, {}, who_tries(a), "", false};
    require_nothing_waits();
    e.plan = host::plan_on(e.wish);
    if (e.plan.files.empty()) return conclude_unchanged(e, "on");
    refuse_obstacles(e.plan.obstacles);
    e.coverage = Coverage::of_service(a, e.wish.service);
    if (e.coverage.of(Standing::covered) == 0) throw Stop(exit_not_set_up, text("nobody here has codes set up who would be asked: first run pam-totp setup"));
    host::Stage stage(e.plan);
    if (e.wish.service == "sshd") check_sshd(e, stage.sshd_config());
    check_stack(e);
    say_plan(e);
    if (a.has("--dry-run")) return conclude_unchanged(e, "dry_run");
    if (!a.yes) {
        try_it(e, stage);
        if (!agrees(text("Change it now? [Y/n] "))) return conclude_unchanged(e, "off");
    }
    host::Note note = note_of(e);
    change(e, note);
    u64 undo_at = u64(std::time(nullptr)) + a.undo_after;
    say_what_now(e, undo_at);
    if (a.json) print_json(e, "waiting", undo_at);
    else if (!a.yes && talks_to_terminal()) return wait_with(a, note);
    else say(text("Then: pam-totp keep\n"));
    return exit_done;
}

} // namespace totp
