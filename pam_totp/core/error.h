// SPDX-License-Identifier: Apache-2.0
// Every way in which a record, a key or a setting can fail, and what an administrator can do about each.
#pragma once
#include "bytes.h"

namespace totp {

/// What went wrong. Every value but `none` is a refusal; `no_record` alone may be answered by a rule.
enum class [[nodiscard]] Error : u8 {
    none,
    no_record,          ///< proven: a healthy store, and nothing set up for this person
    bad_account,        ///< a name that no account can have
    bad_setting,        ///< module argument or settings file
    settings_missing,   ///< the settings file that was named is not there
    settings_unsafe,    ///< settings file: mode, owner, kind of file
    store_missing,      ///< no directory
    store_unsafe,       ///< directory: mode, owner
    store_unmarked,     ///< no sentinel: not initialised, or not mounted
    store_foreign,      ///< sentinel made with another host key
    store_newer,        ///< sentinel written by a newer version
    store_remote,       ///< network or FUSE file system
    key_missing,
    key_unsafe,
    key_malformed,
    key_newer,
    key_volatile,       ///< a new key would be gone at the next start, and the records are not
    key_unknown,        ///< a file was made with a key that the key file does not hold
    record_unsafe,      ///< a record's file: mode, owner, links, kind of file
    journal_damaged,
    journal_newer,      ///< written by a newer version
    journal_overtaken,  ///< the file grew past what can be judged safely
    credential_missing, ///< the one in force is not there
    credential_damaged,
    credential_foreign, ///< of another name, uid or id
    credential_newer,
    crypto,             ///< libcrypto refused
    no_space,           ///< full disk, quota or file size limit
    io,                 ///< any other system call
    stale,              ///< the record was changed by somebody else meanwhile
    full,               ///< no room for one more token
    same_key,           ///< the key is there already
    limits,             ///< the caller's resource limits are too low
    no_privilege,       ///< the helper was started without its group
    bad_request,        ///< to the helper
    only_root,          ///< what root alone may ask of the helper
    self_setup_off,     ///< the settings leave changes to root
    token_missing,      ///< no token has this name
    token_exists,       ///< a token has this name already
    token_last,         ///< without this token no code could be accepted any more
    too_many_guesses,   ///< of the person's own programs
    other_account,      ///< a program without root asks of another account than its own
    uri_too_long,       ///< for an app, and for the protocol
    group_unknown,      ///< of a rule that was reached
    helper_missing,     ///< it could not be run, or ended without an answer
    group_missing,      ///< that root asked about
    recovering,         ///< of a record in which nothing counts but a recovery code
    busy,               ///< another process changes keys, or moves or removes records
    keys_full,          ///< the host key file holds as many lines as it takes
    keys_needed,        ///< something needs an older line of the host key file
    record_exists,      ///< the account has a record already
    account_exists,     ///< the record is that of another account, which is there
    accounts_unknown,   ///< nobody can say now which accounts there are
    most_records,       ///< more than half of them would be removed, and nobody looks
};
constexpr Error last_error = Error::most_records;

/// One word for logs and `--json`; never changes between versions.
string_view word(Error error);
/// What it means and what to do, one sentence or two for an administrator; no secret, no name.
string_view advice(Error error);

} // namespace totp
