// SPDX-License-Identifier: Apache-2.0
// The way back for somebody who has neither phone nor backup codes: what is set up ends at once, and in its place comes
// one code that lets in nobody and permits one set-up. Also the beginning for somebody who has nothing set up yet.
#include "service.h"

namespace totp {

Error open_set_up(Service& s) {
    Error error = open_record(s.host, s.record);
    return error == Error::none && s.record.credential.is_recovery() ? Error::no_record : error;
}

Error recover(Service& s) {
    Error error = open_record(s.host, s.record);
    bool is_new = error == Error::no_record;
    if (error != Error::none && !is_new) return error;
    s.done.replaced = !is_new;
    Credential next;
    Change change = change_by(s);
    next.created = change.time;
    next.recovery_until = change.time + recovery_life;
    std::array<Secret<15>, 1> code;
    error = make_backup_codes(next.backup, code);
    if (error == Error::none) error = put_in_force(s, next, change);
    if (!s.done.changed) return error;
    RecordLine line;
    line.recovery_until = u32(next.recovery_until);
    (void)(send_backup_codes(s, code) && s.channel.send<const RecordLine&>(write_record_line, line));
    return error;
}

} // namespace totp
