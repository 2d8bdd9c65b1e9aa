// SPDX-License-Identifier: Apache-2.0
#include "service.h"
#include "core/judge.h"
#include "store/random.h"
#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

namespace totp {
namespace {
constexpr int most_tries = 3;
constexpr u32 rounds = 1000; // of PBKDF2, for 75 random bits; see backup_code.h

/// The account that the request names; the caller's own when it names none.
Error find_account(Service& s) {
    const passwd* found = s.request.user.empty() ? getpwuid(s.caller) : getpwnam(s.request.user.c_str());
    if (!found) return Error::bad_account;
    u32 uid = found->pw_uid;
    if (uid != s.caller && !s.is_root) return Error::bad_account;
    found = getpwuid(uid); // the uid's own name, so that an alias of it finds the same record
    if (!found) return Error::bad_account;
    s.done.user = Text<255>(string_view(found->pw_name));
    Error error = make_account(found->pw_name, uid, s.record.account);
    // Rules are told by the name that is typed, as at a login; an alias of the uid may be in other groups.
    s.person = {s.request.user.empty() ? s.record.account.name.c_str() : s.request.user.c_str(), found->pw_gid};
    return error;
}

bool was_accepted(Verdict verdict) { return verdict == Verdict::accepted || verdict == Verdict::accepted_backup; }

/// What a person is to know before the first answer: of the call before, or of what stands in the way now.
Ask first_question(const Service& s) {
    const State& state = s.record.state();
    u64 now = clock_now();
    Ask question{For::permission};
    if (clock_is_behind(s.record.credential, state, now, s.policy())) question.verdict = Verdict::clock_behind;
    else if (gate(state, now, s.policy()) == Gate::two_codes) question.verdict = Verdict::two_needed;
    return question;
}

Error verify(Service& s) {
    Error error = open_record(s.host, s.record);
    if (error != Error::none) return error;
    send_status(s, s.record); // an application without privilege asks in the module's words, and cuts off as many digits
    Answer answer;
    if (!ask_for_answer(s, first_question(s), answer)) return Error::none; // given up: nothing judged
    error = try_answer(s, answer, s.done.verdict);
    s.done.wait = seconds_to_next(s.record.credential, answer);
    return error;
}

Error status(Service& s) {
    Error error = open_record(s.host, s.record);
    if (error == Error::none) send_status(s, s.record);
    return error;
}

bool only_looks(Verb verb) { return verb == Verb::status || verb == Verb::verify || verb == Verb::explain; }
bool is_roots(Verb verb) {
    return verb == Verb::init || verb == Verb::unlock || verb == Verb::list || verb == Verb::keys;
}

Error serve_record(Service& s) {
    Error error = find_account(s);
    if (error != Error::none) return error;
    switch (s.request.verb) {
    case Verb::setup: return set_up(s);
    case Verb::add: return add_token(s);
    case Verb::status: return status(s);
    case Verb::verify: return verify(s);
    case Verb::codes: return renew_codes(s);
    case Verb::remove: return remove_token(s);
    case Verb::remove_all: return remove_all(s);
    case Verb::resync: return resync(s);
    case Verb::unlock: return unlock(s);
    case Verb::keys: return give_keys(s);
    case Verb::explain: return explain(s);
    case Verb::init:
    case Verb::list: break;
    }
    return Error::bad_request;
}

/// Root of a user name space is nobody outside of it.
bool roots_files_are_our_own() {
    struct stat found = {};
    return stat("/", &found) == 0 && found.st_uid == 0;
}

/// The system's own, where that is all there is.
void say_reason(Service& s, Error error, int number) {
    if (error != Error::io && error != Error::no_space) return;
    char room[128];
    s.done.detail.add(": ").add(string_view(strerror_r(number, room, sizeof room)));
}
} // namespace

Error read_conf(Service& s, const Visit* visit, Conf& conf) {
    Error error = load_conf(s.conf, s.place.owner, s.conf_given, visit, conf);
    int number = errno;
    unsigned line = error == Error::bad_setting ? conf.misfit.line : conf.decision.line;
    if (error != Error::none) s.done.detail = Text<512>(conf.file.empty() ? string_view(s.conf) : conf.file.view());
    if (error != Error::none && line > 0) {
        char digits[20];
        s.done.detail.add(':').add(Writer(digits).number(u64(line)).view());
    }
    if (error == Error::bad_setting) s.done.detail.add(": ").add(conf.misfit.reason);
    say_reason(s, error, number);
    s.settings = conf.settings;
    return error;
}

namespace {

Error serve_request(Service& s) {
    Verb verb = s.request.verb;
    if (is_roots(verb) && s.place.owner != s.caller) return Error::only_root;
    if (verb == Verb::init) {
        Error error = init_host(s.place, s.group, s.host);
        s.done.changed = error == Error::none;
        return error;
    }
    Conf conf;
    Error error = read_conf(s, nullptr, conf);
    if (error != Error::none) return error;
    if (!only_looks(verb) && !s.is_root && !s.settings.self_setup) return Error::self_setup_off;
    error = open_host(s.place, s.host);
    if (error != Error::none) return error;
    return verb == Verb::list ? list_records(s) : serve_record(s);
}
} // namespace

u32 seconds_to_next(const Credential& credential, const Answer& answer) {
    if (answer.form == Form::backup_code) return 0; // the next one stands on a sheet of paper
    for (const Token& token : credential.tokens) {
        if (token.type == Type::totp) return u32(token.period - clock_now() % token.period);
    }
    return 0;
}

void send_status(Service& s, const Record& record) {
    const State& state = record.state();
    const BackupCodes& backup = record.credential.backup;
    for (const Token& token : record.credential.tokens) (void)s.channel.send<const Token&>(write_token_line, token);
    RecordLine line;
    line.codes_made = u32(backup.digests.size());
    line.codes_left = backup_codes_left(state, backup.digests.size());
    line.guesses_left = guesses_left(state.full_at[size_t(Caller::root)], s.settings.bucket, clock_now());
    line.own_guesses_left = guesses_left(state.full_at[size_t(Caller::helper)], s.settings.bucket, clock_now());
    line.last_success = state.last_success;
    line.wrong = state.wrong;
    line.wrong_from = state.wrong_from;
    line.created = u32(record.credential.created);
    line.changed = state.changed;
    line.changed_by = state.changed_by;
    (void)s.channel.send<const RecordLine&>(write_record_line, line);
}

u64 clock_now() { return u64(time(nullptr)); }

Change change_by(const Service& s) {
    Change change;
    change.time = clock_now();
    change.actor = s.caller;
    change.caller = s.policy().caller;
    change.bucket = s.settings.bucket;
    return change;
}

bool ask_for_answer(Service& s, const Ask& question, Answer& answer) {
    string_view line;
    Secret<128> typed;
    if (!s.channel.send<const Ask&>(write_ask, question)) return false;
    if (!s.channel.receive(line) || !read_answer_line(line, typed)) return false;
    read_answer(typed.reveal_text(), answer);
    return true;
}

bool ask_for_current_code(Service& s) {
    u64 permitted = s.record.state().credential;
    Ask question{For::permission};
    for (int tries = 0; tries < most_tries; ++tries) {
        Answer answer;
        if (!ask_for_answer(s, question, answer)) return false;
        Error error = try_answer(s, answer, s.done.verdict);
        if (error != Error::none) return s.done.error = error, false;
        // What was allowed is a change of that very credential.
        if (was_accepted(s.done.verdict)) return s.record.state().credential == permitted;
        question.verdict = s.done.verdict;
        question.wait = s.done.wait = seconds_to_next(s.record.credential, answer);
    }
    return false;
}

Error try_answer(Service& s, const Answer& answer, Verdict& verdict) {
    Finding finding;
    Error error = examine(s.record.credential, s.record.state(), answer, clock_now(), s.policy(), finding);
    verdict = finding.verdict;
    if (error != Error::none || !finding.append) return error;
    State after;
    return append(s.host, s.record.account, s.record.journal, finding.entry, verdict, after);
}

bool permit(Service& s) {
    if (s.is_root) return true;
    bool permitted = ask_for_current_code(s);
    if (!permitted && was_accepted(s.done.verdict)) s.done.verdict = Verdict::stale;
    if (!permitted && s.done.verdict == Verdict::none) s.done.verdict = Verdict::wrong;
    return permitted;
}

Error make_backup_codes(BackupCodes& set, std::array<Secret<15>, backup_codes_in_a_set>& codes) {
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

bool send_backup_codes(Service& s, const std::array<Secret<15>, backup_codes_in_a_set>& codes) {
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

void serve(Service& s) {
    Error error = serve_request(s);
    int number = errno;
    // Not the disk's fault: set-group-id gave nothing.
    bool is_kept_out = error == Error::io && number == EACCES && getegid() == getgid();
    if (is_kept_out && !(s.is_root && roots_files_are_our_own())) error = Error::no_privilege;
    if (error != Error::none) s.done.error = error;
    if (s.done.error == Error::none || !s.done.detail.empty() || s.done.error >= Error::stale) return;
    s.done.detail.add(path_of(s.done.error, s.host, s.record).view());
    say_reason(s, s.done.error, number);
}

} // namespace totp
