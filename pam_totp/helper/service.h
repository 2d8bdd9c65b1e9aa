// SPDX-License-Identifier: Apache-2.0
// What the helper does for one request: one function a verb, each reads from top to bottom.
#pragma once
#include "channel.h"
#include "core/settings.h"
#include "store/record.h"

namespace totp {

/// One conversation: who asks, about whom, and where things are.
struct Service {
    Channel& channel;
    Place place;
    const char* conf = nullptr;
    bool conf_given = false;
    bool is_root = false; ///< the real uid is 0
    u32 caller = 0;       ///< real uid
    gid_t group = gid_t(-1); ///< of the store, for init
    Settings settings;
    Request request;
    Host host;
    Record record;
    Done done;

    Policy policy() const { return {settings.window, settings.bucket, is_root ? Caller::root : Caller::helper}; }
};

/// Serves the request that was read, and fills in `done`.
void serve(Service& service);

/// Whether the caller may change the record: root may, anybody else gives a current code or a backup code of
/// what is set up. Otherwise done.verdict says why not.
bool permit(Service& service);

/// Asks until an answer is accepted, three times at most; done.verdict is the last one.
bool ask_for_current_code(Service& service);

/// What a change by this caller says of itself.
Change change_by(const Service& service);

/// Fills `set` with ten new codes, which are given out in `codes`.
Error make_backup_codes(BackupCodes& set, std::array<Secret<15>, backup_codes_in_a_set>& codes);
bool send_backup_codes(Service& service, const std::array<Secret<15>, backup_codes_in_a_set>& codes);

/// `setup`, in a file of its own.
Error set_up(Service& service);

u64 clock_now(); ///< seconds since 1970

} // namespace totp
