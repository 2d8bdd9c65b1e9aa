// SPDX-License-Identifier: Apache-2.0
// What the helper does for one request: one function a verb, each reads from top to bottom.
#pragma once
#include "core/judge.h"
#include "core/settings.h"
#include "store/channel.h"
#include "store/conf.h"
#include "store/member.h"
#include "store/record.h"
#include <functional>

namespace totp {

/// One conversation: who asks, about whom, and where things are.
struct Service {
    explicit Service(Channel& to_caller) : channel(to_caller) {}
    Channel& channel;
    Place place;
    const char* conf = nullptr;
    bool key_given = false, conf_given = false;
    bool is_root = false; ///< the real uid is 0
    u32 caller = 0;       ///< real uid
    gid_t group = gid_t(-1); ///< of the store, for init
    Settings settings;
    Person person;        ///< of the record, for the rules
    Request request;
    Host host;
    Record record;
    Done done;

    Policy policy() const { return {settings.window, settings.bucket, is_root ? Caller::root : Caller::helper}; }
};

/// Serves the request that was read, and fills in `done`.
void serve(Service& service);

/// As open_record; Error::recovering where nothing counts but a recovery code.
Error look_at_record(const Host& host, Record& record);
/// Opens the record for a change of what is set up. Error::no_record also for a recovery, which a set-up alone ends.
Error open_set_up(Service& service);

/// Whether the caller may change the record: root may, anybody else gives a current code or a backup code of
/// what is set up. Otherwise done.verdict says why not.
bool permit(Service& service);

constexpr int most_tries = 3; ///< answers to a question of one conversation

/// One question; false when the person gave up, or is gone.
bool ask_for_answer(Service& service, const Ask& question, Answer& answer);

/// Asks until an answer is accepted, most_tries at most; done.verdict is the last one.
bool ask_for_current_code(Service& service);

/// What a change by this caller says of itself.
Change change_by(const Service& service);

/// What is in force as the beginning of `next`, but for the token in slot `without` (-1: none is left out). The
/// backup codes and the counters of what stays go on.
void continue_with(const Service& service, int without, Credential& next, Change& change);
/// Rotates to `next`.
Error put_in_force(Service& service, const Credential& next, const Change& change);

/// What a change came to: `done` says whether something changed, and the log what. At once, before anything else is
/// said, since whoever called may end this process. Gives `error` back.
Error note_change(Service& service, Error error);
/// One line in the log for an answer that was refused, as done.verdict says.
void note_answer(const Service& service);

/// One answer against the record in force, spent by its entry.
Error try_answer(Service& service, const Answer& answer, Verdict& verdict);

/// Fills `set` with as many new codes, which are given out in `codes`.
Error make_backup_codes(BackupCodes& set, std::span<Secret<15>> codes);
bool send_backup_codes(Service& service, std::span<const Secret<15>> codes);

/// The rule that decides about a login at this service, as a line.
RuleLine rule_line(const Conf& conf, string_view service);

/// The settings, and with a visit the rule that decides about it. What is wrong with them stands in done.detail.
Error read_conf(Service& service, const Visit* visit, Conf& conf);

/// Tokens and the rest of what status says, as lines.
void send_status(Service& service, const Record& record);
/// After a code that was used already: until the time-based token that comes first shows another; 0: at once.
u32 seconds_to_next(const Credential& credential, const Answer& answer);

/// Each name in the store that a journal can have. Error::stale when `each` ended it with false.
using Each = std::function<bool(string_view file)>;
Error visit_journals(const Service& service, const Each& each);
/// Alone in the store with its keys, as they are now; until the end.
Error begin_alone(Service& service);
/// A line that is no message of the channel's deadline: work on many records takes as long as it takes.
template <typename Message>
bool tell(Service& service, void (*write)(Message, Writer&), const std::type_identity_t<Message>& message) {
    service.channel.set_deadline(monotonic_seconds() + 15 * i64(60));
    return service.channel.send<Message>(write, message);
}
/// A line in the log beside that of the change as a whole.
void note_event(const Service& service, string_view event);

// The verbs, by file: status, set_up, enroll, change, resync, inventory, explain, report, recover, logins, rekey, rebind, prune.
Error status(Service& service);
Error verify(Service& service);
Error set_up(Service& service);
Error enroll(Service& service);
Error add_token(Service& service);
Error renew_codes(Service& service);
Error remove_token(Service& service);
Error remove_all(Service& service);
Error unlock(Service& service);
Error forget(Service& service);
Error resync(Service& service);
Error list_records(Service& service);
Error list_logins(Service& service);
/// The account that a journal's file name was made for. Error::bad_account when none has it (any more), and
/// Error::io when nobody knows now.
Error find_owner(string_view file, Account& account);
Error give_keys(Service& service);
Error explain(Service& service);
Error report(Service& service);
Error recover(Service& service);
Error rekey(Service& service);
Error drop_keys(Service& service);
Error rebind(Service& service);
Error prune(Service& service);

/// The key as people and apps take it. `counter` is where a counter-based device stands. Error::uri_too_long.
Error describe_key(const Service& service, const Token& token, u32 counter, Key& key);
/// The same, sent; `sent` is false when nobody reads any more.
Error send_key(Service& service, const Token& token, u32 counter, bool& sent);

u64 clock_now(); ///< seconds since 1970

} // namespace totp
