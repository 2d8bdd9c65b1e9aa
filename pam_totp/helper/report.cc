// SPDX-License-Identifier: Apache-2.0
// Everybody the host knows, and what a login of theirs would come to.
#include "core/words.h"
#include "service.h"
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string>
#include <unordered_set>
#include <vector>

namespace totp {
namespace {

/// An account as the name services gave it: what they point at is theirs, and gone with the next question.
struct Named {
    std::string name;
    u32 uid = 0;
    gid_t group = 0;
    bool has_shell = true;
    explicit Named(const passwd& entry);
};

Named::Named(const passwd& entry) : name(entry.pw_name), uid(entry.pw_uid), group(entry.pw_gid) {
    string_view shell(entry.pw_shell ? entry.pw_shell : "");
    string_view program = shell.substr(shell.rfind('/') + 1);
    has_shell = program != "nologin" && program != "false";
}

/// Calls them one by one; each name once, whoever names it.
class Roll {
  public:
    explicit Roll(Service& service) : s_(service) {}
    Error call_everybody();
    Error call_group();

  private:
    Error call(const Named& account);
    Error call_by_name(const std::string& name);
    Error call_all_of(const gid_t* group);
    Error call_records();
    Error find_record(u32 uid);

    Service& s_;
    std::unordered_set<std::string> called_;
};

/// Of the uid's own name, as at a login.
Error Roll::find_record(u32 uid) {
    const passwd* own = getpwuid(uid);
    if (!own) return Error::bad_account;
    Record record;
    Error error = make_account(own->pw_name, uid, record.account);
    return error == Error::none ? look_at_record(s_.host, record) : error;
}

Error Roll::call(const Named& account) {
    if (!called_.insert(account.name).second) return Error::none;
    Person person{account.name.c_str(), account.group};
    Visit visit{account.name, s_.request.service.view(), s_.request.rhost.view(), clock_now(), is_member, &person};
    Conf conf;
    AccountLine line{Text<255>(account.name), account.uid, load_conf(s_.conf, s_.place.owner, s_.conf_given, &visit, conf),
                     account.has_shell, false, {}};
    if (line.error == Error::none) line.error = find_record(account.uid);
    else if (line.error != Error::group_unknown) return line.error; // changed since they were read
    bool sent = s_.channel.send<const AccountLine&>(write_account_line, line) &&
                s_.channel.send<const RuleLine&>(write_rule_line, rule_line(conf, visit.service));
    return sent ? Error::none : Error::helper_missing; // nobody reads any more
}

/// Names alone, of a group or of the store: one that is nobody's (any more) is not called.
Error Roll::call_by_name(const std::string& name) {
    errno = 0;
    const passwd* found = getpwnam(name.c_str());
    if (!found) return errno == 0 || errno == ENOENT || errno == ESRCH ? Error::none : Error::io;
    return call(Named(*found));
}

/// `group` is the one that must be theirs, or nullptr.
Error Roll::call_all_of(const gid_t* group) {
    Error error = Error::none;
    setpwent();
    errno = 0;
    const passwd* next = getpwent();
    while (next && error == Error::none) {
        if (!group || next->pw_gid == *group) error = call(Named(*next));
        errno = 0;
        if (error == Error::none) next = getpwent();
    }
    int number = error == Error::none ? errno : 0;
    endpwent();
    return number == 0 || number == ENOENT ? error : Error::io;
}

/// Those whom a directory service does not list, but who have a record.
Error Roll::call_records() {
    Error error = Error::none;
    Error ended = visit_journals(s_, [&](string_view file) {
        std::string name(longest_account_name, '\0');
        size_t size = 0;
        if (file.starts_with("%h") || !unescape(file, std::span(name), size)) return true;
        name.resize(size);
        error = call_by_name(name);
        return error == Error::none;
    });
    return error == Error::none ? ended : error;
}

Error Roll::call_everybody() {
    Error error = call_all_of(nullptr);
    return error == Error::none ? call_records() : error;
}

Error Roll::call_group() {
    const group* found = getgrnam(s_.request.group.c_str());
    if (!found) return s_.done.detail = Text<512>(s_.request.group.view()), Error::group_missing;
    gid_t wanted = found->gr_gid;
    std::vector<std::string> members;
    for (char** member = found->gr_mem; *member; ++member) members.emplace_back(*member);
    Error error = Error::none;
    for (size_t i = 0; i < members.size() && error == Error::none; ++i) error = call_by_name(members[i]);
    return error == Error::none ? call_all_of(&wanted) : error;
}
} // namespace

Error report(Service& s) {
    Roll roll(s);
    return s.request.group.empty() ? roll.call_everybody() : roll.call_group();
}

} // namespace totp
