// SPDX-License-Identifier: Apache-2.0
#include "records.h"
#include "../text.h"
#include <algorithm>

namespace totp::host {

namespace {
/// Whose record lies there under another name, or for another uid; also where a rebind was ended half-way.
Finding misplaced(const RecordAt& r) {
    bool is_renamed = r.now != r.user;
    std::string what = is_renamed ? text("the record of %1 was made for another name, %2", {r.now, r.user})
                                  : text("the record of %1 was made for another uid", {r.now});
    return {Finding::danger, is_renamed ? "record_other_name" : "record_other_uid", r.now, what,
            text("%1 does not get in with the codes that were set up.", {r.now}),
            "pam-totp rebind " + (is_renamed ? "--from " + r.user + " " : "") + "-u " + r.now};
}

/// All of them at once, since one command is for all.
void judge_keys(const std::vector<RecordAt>& records, Findings& found) {
    auto count = unsigned(std::count_if(records.begin(), records.end(), [](const RecordAt& r) { return r.has_older_key; }));
    if (count == 0) return;
    found.push_back({Finding::warning, "records_older_key", "pam-totp rekey",
                     text("one record is sealed with an older host key", "%1 records are sealed with an older host key", count),
                     text("A change of the host key was ended before it came to them. They count, as long as that key stays."),
                     "pam-totp rekey"});
}
} // namespace

Findings judge_records(const std::vector<RecordAt>& records) {
    Findings found;
    judge_keys(records, found);
    for (const RecordAt& r : records) {
        if (!r.now.empty()) {
            found.push_back(misplaced(r));
        } else if (r.error == Error::bad_account) {
            found.push_back({Finding::warning, "record_without_account", r.user,
                             text("the record %1 has no account any more", {r.user}),
                             text("Whoever gets the name and the uid one day gets the codes with it."),
                             "pam-totp prune"});
        } else if (r.error == Error::credential_foreign || r.error == Error::record_unsafe) {
            found.push_back(
                {Finding::danger, "record_other_uid", r.user,
                 text("the record of %1 is of another uid, or its files are another's", {r.user}),
                 text("%1 is refused.", {r.user}),
                 text("restore it, or run: pam-totp remove --all -u %1, and set up anew", {r.user})});
        } else if (r.error != Error::none) {
            found.push_back({Finding::danger, "record_unreadable", r.user, text(advice(r.error).data()),
                             text("%1 is refused.", {r.user}), text("see: pam-totp status -u %1", {r.user})});
        } else if (r.codes_left == 0 && r.tokens == 1) {
            found.push_back({Finding::note, "no_backup_codes", r.user,
                             text("%1 has one token and no backup codes left", {r.user}),
                             text("A lost phone keeps %1 out until root sets up anew.", {r.user}),
                             text("pam-totp codes")});
        }
    }
    return found;
}

Findings after_restoring(const std::vector<RecordAt>& records) {
    Findings found;
    for (const RecordAt& r : records) {
        if (!r.is_set_up()) continue;
        if (r.codes_made > 0) {
            found.push_back({Finding::danger, "restored_backup_codes", r.user,
                             text("backup codes that %1 used after the backup count again", {r.user}),
                             text("Whoever saw one gets in with it."), "pam-totp codes -u " + r.user});
        }
        for (const std::string& token : r.counters) {
            found.push_back(
                {Finding::danger, "restored_counter", r.user,
                 text("codes that %1's token %2 showed after the backup count again", {r.user, token}),
                 text("A counter has no clock: whoever saw one gets in with it."),
                 "pam-totp resync " + token + " -u " + r.user});
        }
        found.push_back({Finding::note, "restored_record", r.user,
                         text("what %1 changed after the backup is undone", {r.user}),
                         text("A token that was taken away since counts again, and a new one does not. Codes "
                              "of a clock are safe two "
                              "minutes after the last login before the restore."),
                         "pam-totp status -u " + r.user});
    }
    found.push_back({Finding::note, "restored_newcomers", "pam-totp list",
                     text("who set up after the backup has nothing set up"),
                     text("By the rules they are refused, not asked, or shown a new key."),
                     "pam-totp setup -u NAME"});
    return found;
}

} // namespace totp::host
