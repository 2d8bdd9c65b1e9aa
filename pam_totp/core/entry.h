// SPDX-License-Identifier: Apache-2.0
// An entry: one attempt or change, as 256 bytes of the journal.
//
// offset  bytes  little-endian
//      0      4  magic "PTJ" and the version
//      4      4  kind, form, caller, backup index (255: none)
//      8      8  key id
//     16      8  credential the answer was computed with
//     24     32  counter + 1 that the answer spends on each of 8 tokens (0: none)
//     56      8  time, seconds since 1970
//     64     16  source address
//     80      8  bucket: guesses, refill
//     88      8  rotate, reseal: the credential to put in force; right, backup: the place to remember (0: none)
//     96      8  rotate: which old slot each new one continues (255: none)
//    104      4  rotate, unlock, forget, reseal: uid of the actor; right, backup: until when to remember
//    108      1  rotate: 1, the backup codes are new
//    109      1  right, backup: 1, the login tells the person of changes
//    110      1  right, backup: which login it was (0: none, or of an older version)
//    111      1  zero
//    112      8  base
//    120    120  seen: the state folded up to base
//    240      8  key id again, inverted
//    248      8  tag: truncated signature of all before and of whose journal it is
//
// The size and the places of magic, key ids and tag are the same in every version. The key id stands at both
// ends so that a whole entry of an unknown key is told from the torn head of one that is known.
#pragma once
#include "account.h"
#include "answer.h"
#include "bytes.h"
#include "keyring.h"
#include "state.h"

namespace totp {

constexpr u64 entry_size = 256;
using EntryBytes = std::array<u8, entry_size>;

enum class Kind : u8 {
    right = 1, ///< the answer was a code of a token
    backup,    ///< the answer was a backup code
    wrong,
    rotate,    ///< put another credential in force, or none
    unlock,    ///< give all guesses back
    forget,    ///< ask everywhere again
    reseal,    ///< the same tokens and backup codes by another id, sealed anew: all else goes on
};

/// Which login an answer was given to. What a person tries by `verify` is none.
enum class Door : u8 { none, sshd, sudo, su, login, another };
constexpr u8 last_door = u8(Door::another);
/// Of a PAM service.
Door door_of(string_view service);

constexpr u8 no_slot = 255;

struct Entry {
    Kind kind = Kind::wrong;
    Form form = Form::none;
    Caller caller = Caller::root;
    u8 backup_index = no_slot;
    u64 key = 0, credential = 0;
    std::array<u32, most_tokens> spent{};
    u64 time = 0;
    std::array<u8, 16> from{};
    Bucket bucket;
    u64 next = 0;
    std::array<u8, most_tokens> continues{no_slot, no_slot, no_slot, no_slot, no_slot, no_slot, no_slot, no_slot};
    bool fresh_codes = false;
    bool tells = false; ///< the login tells the person what was changed since the last one that did
    Door door = Door::none; ///< of a right answer and a backup code alone
    u32 actor = 0;
    Remembered remember; ///< of a right answer and a backup code alone
    u64 base = 0; ///< offset in the journal
    State seen;

    bool operator==(const Entry& other) const;
};

/// Lays the entry out and signs it with the set of `keyring` that entry.key names.
/// Error::key_unknown, Error::crypto.
Error write_entry(const Entry& entry, const Keyring& keyring, const Account& account, EntryBytes& bytes);

/// What 256 bytes of a journal are.
enum class Mark : u8 {
    nothing, ///< no entry begins here
    entry,   ///< a whole one, well signed
    newer,   ///< a whole one, well signed, of a version that this program does not know
    foreign, ///< a whole one of a key that is not in the keyring; of one that is retired it is nothing
    broken,  ///< libcrypto refused
};
Mark read_entry(std::span<const u8, entry_size> bytes, const Keyring& keyring, const Account& account, Entry& entry);

} // namespace totp
