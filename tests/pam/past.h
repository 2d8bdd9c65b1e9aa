// SPDX-License-Identifier: Apache-2.0
// Records with a past, at fixed times and under a fixed host key: what a version leaves behind, for those that follow.
#pragma once
#include "../unit/given.h"
#include "bed.h"
#include "core/place.h"
#include "store/pending.h"
#include <filesystem>

namespace bed {

namespace past {
constexpr u64 day_long = 8 * u64(3600);               ///< for which nobody is asked again
constexpr string_view elsewhere = "192.0.2.7";        ///< from where
constexpr Address from{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7};

inline void add_phone(Credential& credential) {
    given::add_token(credential, "phone", given::rfc_key);
    given::add_backup_codes(credential, 3);
    credential.created = given::noon;
}
inline Token& add_button(Credential& credential) {
    return given::add_token(credential, "button", "abcdefghijklmnopqrst", Type::hotp, 8);
}
} // namespace past

/// The store of root's, that it is a record of: nothing set up yet.
struct Past : Bed {
    u64 now = given::noon;
    u64 place_of_old = 0;

    Past() {
        std::filesystem::remove_all(store);
        Keyring fixed;
        given::make_keyring(fixed, {given::key_id});
        std::array<char, longest_key_file> room;
        Writer out(room);
        write_key_file(&fixed.sets[0], {}, 0, out);
        std::ofstream(key) << out.view();
        bool made = init_host(place(), gid_t(-1), host) == Error::none && open_record(host, record) == Error::no_record &&
                    make_place(host.keyring.newest(), record.account, "sshd", past::elsewhere, place_of_old);
        if (!made) abort();
    }
    void put(const Credential& next, Change change) {
        change.time = now += 30;
        if (rotate(host, record, &next, change) != Error::none || open_record(host, record) != Error::none) abort();
    }
    void answer(const std::string& typed, Verdict wanted, u64 remembered = 0) {
        Answer read;
        read_answer(typed, read);
        Finding finding;
        Verdict verdict = Verdict::none;
        State after;
        Error error = examine(record.credential, record.state(), read, now += 30, {}, finding);
        finding.entry.door = Door::sshd;
        finding.entry.from = past::from;
        if (remembered != 0) finding.entry.remember = {remembered, u32(now + past::day_long)};
        bool judged = error == Error::none && finding.append &&
                      append(host, record.account, record.journal, finding.entry, verdict, after) == Error::none;
        if (!judged || verdict != wanted) abort();
    }
    /// A phone alone at first, a button added to it, and every kind of answer; at the end no guess is left.
    void live() {
        Credential phone, both;
        past::add_phone(phone);
        put(phone, {});
        past::add_phone(both);
        past::add_button(both);
        Change second;
        second.continues[0] = 0;
        put(both, second);
        answer(given::code(record.credential.tokens[0], (now + 30) / 30), Verdict::accepted, place_of_old);
        answer(given::code(record.credential.tokens[1], 0), Verdict::accepted);
        answer(given::backup_code(0), Verdict::accepted_backup);
        answer("999999", Verdict::wrong);
        Entry unlock;
        unlock.kind = Kind::unlock;
        unlock.time = now += 30;
        Verdict verdict = Verdict::none;
        State after;
        if (append(host, record.account, record.journal, unlock, verdict, after) != Error::none) abort();
        for (unsigned i = 0; i < Bucket().guesses; ++i) answer("999999", Verdict::wrong);
    }
    /// All was lost, and root ran `pam-totp recover`.
    void lose_all() {
        live();
        Credential next;
        given::add_backup_codes(next, 1);
        next.created = now + 30;
        next.recovery_until = next.created + recovery_life;
        put(next, {});
    }
    /// A key was shown during a login, and not proved yet.
    void begin() {
        Credential next;
        given::add_token(next, "phone", given::rfc_key);
        next.created = now;
        if (keep_pending(host, record, past::from, next) != Error::none) abort();
    }
};

} // namespace bed
