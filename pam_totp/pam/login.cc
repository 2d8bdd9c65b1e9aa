// SPDX-License-Identifier: Apache-2.0
#include "login.h"
#include "attempt.h"
#include "core/address.h"
#include "core/answer.h"
#include "enrollment.h"
#include "field.h"
#include "phrases.h"
#include "verifier.h"
#include <errno.h>
#include <security/pam_ext.h>
#include <security/pam_modutil.h>
#include <syslog.h>
#include <unistd.h>

namespace totp {
namespace {
constexpr u32 remembered_reason = 600; ///< seconds for which the last refusal is told at the next prompt

/// Zero for names and for none.
Address address_of(string_view rhost) {
    Address address;
    return read_address(rhost, address) ? address : Address{};
}

/// What the prompt and the news say, wherever it was read.
struct Known {
    unsigned digits = 6, period = 30; ///< of the token that comes first; a counter has no period, but 0
    unsigned wrong = 0;               ///< wrong answers since the last success
    Address wrong_from{};
    u32 codes_left = 0, codes_made = 0;
    bool takes_two = false;           ///< one code is not enough now
    unsigned changes = 0;             ///< of the codes, that the person is to hear of
    u32 changed = 0;
    string_view changed_by = {};      ///< the account's own name, or root
};

unsigned period_of(const Token& token) { return token.type == Type::hotp ? 0 : token.period; }

Since since(const Known& known) {
    return {known.wrong,   known.wrong_from, known.codes_left,  known.codes_made > 0,
            known.changes, known.changed,    known.changed_by};
}

/// What an attempt goes through.
class Login : Attempt {
  public:
    Login(pam_handle_t* pam, int flags) : Attempt(pam, flags), field_(pam, options_) {}
    Outcome run(int argc, const char** argv);

  private:
    Outcome not_asked();
    Outcome not_asked_again();
    Known known() const;
    void add_changes(Known& known) const;
    Verdict standing(Verdict verdict, u64 now) const;
    Outcome without_record();
    bool takes_recovery_code() const;
    Outcome ask_in_vain();
    Outcome put_off();
    bool may_see_a_key() const;
    Outcome enroll();
    [[gnu::noinline]] Outcome lead_through(u64 put_off_until, u64 replaces);
    Outcome ask_for_code();
    [[gnu::noinline]] Outcome ask_through_helper();
    Outcome take_code(const Phrase& prompt, unsigned digits, Secret<longest_reply>& code);
    Outcome judge_code(string_view code, const Known& before, Verdict& verdict);
    Phrase prompt_for(Verdict verdict, const Known& known) const;
    Outcome conclude(Verdict verdict, const Known& known, LogLine& line);
    Outcome welcome(const Known& known, u32 codes_left, Verdict verdict);

