// SPDX-License-Identifier: Apache-2.0
#include "judge_files.h"
#include "../text.h"
#include <algorithm>
#include <linux/magic.h>

namespace totp::host {
namespace {
constexpr unsigned long cifs = 0xFF534D42, smb2 = 0xFE534D42, zfs = 0x2FC12FC1,
                        bcachefs = 0xCA451A4E; // not in magic.h

/// What a file has to be.
struct Wanted {
    mode_t kind;
    mode_t never; ///< bits that must not be set
};

std::string mend(const std::string& owner, const char* mode, const std::string& path) {
    return "chown " + owner + " " + path + " && chmod " + mode + " " + path;
}

class Judge {
  public:
    Judge(const Look& look, const Places& places)
        : look_(look), places_(places), owner_("root:" + places.group_name) {}
    Findings run();

  private:
    void add(Finding::Level level, const char* id, const std::string& where, const std::string& what,
             const std::string& why, const std::string& fix) {
        found_.push_back({level, id, where, what, why, fix});
    }
    bool fits(const struct stat& found, const Wanted& wanted) const {
        if (found.st_mode == 0) return true;
        return (found.st_mode & S_IFMT) == wanted.kind && found.st_uid == 0 &&
               (found.st_mode & wanted.never) == 0;
    }
    void judge_key();
    void judge_store();
    void judge_helper();
    void judge_conf();
    void judge_modules();
    const Look& look_;
    const Places& places_;
    std::string owner_;
    Findings found_;
};

void Judge::judge_key() {
    if (places_.key.empty()) return;
    auto key = look_(places_.key);
    if (!key) {
        return add(Finding::danger, "key_missing", places_.key, text("the host key is missing"),
                   text("Without it no record can be read: everybody is refused."),
                   places_.key.starts_with("/run/")
                       ? text("systemctl status pam-totp-key says why it was not unsealed; or put it back from your copy")
                       : text("restore it from a backup, or on a new host run: pam-totp init"));
    }
    if (!fits(*key, {S_IFREG, 07137})) {
        add(Finding::danger, "key_unsafe", places_.key, text("the host key is not root's alone"),
            text("Everybody is refused until it is; who could read it can make codes with the records."),
            mend(owner_, "0640", places_.key));
    } else if (key->st_gid != places_.group || (key->st_mode & 0040) == 0) {
        add(Finding::warning, "key_group", places_.key, text("the helper cannot read the host key"),
            text("Nobody but root sets up codes, and screen lockers let nobody in."),
            mend(owner_, "0640", places_.key));
    }
}

void Judge::judge_store() {
    auto store = look_(places_.store);
    if (!store) {
        return add(Finding::danger, "store_missing", places_.store, text("the store is missing"),
                   text("Everybody is refused."), text("mount it, or on a new host run: pam-totp init"));
    }
    if (!fits(*store, {S_IFDIR, 0007})) {
        add(Finding::danger, "store_unsafe", places_.store,
            text("the store is not closed to others, or not root's"),
            text("Everybody is refused until it is."), mend(owner_, "1770", places_.store));
    } else if (store->st_gid != places_.group || (store->st_mode & 01770) != 01770) {
        add(Finding::warning, "store_group", places_.store,
            text("the helper's group cannot use the store as it should"),
            text("Nobody but root sets up codes, and screen lockers let nobody in; without the sticky bit "
                 "who is in the group can "
                 "take other people's records away."),
            mend(owner_, "1770", places_.store));
    }
    if (!look_(places_.store + "/.store")) {
        add(Finding::danger, "store_unmarked", places_.store, text("the store has no .store file"),
            text("It is not mounted, or was never made: everybody is refused."),
            text("mount it, or on a new host run: pam-totp init"));
    }
}

void Judge::judge_helper() {
    auto helper = look_(places_.helper);
    if (places_.group == gid_t(-1)) {
        add(Finding::warning, "group_missing", places_.helper,
            text("there is no group %1", {places_.group_name}), text("Nobody but root sets up codes."),
            "groupadd --system " + places_.group_name);
    }
    if (!helper) {
        return add(Finding::warning, "helper_missing", places_.helper, text("the helper is missing"),
                   text("Nobody but root sets up codes, and screen lockers let nobody in."),
                   text("install pam_totp again"));
    }
    if (!fits(*helper, {S_IFREG, 04022})) {
        add(Finding::danger, "helper_unsafe", places_.helper,
            text("the helper is not root's, can be changed by others, or is set-user-id"),
            text("Who can change it reads and makes everybody's codes."),
            mend(owner_, "2755", places_.helper));
    } else if ((helper->st_mode & 07777) != 02755 || helper->st_gid != places_.group) {
        add(Finding::warning, "helper_mode", places_.helper,
            text("the helper has not the group that may enter the store"),
            text("Nobody but root sets up codes, and screen lockers let nobody in."),
            mend(owner_, "2755", places_.helper));
    }
}

void Judge::judge_conf() {
    auto conf = look_(places_.conf), beside = look_(places_.conf + ".d");
    if (!conf) {
        add(Finding::note, "settings_missing", places_.conf, text("there are no settings"),
            text("Everybody is asked for a code, and who has nothing set up is refused."), "if-enrolled");
    }
    if (conf && !fits(*conf, {S_IFREG, 07022})) {
        add(Finding::danger, "settings_unsafe", places_.conf,
            text("the settings are not root's, or can be changed by others"),
            text("Everybody is refused until they are."), mend("root:root", "0644", places_.conf));
    }
    if (beside && !fits(*beside, {S_IFDIR, 0022})) {
        add(Finding::danger, "settings_unsafe", places_.conf + ".d",
            text("the settings are not root's, or can be changed by others"),
            text("Everybody is refused until they are."), mend("root:root", "0755", places_.conf + ".d"));
    }
}

void Judge::judge_modules() {
    if (places_.modules.empty()) {
        add(Finding::danger, "module_missing", "pam_totp.so",
            text("pam_totp.so is not beside the other modules"),
            text("Every service that names it refuses everybody."),
            text("install pam_totp, or take its lines away"));
    }
    for (const std::string& path : places_.modules) {
        auto module = look_(path);
        if (module && fits(*module, {S_IFREG, 06022})) continue;
        add(Finding::danger, "module_unsafe", path,
            text("the module is not root's, or can be changed by others"),
            text("Who can change it is root at the next login."), mend("root:root", "0644", path));
    }
}

Findings Judge::run() {
    judge_key();
    judge_store();
    judge_helper();
    judge_conf();
    judge_modules();
    return found_;
}
} // namespace

Findings judge_files(const Look& look, const Places& places) { return Judge(look, places).run(); }

Findings judge_disk(const std::string& store, const Disk& disk) {
    switch (disk.type) {
    case NFS_SUPER_MAGIC:
    case cifs:
    case smb2:
    case AFS_SUPER_MAGIC:
    case V9FS_MAGIC:
    case FUSE_SUPER_MAGIC:
        return {
            {Finding::danger, "store_remote", store, text("the store is on a network or FUSE file system"),
             text("Appends of two processes may overwrite each other there: a code could be accepted twice."),
             text("move it to a local one")}};
    case TMPFS_MAGIC:
        return {{Finding::danger, "store_volatile", store, text("the store is in memory"),
                 text("After the next start nobody has codes set up, and used ones are forgotten."),
                 text("move it to a disk")}};
    case BTRFS_SUPER_MAGIC:
    case bcachefs:
        if (!disk.copies) return {};
        return {{Finding::warning, "store_copies", store, text("the file system copies on write"),
                 text("Each login writes a few hundred bytes anew elsewhere: slow, and a snapshot set back "
                      "forgets used codes."),
                 "chattr +C " + store}};
    case zfs:
        return {{Finding::note, "store_copies", store, text("the file system copies on write"),
                 text("Each login writes anew elsewhere; a snapshot set back forgets used codes."),
                 text("after a rollback run: pam-totp check --restored")}};
    default: return {};
    }
}

Findings judge_clock(bool is_synchronised) {
    if (is_synchronised) return {};
    return {{Finding::warning, "clock_unsynchronised", "adjtimex(2)",
             text("nothing keeps this computer's clock in step"),
             text("When it is a minute off, right codes are refused."),
             "systemctl enable --now systemd-timesyncd"}};
}

} // namespace totp::host
