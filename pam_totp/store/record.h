// SPDX-License-Identifier: Apache-2.0
// A person's record: the journal, and the credential that its state names.
#pragma once
#include "core/credential.h"
#include "journal.h"

namespace totp {

struct Record {
    Account account;
    Journal journal;
    Head head;             ///< of the credential in force
    Credential credential; ///< the one in force
    const State& state() const { return journal.folded.state; }
};

/// Opens the journal and unseals the credential in force. `record.account` is given.
/// Error::no_record also when the journal says that nothing is in force; the journal is open then.
Error open_record(const Host& host, Record& record);

/// Writes a credential's file, on the disk with its name, or not at all.
Error write_sealed(const Host& host, const Account& account, const Head& head, const Credential& credential);

/// The id in `<file>.<id>` and in the drafts `<file>.<id>.new` and, of a journal, `<file>.<id>.first`, when `name`
/// is one of the account's. What is pending is a draft, too: it was begun before whatever comes in force.
bool is_of(string_view name, const Account& account, u64& id, bool& draft);

/// Whether the file can never come in force any more. It was computed from what was in force when it was
/// written, so before this look; if that is in force no longer it never will be, since ids do not come back.
/// The state is read after the file: a cleaner that looks the other way round, and is stopped between, takes
/// away what came in force meanwhile, and locks the person out.
/// One computed from "no journal" can come in force only when there is none; a journal that was discarded
/// meanwhile (it has no name any more) says nothing of what was set up after it.
bool is_void(const Host& host, Record& record, u64 id);

/// Removes what killed changes left. A journal that has not got its name cannot get it any more: it is taken. A
/// credential that has not is named nowhere: whoever is just writing it begins again.
void remove_left_over(const Host& host, Record& record);

/// The path that an error is about: the one that was being opened; the store's; the credential's; or the
/// journal's, for all else that is wrong with the record. Empty for an account, which is at no path.
Text<512> path_of(Error error, const Host& host, const Record& record);

/// Who changes a credential, and what of the old one goes on.
struct Change {
    u64 time = 0; ///< seconds since 1970
    u32 actor = 0;
    Caller caller = Caller::root;
    Bucket bucket;
    std::array<u32, most_tokens> spent{};     ///< counter + 1 that the proof spends on each new token
    std::array<u8, most_tokens> continues{no_slot, no_slot, no_slot, no_slot,
                                          no_slot, no_slot, no_slot, no_slot}; ///< new slot → old slot
    bool fresh_codes = true;
    u8 spent_code = no_slot; ///< the backup code that the proof spends
    bool reseals = false;    ///< the same once more: what is above says nothing
};

/// Puts `next` in force in place of the credential of `record`, or nothing in force when it is nullptr: writes
/// the new file, appends the change, and removes what it superseded. Error::stale, and nothing changed, when
/// another credential came in force meanwhile. `record` may be one that does not exist yet.
Error rotate(const Host& host, Record& record, const Credential* next, const Change& change);

/// Removes a record that cannot be read any more, with everything of the account's. For root alone.
Error discard_record(const Host& host, const Account& account);

} // namespace totp
