// SPDX-License-Identifier: Apache-2.0
#include "credential.h"

namespace totp {
namespace {
constexpr string_view text_version = "credential 1", recovery_version = "credential 2", head_version = "pam_totp-credential-1";
constexpr u32 most_rounds = 1000000;

bool read_token(Words& words, Token& token) {
    string_view name = words.value("name");
    token.name = Text<32>(name);
    if (!fits_as_token_name(name) || !read_type(words.value("type"), token.type) ||
        !read_hash(words.value("hash"), token.hash)) {
        return false;
    }
    token.digits = unsigned(words.number("digits", least_digits, most_digits));
    token.period = unsigned(words.number("period", least_period, most_period));
    token.offset = words.signed_number("offset", -most_offset, most_offset);
    string_view key = words.value("key");
    size_t size = key.size() / 2;
    return words.done() && size >= least_key && read_hex(key, token.key.fill(size));
}

bool read_backup(Words& words, BackupCodes& backup) {
    words.hex("salt", backup.salt);
    backup.rounds = u32(words.number("rounds", 1, most_rounds));
    return words.done();
}

bool read_digest(Words& words, BackupCodes& backup) {
    std::array<u8, 16>* digest = backup.rounds > 0 ? backup.digests.grow() : nullptr;
    if (!digest) return false;
    words.hex("sha256", *digest);
    return words.done();
}

bool read_recovery(string_view line, Credential& credential) {
    Words words(line);
    bool is_one = words.word() == "recovery";
    credential.recovery_until = words.number("until", credential.created + 1, credential.created + recovery_life);
    return is_one && words.done();
}

/// One line after those of the head; they may stand in any order that makes sense.
bool read_line(string_view line, Credential& credential) {
    Words words(line);
    string_view what = words.word();
    if (what == "token") {
        Token* token = credential.tokens.grow();
        return token && read_token(words, *token);
    }
    if (what == "backup") return credential.backup.rounds == 0 && read_backup(words, credential.backup);
    return what == "digest" && read_digest(words, credential.backup);
}
} // namespace

int Credential::find(string_view name) const {
    for (size_t i = 0; i < tokens.size(); ++i) {
        if (tokens[i].name == name) return int(i);
    }
    return -1;
}

bool Credential::has_key(Bytes key) const {
    for (const Token& token : tokens) {
        if (equal_secrets(token.key.reveal(), key)) return true;
    }
    return false;
}

void write_credential(const Credential& credential, Writer& out) {
    out.add(credential.is_recovery() ? recovery_version : text_version);
    out.add("\ncreated=").number(credential.created).add('\n');
    if (credential.is_recovery()) out.add("recovery until=").number(credential.recovery_until).add('\n');
    for (const Token& token : credential.tokens) {
        out.add("token name=").add(token.name.view()).add(" type=").add(word(token.type));
        out.add(" hash=").add(word(token.hash)).add(" digits=").number(u64(token.digits));
        out.add(" period=").number(u64(token.period)).add(" offset=").number(token.offset);
        out.add(" key=").hex(token.key.reveal()).add('\n');
    }
    if (credential.backup.digests.empty()) return;
    out.add("backup salt=").hex(credential.backup.salt).add(" rounds=").number(u64(credential.backup.rounds));
    out.add('\n');
    for (const auto& digest : credential.backup.digests) out.add("digest sha256=").hex(digest).add('\n');
}

Error read_credential(string_view text, Credential& credential) {
    credential.tokens.clear();
    credential.backup = {};
    credential.recovery_until = 0;
    string_view version = next_line(text);
    bool recovers = version == recovery_version;
    if (version != text_version && !recovers) {
        return is_other_version(version, text_version) ? Error::credential_newer : Error::credential_damaged;
    }
    Words created(next_line(text));
    credential.created = created.number("created", 0, u64(INT64_MAX));
    bool fits = created.done();
    if (fits && recovers) fits = read_recovery(next_line(text), credential);
    while (fits && !text.empty()) fits = read_line(next_line(text), credential);
    size_t tokens = credential.tokens.size(), codes = credential.backup.digests.size();
    bool makes_sense = recovers ? tokens == 0 && codes == 1 : tokens + codes > 0;
    return fits && makes_sense ? Error::none : Error::credential_damaged;
}

void write_head(const Head& head, const Account& account, Writer& out) {
    out.add(head_version).add(" key=").id(head.key).add(" id=").id(head.id).add(" replaces=").id(head.replaces);
    out.add(" uid=").number(u64(account.uid)).add(" name=").add(account.file.view()).add('\n');
}

Error read_head(string_view line, const Account& account, Head& head) {
    Words words(line);
    string_view version = words.word();
    if (version != head_version) {
        return is_other_version(version, head_version) ? Error::credential_newer : Error::credential_damaged;
    }
    head.key = words.id("key");
    head.id = words.id("id");
    head.replaces = words.id("replaces");
    u64 uid = words.number("uid", 0, UINT32_MAX);
    string_view name = words.value("name");
    if (!words.done() || !in_force(head.id)) return Error::credential_damaged;
    return uid == account.uid && account.file == name ? Error::none : Error::credential_foreign;
}

} // namespace totp
