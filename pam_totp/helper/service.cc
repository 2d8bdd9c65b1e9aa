// SPDX-License-Identifier: Apache-2.0
#include "service.h"
#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

namespace totp {
namespace {

/// The account that the request names; the caller's own when it names none.
Error find_account(Service& s) {
    const passwd* found = s.request.user.empty() ? getpwuid(s.caller) : getpwnam(s.request.user.c_str());
    if (!found) return Error::bad_account;
    u32 uid = found->pw_uid;
    gid_t group = found->pw_gid;
    if (uid != s.caller && !s.is_root) return Error::bad_account;
    found = getpwuid(uid); // the uid's own name, so that an alias of it finds the same record
    if (!found) return Error::bad_account;
    s.done.user = Text<255>(string_view(found->pw_name));
    Error error = make_account(found->pw_name, uid, s.record.account);
    // Rules are told by the name that is typed, as at a login; an alias of the uid may be in other groups.
    s.person = {s.request.user.empty() ? s.record.account.name.c_str() : s.request.user.c_str(), group};
    return error;
}

/// The system's own, where that is all there is.
void say_reason(Service& s, Error error, int number) {
    if (error != Error::io && error != Error::no_space) return;
    s.done.detail.add(": ").add(string_view(strerror(number)));
}
} // namespace

Error read_conf(Service& s, const Visit* visit, Conf& conf) {
    Error error = load_conf(s.conf, s.place.owner, s.conf_given, visit, conf);
    int number = errno;
    unsigned line = error == Error::bad_setting ? conf.misfit.line : conf.decision.line;
    if (error != Error::none) s.done.detail = Text<512>(conf.file.empty() ? string_view(s.conf) : conf.file.view());
    if (error != Error::none && line > 0) {
        char digits[20];
        s.done.detail.add(':').add(Writer(digits).number(u64(line)).view());
    }
    if (error == Error::bad_setting) s.done.detail.add(": ").add(conf.misfit.reason);
    say_reason(s, error, number);
    s.settings = conf.settings;
    if (!s.key_given && !s.settings.key.empty()) s.place.key = s.settings.key.c_str();
    return error;
}

namespace {
/// What is nobody's business but the person's own, also where root alone sets up: looks, and trust taken away.
bool is_everybodys(Verb verb) {
    return verb == Verb::status || verb == Verb::verify || verb == Verb::explain || verb == Verb::forget;
}
/// About no record that is there for sure.
bool is_of_many(Verb verb) {
    return verb == Verb::list || verb == Verb::report || verb == Verb::logins || verb == Verb::rekey ||
           verb == Verb::drop_keys || verb == Verb::prune;
}
bool is_roots(Verb verb) {
    return verb == Verb::init || verb == Verb::unlock || verb == Verb::keys || verb == Verb::enroll ||
           verb == Verb::recover || verb == Verb::rebind || is_of_many(verb);
}

Error serve_record(Service& s) {
    Error error = find_account(s);
    if (error != Error::none) return error;
    switch (s.request.verb) {
    case Verb::setup: return set_up(s);
    case Verb::add: return add_token(s);
    case Verb::enroll: return enroll(s);
    case Verb::status: return status(s);
    case Verb::verify: return verify(s);
    case Verb::codes: return renew_codes(s);
    case Verb::remove: return remove_token(s);
    case Verb::remove_all: return remove_all(s);
    case Verb::resync: return resync(s);
    case Verb::unlock: return unlock(s);
    case Verb::forget: return forget(s);
    case Verb::keys: return give_keys(s);
    case Verb::explain: return explain(s);
    case Verb::recover: return recover(s);
    case Verb::rebind: return rebind(s);
    default: return Error::bad_request;
    }
}

Error serve_many(Service& s) {
    switch (s.request.verb) {
    case Verb::list: return list_records(s);
    case Verb::report: return report(s);
    case Verb::logins: return list_logins(s);
    case Verb::rekey: return rekey(s);
    case Verb::drop_keys: return drop_keys(s);
    case Verb::prune: return prune(s);
    default: return Error::bad_request;
    }
}

/// A key elsewhere, that the settings name, comes from elsewhere: one made in its place could read no record, and in
/// memory would be gone at the next start.
Error init(Service& s) {
    bool is_named = !s.key_given && !s.settings.key.empty();
    s.host.opening = s.place.key;
    if (is_named && access(s.place.key, F_OK) != 0) return Error::key_missing;
    return init_host(s.place, s.group, s.host);
}

/// Root of a user name space is nobody outside of it.
bool roots_files_are_our_own() {
    struct stat found = {};
    return stat("/", &found) == 0 && found.st_uid == 0;
}

Error serve_request(Service& s) {
    Verb verb = s.request.verb;
    if (is_roots(verb) && s.place.owner != s.caller) return Error::only_root;
    Conf conf;
    Error error = read_conf(s, nullptr, conf);
    if (error != Error::none) return error;
    if (verb == Verb::init) return note_change(s, init(s));
    if (!is_everybodys(verb) && !s.is_root && !s.settings.self_setup) return Error::self_setup_off;
    error = open_host(s.place, s.host);
    if (error != Error::none) return error;
    return is_of_many(verb) ? serve_many(s) : serve_record(s);
}
} // namespace

u64 clock_now() { return u64(time(nullptr)); }

void serve(Service& s) {
    Error error = serve_request(s);
    int number = errno;
    // Not the disk's fault: set-group-id gave nothing.
    bool is_kept_out = error == Error::io && number == EACCES && getegid() == getgid();
    if (is_kept_out && !(s.is_root && roots_files_are_our_own())) error = Error::no_privilege;
    if (error != Error::none) s.done.error = error;
    if (s.done.error == Error::none || !s.done.detail.empty() || s.done.error >= Error::stale) return;
    s.done.detail.add(path_of(s.done.error, s.host, s.record).view());
    say_reason(s, s.done.error, number);
}

} // namespace totp
