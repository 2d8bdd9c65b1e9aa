// SPDX-License-Identifier: Apache-2.0
#include "attempt.h"
#include "conversation.h"
#include "phrases.h"
#include "place.h"
#include <errno.h>
#include <pwd.h>
#include <security/pam_ext.h>
#include <security/pam_modutil.h>
#include <string.h>
#include <unistd.h>

namespace totp {

bool Attempt::read_arguments(int argc, const char** argv) {
    const char *culprit = "", *reason = "";
    if (read_options(argc, argv, options_, culprit, reason)) return true;
    log_misfit(pam_, line_, culprit, 0, reason);
    return false;
}

/// The settings, and the rule that decides about this login.
bool Attempt::read_conf() {
    Visit visit{line_.user, line_.service, line_.rhost, clock_now(), is_member, &person_};
    Error error = load_conf(options_.conf, options_.place.owner, options_.conf_given, &visit, conf_);
    int number = errno;
    string_view file = conf_.file.empty() ? string_view(options_.conf) : conf_.file.view();
    if (conf_.decision.line != 0) {
        std::array<char, 20> room;
        line_.rule = Text<280>(slice(file, file.rfind('/') + 1));
        line_.rule.add(':').add(Writer(room).number(u64(conf_.decision.line)).view());
    }
    if (error == Error::bad_setting) {
        log_misfit(pam_, line_, file, conf_.misfit.line, conf_.misfit.reason);
    } else if (error != Error::none) {
        log_error(pam_, line_, error, file, number);
    }
    if (error != Error::none) tell(pam_, flags_, out_of_order());
    if (!options_.key_given && !conf_.settings.key.empty()) options_.place.key = conf_.settings.key.c_str();
    policy_.window = options_.window >= 0 ? unsigned(options_.window) : conf_.settings.window;
    policy_.bucket = conf_.settings.bucket;
    return error == Error::none;
}

/// What the rules ask for; `nullok` stands for a last rule where none matched.
Demand Attempt::demand() const {
    if (conf_.decision.is_made) return conf_.decision.demand;
    return options_.nullok ? Demand::if_enrolled : Demand::require;
}

/// A name that is no account's may be a password typed too early: no log line gets it.
void Attempt::find_person(const char* user) {
    const passwd* found = pam_modutil_getpwnam(pam_, user);
    is_account_ = found && make_account(found->pw_name, found->pw_uid, record_.account) == Error::none;
    if (!is_account_) return;
    line_.user = record_.account.name.view();
    person_ = {record_.account.name.c_str(), found->pw_gid};
}

/// Where this login is made, when its rule wants that remembered. With the first factor not known nothing is: whoever
/// has no password would see who was here. Whether a code was accepted here a while ago, perhaps under an older host key.
bool Attempt::find_place() {
    if (conf_.decision.remember == 0 || !first_factor_is_known()) return false;
    for (const KeySet& set : host_.keyring.sets) {
        u64 place = place_of(pam_, line_, record_.account, set);
        if (place_ == 0) place_ = place; // by the newest; without a place there is none by any
        if (is_remembered(record_.state(), place, clock_now(), conf_.decision.remember)) return true;
    }
    return false;
}

/// sshd proved a key, or the administrator says that a wrong password ends the stack above this line.
bool Attempt::first_factor_is_known() const {
    if (options_.after_password) return true;
    const char* info = pam_getenv(pam_, "SSH_AUTH_INFO_0");
    return info && strncmp(info, "publickey ", 10) == 0;
}

/// Records are kept by the name that the uid has: an alias of it finds the same one, and has none of its own.
Error Attempt::open() {
    Error error = open_host(options_.place, host_);
    if (error == Error::none) error = open_record(host_, record_);
    if (error != Error::no_record) return error;
    const passwd* person = pam_modutil_getpwuid(pam_, record_.account.uid);
    if (!person) return Error::bad_account;
    if (record_.account.name == person->pw_name) return Error::no_record;
    error = make_account(person->pw_name, person->pw_uid, record_.account);
    line_.user = record_.account.name.view();
    return error == Error::none ? open_record(host_, record_) : error;
}

Outcome Attempt::unavailable(Error error) {
    int number = errno;
    return unavailable(error, path_of(error, host_, record_).view(), number);
}

Outcome Attempt::unavailable(Error error, string_view path, int number) {
    log_error(pam_, line_, error, path, number);
    tell(pam_, flags_, out_of_order());
    return Outcome::unavailable;
}

const char* Attempt::issuer(std::span<char> room) const {
    if (!conf_.settings.issuer.empty()) return conf_.settings.issuer.c_str();
    if (gethostname(room.data(), room.size() - 1) != 0) room[0] = '\0';
    room.back() = '\0';
    return room.data();
}

} // namespace totp
