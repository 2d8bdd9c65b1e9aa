// SPDX-License-Identifier: Apache-2.0
#include "plan.h"
#include "../command.h"
#include "../text.h"
#include "diff.h"
#include "sshd_text.h"
#include <algorithm>
#include <filesystem>
#include <set>
#include <unistd.h>

namespace totp::host {
namespace {
namespace fs = std::filesystem;

/// A service, and those that its program uses beside it.
std::vector<std::string> names_of(const std::string& service) {
    if (service == "sudo") return {"sudo", "sudo-i"};
    if (service == "su") return {"su", "su-l"};
    return {service};
}

std::string own_place(const std::string& name) { return "/etc/pam.d/" + name; }

/// Others look after it, and would put it back.
void refuse_links(const std::string& path) {
    std::error_code error;
    fs::path target = fs::read_symlink(path, error);
    if (error) return;
    if (target.string().starts_with("/etc/authselect/")) {
        throw Stop(exit_refused, text("%1 is authselect's, which would undo any change of it. Make a profile of your own: "
                                      "authselect create-profile totp -b sssd, put the line into it as INSTALL.md says, and "
                                      "authselect select custom/totp with-totp", {path}));
    }
    throw Stop(exit_refused, text("%1 is a link to %2: change that by hand, as INSTALL.md says", {path, target.string()}));
}

bool includes(const std::string& content, const std::string& service) {
    std::vector<AuthLine> lines = auth_lines(content);
    return std::any_of(lines.begin(), lines.end(), [&](const AuthLine& l) { return l.kind != AuthLine::module && l.name == service; });
}

/// The text that libpam takes for a service, wherever it stands; nothing for none.
std::optional<std::string> find_text(const std::string& name) {
    for (const std::string& place : places_of(name)) {
        std::optional<std::string> found = read_file(place);
        if (found) return found;
    }
    return {};
}

/// What a distribution ships outside of /etc.
std::optional<std::string> shipped_text(const std::string& name) {
    std::vector<std::string> places = places_of(name);
    for (size_t i = 1; i < places.size(); ++i) {
        std::optional<std::string> found = read_file(places[i]);
        if (found) return found;
    }
    return {};
}

void add(Plan& plan, const std::string& path, const std::optional<std::string>& after) {
    std::optional<std::string> before = read_file(path);
    if (before != after) plan.files.push_back({path, before, after});
}

std::string without_comments(const std::string& content) {
    std::vector<std::string> kept;
    for (const std::string& line : lines_of(content)) {
        if (!line.empty() && line[0] != '#') kept.push_back(line);
    }
    return text_of_lines(kept);
}

/// Beside what counts comments alone differ: then nothing is changed.
void add_settings(Plan& plan, const std::string& path, const std::string& wanted) {
    std::optional<std::string> before = read_file(path);
    bool same = before && without_comments(*before) == without_comments(wanted);
    if (!same) add(plan, path, wanted.empty() ? std::nullopt : std::optional(wanted));
}

std::string rules_path(const std::string& service) { return std::string(TOTP_CONF) + ".d/10-enable-" + service + ".conf"; }
std::string dropin_path() { return std::string(sshd_folder) + "/" + sshd_dropin; }

void add_stack(Plan& plan, const std::string& name, const Wish& wish) {
    std::optional<std::string> content = find_text(name);
    bool is_first = name == wish.service;
    if (!content && is_first) throw Stop(exit_refused, text("there is no %1: this host does not use PAM for it", {own_place(name)}));
    if (!content || (!is_first && includes(*content, wish.service))) return;
    Mode now = mode_of(*content, name, read_file);
    if (is_first) plan.now = now, plan.by_profile = is_included(*content, name, read_file);
    if (now == wish.mode) return;
    refuse_links(own_place(name));
    if (is_first && plan.by_profile) {
        throw Stop(exit_refused, text("%1 asks for a password and a code already, by a file that it includes", {own_place(name)}));
    }
    Edited edited = with_line(*content, wish.mode, read_file);
    if (!edited.why.empty()) {
        throw Stop(exit_refused, text("%1: %2. Put the line there by hand, as INSTALL.md says", {own_place(name), edited.why}));
    }
    add(plan, own_place(name), edited.text);
}

void take_stack(Plan& plan, const std::string& name, const std::string& service) {
    std::optional<std::string> content = read_file(own_place(name));
    if (!content || (name != service && includes(*content, service))) return;
    Mode now = mode_of(*content, name, read_file);
    if (name == service) plan.now = now, plan.by_profile = is_included(*content, name, read_file);
    if (now == Mode::off) return;
    Edited edited = without_line(*content, read_file);
    if (edited.text == *content) return; // it is the profile's line alone that asks
    refuse_links(own_place(name));
    if (!edited.why.empty()) throw Stop(exit_refused, own_place(name) + ": " + edited.why);
    bool is_shipped = edited.text == shipped_text(name); // then our copy was all that made it another
    add(plan, own_place(name), is_shipped ? std::nullopt : std::optional(edited.text));
}
} // namespace

const std::vector<std::string>& services() {
    static const std::vector<std::string> known{"sshd", "sudo", "su", "login"};
    return known;
}

std::string Plan::diff() const {
    std::string all;
    for (const FileChange& file : files) all += unified_diff(file.path, file.before, file.after);
    return all;
}

/// sshd's own settings first: until it is told to read them nothing of it counts, and the line of PAM alone would ask
/// whoever comes in between for something else.
Plan plan_on(const Wish& wish) {
    Plan plan;
    if (wish.service == "sshd") {
        std::string wanted = sshd_text(wish.mode, wish.scope);
        plan.obstacles = look_for_obstacles(read_file(sshd_config).value_or(""), files_as_planned(plan, sshd_folder), read_file, wanted);
        add_settings(plan, dropin_path(), wanted);
    }
    add_settings(plan, rules_path(wish.service), rules_text(wish.service, wish.mode, wish.scope));
    for (const std::string& name : names_of(wish.service)) add_stack(plan, name, wish);
    // Where the stack asks for a code alone, it is sshd's settings that ask for the key: then they change last.
    if (plan.now == Mode::code) std::reverse(plan.files.begin(), plan.files.end());
    return plan;
}

Plan plan_off(const std::string& service) {
    Plan plan;
    for (const std::string& name : names_of(service)) take_stack(plan, name, service);
    if (service == "sshd") add(plan, dropin_path(), {});
    add(plan, rules_path(service), {});
    return plan;
}

Read read_as_planned(const Plan& plan) {
    return [files = plan.files](const std::string& path) {
        for (const FileChange& file : files) {
            if (file.path == path) return file.after;
        }
        return read_file(path);
    };
}

std::vector<std::string> files_as_planned(const Plan& plan, const std::string& folder) {
    std::set<std::string> names;
    std::error_code none;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder, none)) {
        if (entry.path().extension() == ".conf" || folder != sshd_folder) names.insert(entry.path().string());
    }
    for (const FileChange& file : plan.files) {
        bool is_inside = file.path.starts_with(folder + "/");
        if (is_inside && file.after) names.insert(file.path);
        if (is_inside && !file.after) names.erase(file.path);
    }
    return {names.begin(), names.end()};
}

} // namespace totp::host
