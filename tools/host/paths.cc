// SPDX-License-Identifier: Apache-2.0
#include "paths.h"
#include <algorithm>
#include <security/pam_appl.h>

namespace totp::host {
namespace {
constexpr size_t most_paths = 200000;

using Names = std::vector<std::string>;
using Values = std::vector<int>;

bool is_one_of(const Names& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

const Names conditions{"pam_succeed_if", "pam_usertype", "pam_localuser", "pam_listfile",  "pam_access",
                       "pam_wheel",      "pam_time",     "pam_nologin",   "pam_securetty", "pam_shells",
                       "pam_rhosts",     "pam_sepermit", "pam_tally2",    "pam_exec",      "pam_script",
                       "pam_echo",       "pam_warn",     "pam_issue"};
/// They return PAM_IGNORE from pam_authenticate(3) whatever they do.
const Names silent{"pam_env", "pam_faildelay", "pam_group", "pam_mail", "pam_keyinit"};
const Names neutrals{"pam_cap",     "pam_motd",     "pam_limits",   "pam_loginuid",     "pam_selinux",
                     "pam_umask",   "pam_lastlog",  "pam_systemd",  "pam_mount",        "pam_ecryptfs",
                     "pam_kwallet", "pam_kwallet5", "pam_lastlog2", "pam_gnome_keyring"};

Values may_return(const Line& line, const std::string& service, bool is_known) {
    switch (role_of(line)) {
    case Role::ours:
        if (!serves(line, service)) return {PAM_IGNORE};
        if (is_known || line.has("after=password"))
            return {PAM_SUCCESS, PAM_AUTH_ERR, PAM_AUTHINFO_UNAVAIL, PAM_CONV_ERR};
        return {PAM_SUCCESS, PAM_AUTH_ERR, PAM_AUTHINFO_UNAVAIL, PAM_CONV_ERR, PAM_IGNORE};
    case Role::proof: return {PAM_SUCCESS, PAM_AUTH_ERR, PAM_USER_UNKNOWN, PAM_AUTHINFO_UNAVAIL};
    case Role::root: return {PAM_SUCCESS, PAM_AUTH_ERR};
    case Role::permit: return {PAM_SUCCESS};
    case Role::deny:
    case Role::authfail: return {PAM_AUTH_ERR};
    case Role::condition:
        if (line.name() == "pam_nologin" && !line.has("successok")) return {PAM_AUTH_ERR, PAM_IGNORE};
        return {PAM_SUCCESS, PAM_AUTH_ERR, PAM_IGNORE};
    case Role::preauth: return {PAM_SUCCESS, PAM_AUTH_ERR, PAM_IGNORE};
    case Role::neutral: break;
    }
    return is_one_of(silent, line.name()) ? Values{PAM_IGNORE} : Values{PAM_SUCCESS, PAM_IGNORE};
}
} // namespace

Role role_of(const Line& line) {
    std::string name = line.name();
    if (name == "pam_totp") return Role::ours;
    if (name == "pam_rootok") return Role::root;
    if (name == "pam_permit") return Role::permit;
    if (name == "pam_deny") return Role::deny;
    if (name == "pam_faillock") {
        return line.has("preauth") ? Role::preauth : line.has("authfail") ? Role::authfail : Role::neutral;
    }
    if (is_one_of(conditions, name)) return Role::condition;
    return is_one_of(neutrals, name) || is_one_of(silent, name) ? Role::neutral : Role::proof;
}

bool serves(const Line& line, const std::string& service) {
    std::string list = line.value("services").value_or("");
    return list.empty() || ("," + list + ",").find("," + service + ",") != std::string::npos;
}

bool each_path(const Stack& stack, bool is_known, const std::function<void(const Path&)>& visit) {
    std::vector<Values> values;
    for (const Line& line : stack.lines) values.push_back(may_return(line, stack.service, is_known));
    // Which value each call takes, the calls in their order: what comes behind depends on what was before.
    struct Choice {
        size_t taken, of;
    };
    std::vector<Choice> choices;
    for (size_t paths = 0; paths < most_paths; ++paths) {
        size_t call = 0;
        Run made = run(stack.lines, [&](size_t line) {
            if (call == choices.size()) choices.push_back({0, values[line].size()});
            return values[line][choices[call++].taken];
        });
        visit({made.result, made.steps});
        while (!choices.empty() && choices.back().taken + 1 == choices.back().of) choices.pop_back();
        if (choices.empty()) return true;
        ++choices.back().taken;
    }
    return false;
}

} // namespace totp::host
