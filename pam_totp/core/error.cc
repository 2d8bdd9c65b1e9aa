// SPDX-License-Identifier: Apache-2.0
#include "error.h"
#include "phrase.h"
#include <algorithm>

namespace totp {
namespace {
struct Row {
    string_view word, advice;
};

constexpr Row row(Error error) {
    switch (error) {
    case Error::none: return {"none", ""};
    case Error::no_record: return {"no_record", message("nothing is set up for this account; run: pam-totp setup")};
    case Error::bad_account: return {"bad_account", message("no account can have this name")};
    case Error::bad_setting: return {"bad_setting", message("mend the module argument or the settings file")};
    case Error::settings_missing:
        return {"settings_missing", message("the settings file that conf names is missing; make it, or name another")};
    case Error::settings_unsafe:
        return {"settings_unsafe",
                message("the settings file must be a plain file of root's that nobody else can write; chmod 0644 it")};
    case Error::store_missing:
        return {"store_missing", message("the store directory is missing; mount it, or run: pam-totp init")};
    case Error::store_unsafe:
        return {"store_unsafe", message("the store must be a directory of root's, closed to others; chmod 1770 it")};
    case Error::store_unmarked:
        return {"store_unmarked", message("the store has no .store file: is it mounted? A new host needs: pam-totp init")};
    case Error::store_foreign:
        return {"store_foreign", message("the store was made with another host key; put that key back, or run: "
                                 "pam-totp init in an empty store")};
    case Error::store_newer: return {"store_newer", message("the store was written by a newer pam_totp; install that version")};
    case Error::store_remote:
        return {"store_remote", message("the store is on a network or FUSE file system; move it to a local one")};
    case Error::key_missing:
        return {"key_missing", message("the host key is missing; restore it, or run: pam-totp init; a sealed one: see "
                                       "systemctl status pam-totp-key")};
    case Error::key_unsafe:
        return {"key_unsafe",
                message("the host key must be a plain file of root's, closed to others; chmod 0640 it")};
    case Error::key_malformed: return {"key_malformed", message("the host key file is damaged; restore it from a backup")};
    case Error::key_newer:
        return {"key_newer", message("the host key file was written by a newer pam_totp; install that version")};
    case Error::key_volatile:
        return {"key_volatile", message("the host key lies in memory: a new one would be gone at the next start, and the "
                                        "records with it; put it on the disk for that time, as INSTALL says of sealed keys")};
    case Error::key_unknown:
        return {"key_unknown", message("the record was made with a key that the host key file does not hold; restore "
                               "the line with that id")};
    case Error::record_unsafe:
        return {"record_unsafe",
                message("a record's file must be a plain file of the account's, one link, mode 0600; after a change of "
                "the uid run: pam-totp rebind -u NAME; else find out who changed it, restore it or set up anew")};
    case Error::journal_damaged:
        return {"journal_damaged", message("the journal is damaged; restore it, or run: pam-totp remove --all -u NAME")};
    case Error::journal_newer:
        return {"journal_newer", message("the journal was written by a newer pam_totp; install that version")};
    case Error::journal_overtaken:
        return {"journal_overtaken", message("too many attempts at once for this account; try again")};
    case Error::credential_missing:
        return {"credential_missing",
                message("the credential in force is missing; restore it, or run: pam-totp remove --all -u NAME")};
    case Error::credential_damaged:
        return {"credential_damaged",
                message("the credential cannot be unsealed; restore it, or run: pam-totp remove --all -u NAME")};
    case Error::credential_foreign:
        return {"credential_foreign", message("the credential belongs to another name, uid or id; put the right file back")};
    case Error::credential_newer:
        return {"credential_newer", message("the credential was written by a newer pam_totp; install that version")};
    case Error::crypto: return {"crypto", message("libcrypto refused an operation; check its installation and FIPS mode")};
    case Error::no_space: return {"no_space", message("the disk, a quota or a file size limit is full; make room")};
    case Error::io: return {"io", message("a system call failed; see the reason beside it and check the disk")};
    case Error::stale: return {"stale", message("the record was changed meanwhile; begin again")};
    case Error::full: return {"full", message("there is no room for another token; remove one first")};
    case Error::same_key: return {"same_key", message("this key is set up already")};
    case Error::limits: return {"limits", message("the caller's resource limits are too low; raise them")};
    case Error::no_privilege:
        return {"no_privilege", message("the helper has no privilege here: under NoNewPrivileges, in a user name space and "
                                "when it is traced it gets none; else it must be set-group-id and not on a nosuid mount")};
    case Error::bad_request:
        return {"bad_request", message("not a request of this version: the command and the helper must come from one "
                                       "package; a screen locker from before an upgrade must be started anew")};
    case Error::only_root: return {"only_root", message("only root can do this")};
    case Error::self_setup_off:
        return {"self_setup_off", message("the administrator sets codes up here (self-setup = no)")};
    case Error::token_missing: return {"token_missing", message("there is no token of this name; see: pam-totp status")};
    case Error::token_exists:
        return {"token_exists", message("a token of this name is set up already; choose another name, or remove that one")};
    case Error::token_last:
        return {"token_last", message("this is the only token: to replace it run pam-totp setup, to remove everything "
                              "pam-totp remove --all")};
    case Error::too_many_guesses:
        return {"too_many_guesses", message("too many wrong codes: wait a day, or let root run: pam-totp unlock -u NAME")};
    case Error::other_account:
        return {"other_account", message("a program without root can check the codes of the account that runs it, and "
                                         "of no other")};
    case Error::uri_too_long:
        return {"uri_too_long", message("the names of the account and of the issuer are too long for an app; set a "
                                        "shorter issuer")};
    case Error::group_unknown:
        return {"group_unknown", message("a rule was reached whose group cannot be looked up; mend its name, or see why "
                                         "the directory service does not answer")};
    case Error::helper_missing:
        return {"helper_missing", message("the helper pam_totp_helper could not be run, or gave no answer; install the "
                                          "package that has it")};
    case Error::group_missing:
        return {"group_missing", message("there is no group of this name, or the directory service does not answer")};
    case Error::recovering:
        return {"recovering", message("its codes have ended; it sets up anew, with the recovery code")};
    case Error::busy:
        return {"busy", message("another rekey, rebind or prune is at work in this store; wait for its end")};
    case Error::keys_full:
        return {"keys_full", message("the host key file holds as many keys as it can; run: pam-totp rekey --drop-old")};
    case Error::keys_needed:
        return {"keys_needed", message("an older host key is still needed; mend, rebind or prune what is named above")};
    case Error::record_exists:
        return {"record_exists", message("this account has a record of its own; it is not replaced")};
    case Error::account_exists:
        return {"account_exists", message("the record belongs to an account that is there; it is not moved")};
    case Error::accounts_unknown:
        return {"accounts_unknown", message("nobody can say now which accounts there are: see why the directory service "
                                            "does not answer; nothing was changed")};
    case Error::most_records:
        return {"most_records", message("more than half of all records would go: does the directory service answer? If it "
                                        "is right, run it without --yes")};
    }
    return {"unknown", message("an unknown error")};
}

constexpr size_t errors = size_t(last_error) + 1;

/// Each ends in NUL, and the one for an error that is none of ours comes last.
constexpr size_t size_of_texts() {
    size_t size = 0;
    for (size_t e = 0; e <= errors; ++e) size += row(Error(e)).word.size() + row(Error(e)).advice.size() + 2;
    return size;
}

/// All of it as one text and places in it: a switch or a table of pointers at run time would be the module's largest
/// function, or as many relocations at each login.
struct Texts {
    std::array<char, size_of_texts()> text{};
    std::array<u16, errors + 1> word{}, advice{};

    constexpr Texts() {
        size_t end = 0;
        for (size_t e = 0; e <= errors; ++e) {
            word[e] = put(row(Error(e)).word, end);
            advice[e] = put(row(Error(e)).advice, end);
        }
    }
    constexpr u16 put(string_view part, size_t& end) {
        size_t begin = end;
        for (char c : part) text[end++] = c;
        ++end;
        return u16(begin);
    }
    const char* at(const std::array<u16, errors + 1>& places, Error error) const {
        return text.data() + places[std::min(size_t(error), errors)];
    }
};
constexpr Texts texts;
static_assert(size_of_texts() <= UINT16_MAX);
} // namespace

string_view word(Error error) { return texts.at(texts.word, error); }
string_view advice(Error error) { return texts.at(texts.advice, error); }

} // namespace totp
