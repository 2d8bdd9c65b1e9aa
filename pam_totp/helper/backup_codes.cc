// SPDX-License-Identifier: Apache-2.0
// New backup codes: made, kept as digests, and given out once.
#include "service.h"
#include "store/random.h"

namespace totp {
namespace {
constexpr u32 rounds = 1000; // of PBKDF2, for 75 random bits; see core/backup_code.h
}

Error make_backup_codes(BackupCodes& set, std::span<Secret<15>> codes) {
    set.rounds = rounds;
    if (!random_bytes(set.salt)) return Error::crypto;
    for (Secret<15>& code : codes) {
        Secret<15> random;
        auto* digest = set.digests.grow();
        if (!digest || !random_bytes(random.fill(15))) return Error::crypto;
        make_backup_code(random.reveal().first<15>(), code);
        if (!backup_digest(set, code, *digest)) return Error::crypto;
    }
    return Error::none;
}

bool send_backup_codes(Service& s, std::span<const Secret<15>> codes) {
    bool sent = true;
    for (const Secret<15>& code : codes) {
        Secret<17> grouped;
        Room room = grouped.fill(17);
        Writer out({reinterpret_cast<char*>(room.data()), room.size()});
        write_grouped(code, out);
        sent = sent && s.channel.send<string_view>(write_code, out.view());
    }
    return sent;
}

} // namespace totp