    Field field_;
};

/// Asks all the same, so that nobody sees from outside who has what set up.
Outcome Login::ask_in_vain() {
    Phrase prompt; // the hint stands in the prompt: sudo silences everything else
    if (is_account_ && first_factor_is_known() && getuid() == record_.account.uid) {
        prompt = nothing_set_up(record_.account.name.view());
    }
    prompt.add(prompt_text(options_).view());
    Secret<longest_reply> code;
    Outcome taken = take_code(prompt, Known().digits, code);
    if (taken != Outcome::accepted) return taken;
    log_verdict(pam_, line_, is_account_ ? "not_set_up" : "unknown_user");
    return Outcome::refused;
}

/// A rule lets in without a code. As a success only where somebody is known already: in a stack that says no more
/// than this line does, an IGNORE lets nobody in.
Outcome Login::not_asked() {
    log_verdict(pam_, line_, "not_asked");
    return first_factor_is_known() ? Outcome::accepted : Outcome::not_asked;
}

/// A set-up put off counts as not asked, for as long as the rule says so and somebody is known already.
Outcome Login::put_off() {
    log_verdict(pam_, line_, "put_off");
    return Outcome::accepted;
}

/// Whoever knows a user name alone must not get the account with it: the key is shown to who is known already. And by
/// root's hand: without root there is no place for a key that is not proved yet.
bool Login::may_see_a_key() const {
    bool one_field = options_.forward_pass || options_.first_pass != FirstPass::ignore;
    string_view caller = text_item(pam_, PAM_RUSER); // sudo with `targetpw` asks for another account than its caller's
    bool is_own = caller.empty() || caller == line_.user;
    return first_factor_is_known() && is_own && !one_field && geteuid() == 0;
}

Outcome Login::enroll() {
    if (may_see_a_key() && shows_set_up(conf_.decision, line_.service)) return lead_through(conf_.decision.defer, 0);
    bool may_put_off = first_factor_is_known() && clock_now() < conf_.decision.defer;
    return may_put_off ? put_off() : ask_in_vain();
}

/// See Enrollment.
Outcome Login::lead_through(u64 put_off_until, u64 replaces) {
    log_verdict(pam_, line_, "set_up_shown"); // before it is: who looks and goes away has seen a key
    Enrollment enrollment(pam_, options_, put_off_until);
    Outcome outcome = enrollment.run(record_.account.name.view(), replaces);
    if (outcome == Outcome::unavailable && enrollment.error() == Error::stale) {
        log_verdict(pam_, line_, word(Verdict::stale)); // another login was first; the next one asks for a code
        return Outcome::refused;
    }
    if (outcome == Outcome::unavailable) return unavailable(enrollment.error(), enrollment.detail(), 0);
    if (outcome == Outcome::not_asked) return put_off();
    if (outcome == Outcome::unheard) return outcome;
    log_verdict(pam_, line_, outcome == Outcome::accepted ? "enrolled" : "not_enrolled");
    if (outcome == Outcome::accepted) tell(pam_, flags_, totp::set_up());
    return outcome;
}

Outcome Login::without_record() {
    if (demand() == Demand::enroll) return enroll();
    return demand() == Demand::if_enrolled ? not_asked() : ask_in_vain();
}

Known Login::known() const {
    const Credential& credential = record_.credential;
    const State& state = record_.state();
    u32 made = credential.is_recovery() ? 0 : u32(credential.backup.digests.size());
    Known known{6, 30, state.wrong, state.wrong_from, backup_codes_left(state, made), made,
                gate(state, clock_now(), policy_) == Gate::two_codes};
    if (!credential.tokens.empty()) {
        known.digits = credential.tokens[0].digits;
        known.period = period_of(credential.tokens[0]);
    }
    add_changes(known);
    return known;
}

void Login::add_changes(Known& known) const {
    const State& state = record_.state();
    if (state.changes == 0 || !first_factor_is_known()) return;
    known.changes = state.changes;
    known.changed = state.changed;
    // Nobody else can.
    known.changed_by = state.changed_by == record_.account.uid ? record_.account.name.view() : string_view("root");
}

/// Two codes are needed. After an answer that was right it may be spent: then they begin with the next one, and not
/// with the one shown, or the owner would be refused once more.
Verdict two_codes_after(Verdict verdict) {
    return verdict == Verdict::replayed || verdict == Verdict::two_needed ? Verdict::replayed : Verdict::two_needed;
}

/// What the person is to know before the next answer, after one that was refused with `verdict`.
Verdict Login::standing(Verdict verdict, u64 now) const {
    const State& state = record_.state();
    // Seen before anything is typed: a code that is refused for it is not in the journal for the next call to tell.
    if (clock_is_behind(record_.credential, state, now, policy_)) return Verdict::clock_behind;
    bool just_now = state.last_answer <= now && now - state.last_answer < remembered_reason;
    // Of the call before: sudo, sshd and login ask again themselves.
    if (verdict == Verdict::none && just_now) verdict = state.last_verdict;
    return gate(state, now, policy_) == Gate::two_codes ? two_codes_after(verdict) : verdict;
}

/// Elsewhere the code would be gone, and nothing set up.
bool Login::takes_recovery_code() const { return may_see_a_key() && takes_recovery(conf_.decision, line_.service); }

Phrase Login::prompt_for(Verdict verdict, const Known& known) const {
    Phrase text;
    if (first_factor_is_known() && record_.credential.is_recovery()) {
        text.add(recovery(!record_.credential.recovers_at(clock_now()), takes_recovery_code()));
    } else if (first_factor_is_known()) {
        std::array<char, 65> room{};
        text = reason_for(verdict, {issuer(room), record_.account.name.view(), known.period, clock_now(), known.wrong,
                                    known.takes_two});
        // Silent applications, such as sudo, show nothing after a success.
        if (flags_ & PAM_SILENT) text = (text.empty() ? news(since(known), verdict) : changes(since(known))).add(text.view());
    }
    return text.add(prompt_text(options_).view());
}

/// Outcome::accepted when there is a code to judge.
Outcome Login::take_code(const Phrase& prompt, unsigned digits, Secret<longest_reply>& code) {
    int result = field_.take(prompt.c_str(), digits, code);
    if (result == PAM_SUCCESS) return Outcome::accepted;
    if (result != PAM_AUTH_ERR) return Outcome::unheard;
    log_verdict(pam_, line_, "no_first_pass");
    return Outcome::refused;
}

Outcome Login::welcome(const Known& known, u32 codes_left, Verdict verdict) {
    if (!first_factor_is_known()) return Outcome::accepted; // else it tells of a right code before the password is checked
    Since after = since(known);
    after.codes_left = codes_left;
    Phrase text = news(after, verdict);
    if (!text.empty()) tell(pam_, flags_, Phrase(slice(text.view(), 0, text.size() - 1)).c_str());
    return Outcome::accepted;
}

/// The log line, and what the person is told after a success.
Outcome Login::conclude(Verdict verdict, const Known& known, LogLine& line) {
    u32 left = known.codes_left - (verdict == Verdict::accepted_backup && known.codes_left > 0 ? 1 : 0);
    if (verdict == Verdict::accepted_backup) line.codes_left = int(left);
    log_verdict(pam_, line, word(verdict));
    if (verdict != Verdict::accepted && verdict != Verdict::accepted_backup) return Outcome::refused;
    return welcome(known, left, verdict);
}

Outcome Login::judge_code(string_view code, const Known& before, Verdict& verdict) {
    Answer answer;
    Finding finding;
    State after = record_.state();
    u64 now = clock_now();
    read_answer(code, answer);
    Error error = examine(record_.credential, record_.state(), answer, now, policy_, finding);
    verdict = finding.verdict;
    bool recovers = verdict == Verdict::recovery && takes_recovery_code();
    if (error == Error::none && recovers) return lead_through(0, record_.state().credential);
    if (error == Error::none && finding.append) {
        finding.entry.from = address_of(line_.rhost);
        if (place_ != 0) finding.entry.remember = {place_, u32(std::min<u64>(now + conf_.decision.remember, UINT32_MAX))};
        finding.entry.tells = first_factor_is_known();
        finding.entry.door = door_of(line_.service);
        error = append(host_, record_.account, record_.journal, finding.entry, verdict, after);
    }
    if (error != Error::none) return unavailable(error);
    LogLine line = line_;
    if (finding.slot >= 0) line.token = record_.credential.tokens[size_t(finding.slot)].name.view();
    line.guesses_left = int(guesses_left(after.full_at[size_t(policy_.caller)], policy_.bucket, now));
    return conclude(verdict, before, line);
}

/// A code was accepted here a while ago. What is told of wrong codes since is not over with that.
Outcome Login::not_asked_again() {
    log_verdict(pam_, line_, "remembered");
    Known now = known();
    return welcome(now, now.codes_left, Verdict::none);
}

Outcome Login::ask_for_code() {
    Outcome outcome = Outcome::refused;
    Verdict verdict = Verdict::none;
    bool again = true; // once more when the codes were changed while the person typed
    for (unsigned tries = options_.tries; tries > 0 && outcome == Outcome::refused; --tries) {
        Secret<longest_reply> code;
        const Known before = known();
        Phrase prompt = prompt_for(standing(verdict, clock_now()), before);
        Outcome taken = take_code(prompt, before.digits, code);
        if (taken != Outcome::accepted) return taken;
        outcome = judge_code(code.reveal_text(), before, verdict);
        if (field_.is_still_to_ask()) ++tries;
        if (verdict != Verdict::stale) continue;
        if (!again) break; // a code of what was in force before could count for what is now
        again = false;
        ++tries;
        Error error = open_record(host_, record_);
        if (error == Error::no_record) return Outcome::refused;
        if (error != Error::none) return unavailable(error);
    }
    return outcome;
}

/// Without privilege: the helper judges, for the account that runs this application and for no other.
Outcome Login::ask_through_helper() {
    if (options_.moved) {
        log_misfit(pam_, line_, "store,key,conf", 0, "without root the helper is asked, and it serves the usual places alone");
        return Outcome::unavailable;
    }
    if (!is_account_ || record_.account.uid != getuid()) return unavailable(Error::other_account, TOTP_HELPER, 0);
    Outcome outcome = Outcome::refused;
    for (unsigned tries = options_.tries; tries > 0 && outcome == Outcome::refused; --tries) {
        Verifier verifier;
        RecordLine record;
        Token token;
        Ask question;
        Secret<longest_reply> code;
        Error error = verifier.begin(record, token, question);
        if (error == Error::no_record) return without_record();
        if (error != Error::none) return unavailable(error, verifier.detail(), 0);
        Known known{token.digits, period_of(token), record.wrong, record.wrong_from, record.codes_left, record.codes_made, false};
        Outcome taken = take_code(prompt_for(question.verdict, known), known.digits, code);
        if (taken != Outcome::accepted) return taken;
        Verdict verdict = Verdict::none;
        error = verifier.check(code.reveal_text(), verdict);
        if (error != Error::none) return unavailable(error, verifier.detail(), 0);
        LogLine line = line_;
        outcome = conclude(verdict, known, line);
        if (field_.is_still_to_ask()) ++tries;
    }
    return outcome;
}

Outcome Login::run(int argc, const char** argv) {
    line_.service = text_item(pam_, PAM_SERVICE);
    line_.rhost = text_item(pam_, PAM_RHOST);
    if (!read_arguments(argc, argv)) return Outcome::unavailable;
    if (!serves(options_, line_.service)) return Outcome::not_asked;
    const char* user = nullptr;
    if (pam_get_user(pam_, &user, nullptr) != PAM_SUCCESS || !user) return Outcome::unheard;
    find_person(user);
    if (!read_conf()) return Outcome::unavailable;
    if (is_account_ && demand() == Demand::skip) return not_asked();
    if (!is_account_) return ask_in_vain();
    Error error = open();
    bool is_kept_out = error == Error::io && errno == EACCES && geteuid() != 0;
    if (is_kept_out) return ask_through_helper();
    if (options_.debug) pam_syslog(pam_, LOG_DEBUG, "record: %.*s", int(word(error).size()), word(error).data());
    if (error == Error::no_record) return without_record();
    if (error != Error::none) return unavailable(error);
    return find_place() ? not_asked_again() : ask_for_code();
}
} // namespace

Outcome login(pam_handle_t* pam, int flags, int argc, const char** argv) { return Login(pam, flags).run(argc, argv); }

} // namespace totp
