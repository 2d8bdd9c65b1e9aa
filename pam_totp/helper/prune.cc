// SPDX-License-Identifier: Apache-2.0
// Records without an account, and files that no record needs: shown, and removed when that is wanted.
#include "lookup.h"
#include "service.h"
#include "store/pending.h"
#include "store/rebind.h"
#include <errno.h>
#include <map>
#include <set>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace totp {
namespace {
constexpr u64 stray_life = 86400; ///< seconds after which nobody is at work any more on a file that no journal names

/// All files in the store that begin with one account's name.
struct Group {
    std::string file; ///< the account's file name
    std::vector<std::string> names;
    Text<longest_account_name> user;
    u32 uid = 0; ///< of the account, or of the files when it is gone
    Found found = Found::unknown;
    bool is_half_moved = false; ///< by a rebind that was ended

    bool has_journal() const { return names[0] == file; }
};

using Groups = std::map<std::string, Group>;

Error gather(const Service& s, Groups& groups) {
    Listing list(s.place.store);
    while (const char* name = list.next()) {
        string_view all(name), file = slice(all, 0, all.find('.'));
        if (!is_account_file(file)) continue; // lost+found, and whatever else is none of ours
        Group& group = groups[std::string(file)];
        group.file = file;
        group.names.insert(all == file ? group.names.begin() : group.names.end(), name);
    }
    return list.error();
}

bool look(const Service& s, const std::string& name, struct stat& found) {
    return fstatat(s.host.directory.get(), name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0;
}

u64 age(const struct stat& found) {
    u64 now = clock_now(), then = u64(found.st_mtime);
    return now > then ? now - then : 0;
}

/// Who is meant: all, or the one that the request names.
bool is_meant(const Service& s, const Group& group) {
    return s.request.user.empty() || group.user == s.request.user.view();
}

/// Another account has the uid of the files: one that was renamed, unless somebody says that it was not.
bool is_renamed(const Service& s, const Group& group, Found& other) {
    Text<longest_account_name> name;
    other = group.uid == s.place.owner ? Found::gone : find_by_uid(group.uid, name);
    return other == Found::here && s.request.user.empty();
}

Account account_of(const Group& group) {
    Account account;
    account.name = group.user;
    account.uid = group.uid;
    account.file = Text<longest_file_name>(group.file);
    return account;
}

/// What is shown; and of it what is to be removed.
struct Work {
    std::vector<LeftLine> shown;
    std::vector<const Group*> records;  ///< with all that is theirs
    std::vector<std::string> files;     ///< of accounts that are there
    std::set<std::string> awaited;      ///< not named by a journal yet, and to be by the next rebind
    size_t all = 0, gone = 0;           ///< records

    void show(const Group& group, Why why, const std::string& file) {
        LeftLine line;
        line.user = group.user;
        line.uid = group.uid;
        line.why = why;
        line.file = Text<255>(string_view(file));
        shown.push_back(line);
    }
};

Error add_gone(const Service& s, const Group& group, Work& work) {
    Found other = Found::gone;
    bool is_kept = is_renamed(s, group, other);
    if (other == Found::unknown) return Error::accounts_unknown;
    // Directory services do not list all that they know: who has such a name may be there.
    bool is_unnamed = group.file.starts_with("%h") && s.request.user.empty();
    Why why = is_kept ? Why::renamed : is_unnamed ? Why::unnamed : Why::no_account;
    if (group.is_half_moved && s.request.user.empty()) why = Why::half_moved;
    for (const std::string& name : group.names) work.show(group, why, name);
    if (why != Why::no_account) return Error::none;
    work.records.push_back(&group);
    work.gone += group.has_journal() ? 1 : 0;
    return Error::none;
}

/// Why the file of somebody who is there can go; false when it cannot. A journal that cannot be read says nothing.
bool can_go(const Service& s, Record& record, Error opened, const std::string& name, Why& why) {
    u64 id = 0;
    bool draft = false;
    struct stat found = {};
    if (!is_of(name, record.account, id, draft) || !look(s, name, found)) return false;
    why = Why::expired;
    if (string_view(name).ends_with(pending_suffix)) return age(found) >= pending_life;
    why = Why::stray;
    bool is_known = opened == Error::none || opened == Error::no_record;
    bool is_old = age(found) >= stray_life, is_open = record.journal.fd.is_open();
    if (draft || !is_known) return draft && is_old;
    if (is_open && record.state().credential == id) return false;
    return is_old || (is_open && is_void(s.host, record, id));
}

void add_strays(const Service& s, const Group& group, Work& work) {
    Record record;
    record.account = account_of(group);
    Error opened = open_record(s.host, record);
    for (const std::string& name : group.names) {
        Why why = Why::stray;
        if (work.awaited.contains(name) || !can_go(s, record, opened, name, why)) continue;
        work.show(group, why, name);
        work.files.push_back(name);
    }
}

/// Who is there; and what a rebind that was ended left to the next one.
Error look_up(const Service& s, Group& group, Work& work) {
    struct stat owner = {};
    group.found = find_by_file(group.file, group.user, group.uid);
    if (group.found == Found::unknown) return Error::accounts_unknown;
    work.all += group.has_journal() ? 1 : 0;
    if (group.found == Found::here || !look(s, group.names[0], owner)) return Error::none;
    group.uid = owner.st_uid;
    Record record;
    record.account = account_of(group);
    Text<240> next = open_record(s.host, record) == Error::no_record ? closed_for(s.host, record) : Text<240>();
    group.is_half_moved = !next.empty();
    if (group.is_half_moved) work.awaited.emplace(next.view());
    return Error::none;
}

Error sort_out(Service& s, Groups& groups, Work& work) {
    Text<longest_account_name> root;
    demand_every_answer();
    if (find_by_uid(0, root) != Found::here) return Error::accounts_unknown;
    for (auto& [file, group] : groups) {
        Error error = look_up(s, group, work);
        if (error != Error::none) return error;
    }
    for (const auto& [file, group] : groups) {
        if (!is_meant(s, group)) continue;
        if (group.found == Found::here) add_strays(s, group, work);
        Error error = group.found == Found::gone ? add_gone(s, group, work) : Error::none;
        if (error != Error::none) return error;
    }
    bool is_most = s.request.unattended && s.request.user.empty() && work.gone * 2 > work.all;
    return is_most ? Error::most_records : Error::none;
}

bool consents(Service& s) {
    string_view line;
    Secret<128> typed;
    return s.channel.send<const Ask&>(write_ask, Ask{For::consent}) && s.channel.receive(line) &&
           read_answer_line(line, typed) && typed.reveal_text() == "yes";
}

/// Looked up once more: the account may have been made meanwhile, and whoever was asked took his time.
Error remove_record(Service& s, const Group& group) {
    Text<longest_account_name> name;
    u32 uid = 0;
    Found found = find_by_file(group.file, name, uid);
    if (found != Found::gone) return found == Found::here ? Error::none : Error::accounts_unknown;
    s.record.account = account_of(group);
    Error error = discard_record(s.host, s.record.account);
    return error == Error::none && group.has_journal() ? note_change(s, error) : error;
}

Error remove_all_of(Service& s, const Work& work) {
    for (const Group* group : work.records) {
        Error error = remove_record(s, *group);
        if (error != Error::none) return error;
    }
    for (const std::string& name : work.files) {
        struct stat found = {};
        bool is_anew = name.ends_with(pending_suffix) && look(s, name, found) && age(found) < pending_life;
        if (is_anew) continue; // begun at a login since it was shown
        if (unlinkat(s.host.directory.get(), name.c_str(), 0) != 0 && errno != ENOENT) return Error::io;
    }
    s.done.changed = true;
    return fsync(s.host.directory.get()) == 0 ? Error::none : Error::io;
}
} // namespace

Error prune(Service& s) {
    Groups groups;
    Work work;
    Error error = begin_alone(s);
    if (error == Error::none) error = gather(s, groups);
    if (error == Error::none) error = sort_out(s, groups, work);
    for (const LeftLine& line : work.shown) {
        if (!tell<const LeftLine&>(s, write_left_line, line)) return error;
    }
    bool any = !work.records.empty() || !work.files.empty();
    return error == Error::none && any && consents(s) ? remove_all_of(s, work) : error;
}

} // namespace totp
