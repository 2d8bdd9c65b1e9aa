// SPDX-License-Identifier: Apache-2.0
#include "entry.h"
#include <string.h>

namespace totp {
namespace {
constexpr u32 magic_prefix = 0x4a5450; // "PTJ"
constexpr u32 magic = magic_prefix | u32('1') << 24;
constexpr size_t key_at = 8, seen_at = 120, key_again_at = 240, tag_at = 248;

/// Little-endian numbers one after the other.
struct Out {
    u8* at;
    template <typename T> Out& put(T value) {
        for (size_t i = 0; i < sizeof(T); ++i) *at++ = u8(u64(value) >> (8 * i));
        return *this;
    }
    template <typename T, size_t N> Out& put(const std::array<T, N>& values) {
        for (const T& v : values) put(v);
        return *this;
    }
    Out& zero(size_t count) {
        while (count-- > 0) *at++ = 0;
        return *this;
    }
};

struct In {
    const u8* at;
    template <typename T> In& get(T& value) {
        u64 read = 0;
        for (size_t i = 0; i < sizeof(T); ++i) read |= u64(*at++) << (8 * i);
        value = T(read);
        return *this;
    }
    template <typename T, size_t N> In& get(std::array<T, N>& values) {
        for (T& v : values) get(v);
        return *this;
    }
    In& skip(size_t count) {
        at += count;
        return *this;
    }
};

void put_state(Out& out, const State& s) {
    out.put(s.credential).put(s.full_at).put(s.last).put(s.used).put(s.last_success).put(s.last_answer);
    out.put(u8(s.last_verdict)).put(s.changes).put(s.wrong).put(s.wrong_from).put(s.changed).put(s.changed_by);
    for (const Remembered& r : s.remembered) out.put(r.place).put(r.until);
}

void get_state(In& in, State& s) {
    in.get(s.credential).get(s.full_at).get(s.last).get(s.used).get(s.last_success).get(s.last_answer);
    in.get(s.last_verdict).get(s.changes).get(s.wrong).get(s.wrong_from).get(s.changed).get(s.changed_by);
    for (Remembered& r : s.remembered) in.get(r.place).get(r.until);
}

/// Such entries change no credential, and have its bytes for what is to be remembered.
bool may_remember(Kind kind) { return kind == Kind::right || kind == Kind::backup; }

void put_entry(Out& out, const Entry& e) {
    out.put(magic).put(u8(e.kind)).put(u8(e.form)).put(u8(e.caller)).put(e.backup_index);
    out.put(e.key).put(e.credential).put(e.spent).put(e.time).put(e.from);
    out.put(e.bucket.guesses).put(e.bucket.refill);
    bool remembers = may_remember(e.kind);
    out.put(remembers ? e.remember.place : e.next).put(e.continues).put(remembers ? e.remember.until : e.actor);
    out.put(u8(e.fresh_codes)).put(u8(e.tells)).put(u8(e.door)).zero(1).put(e.base);
    put_state(out, e.seen);
    out.put(~e.key);
}

void get_entry(In& in, Entry& e) {
    in.skip(4).get(e.kind).get(e.form).get(e.caller).get(e.backup_index);
    in.get(e.key).get(e.credential).get(e.spent).get(e.time).get(e.from);
    in.get(e.bucket.guesses).get(e.bucket.refill);
    bool remembers = may_remember(e.kind);
    in.get(remembers ? e.remember.place : e.next).get(e.continues).get(remembers ? e.remember.until : e.actor);
    in.get(e.fresh_codes).get(e.tells).get(e.door).skip(1).get(e.base);
    get_state(in, e.seen);
}

/// Nothing but what this version writes; the tag is good, so anything else is another version's.
bool is_known(const Entry& e) {
    return e.kind >= Kind::right && e.kind <= Kind::reseal && e.form <= Form::backup_code &&
           e.caller <= Caller::helper && u8(e.door) <= last_door && e.bucket.refill > 0;
}

/// The signature of the entry and of whose it is; the first 8 bytes.
bool make_tag(const KeySet& set, const Account& account, Bytes entry, std::span<u8, 8> tag) {
    std::array<u8, tag_at + 4 + longest_file_name> message;
    memcpy(message.data(), entry.data(), tag_at);
    Out{message.data() + tag_at}.put(account.uid);
    memcpy(message.data() + tag_at + 4, account.file.view().data(), account.file.size());
    std::array<u8, 16> signature;
    if (!set.sign(Bytes(message).first(tag_at + 4 + account.file.size()), signature)) return false;
    memcpy(tag.data(), signature.data(), tag.size());
    return true;
}
} // namespace

Door door_of(string_view service) {
    if (service == "sshd") return Door::sshd;
    if (service == "sudo" || service == "sudo-i") return Door::sudo;
    if (service == "su" || service == "su-l") return Door::su;
    return service == "login" ? Door::login : Door::another;
}

bool Entry::operator==(const Entry& o) const {
    return kind == o.kind && form == o.form && caller == o.caller && backup_index == o.backup_index &&
           key == o.key && credential == o.credential && spent == o.spent && time == o.time && from == o.from &&
           bucket.guesses == o.bucket.guesses && bucket.refill == o.bucket.refill && next == o.next &&
           continues == o.continues && fresh_codes == o.fresh_codes && tells == o.tells && door == o.door && actor == o.actor &&
           remember == o.remember && base == o.base && seen == o.seen;
}

Error write_entry(const Entry& entry, const Keyring& keyring, const Account& account, EntryBytes& bytes) {
    const KeySet* set = keyring.find(entry.key);
    if (!set) return Error::key_unknown;
    Out out{bytes.data()};
    put_entry(out, entry);
    bool signed_ = make_tag(*set, account, bytes, std::span(bytes).last<8>());
    return signed_ ? Error::none : Error::crypto;
}

Mark read_entry(std::span<const u8, entry_size> bytes, const Keyring& keyring, const Account& account,
                Entry& entry) {
    u32 found = 0;
    In{bytes.data()}.get(found);
    if ((found & 0xffffff) != magic_prefix) return Mark::nothing;
    u64 key = 0, again = 0;
    In{bytes.data() + key_at}.get(key);
    In{bytes.data() + key_again_at}.get(again);
    if (key != ~again) return Mark::nothing;
    const KeySet* set = keyring.find(key);
    if (!set) return keyring.is_retired(key) ? Mark::nothing : Mark::foreign;
    std::array<u8, 8> tag;
    if (!make_tag(*set, account, bytes, tag)) return Mark::broken;
    if (!equal_secrets(tag, bytes.last<8>())) return Mark::nothing;
    if (found != magic) return Mark::newer;
    In in{bytes.data()};
    get_entry(in, entry);
    return is_known(entry) ? Mark::entry : Mark::newer;
}

static_assert(seen_at + 120 == key_again_at && key_again_at + 8 == tag_at && tag_at + 8 == entry_size);

} // namespace totp
