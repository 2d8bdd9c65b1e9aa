// SPDX-License-Identifier: Apache-2.0
// How pam-totp speaks with pam_totp_helper: lines of `word name=value …` over a socketpair, at most 4 KiB
// each. One request opens the conversation; the helper answers with any number of lines and ends with `done`.
//
//   client                                helper
//   setup user= token=phone type=totp …   key uri=… secret=… token=phone type=totp digits=6 period=30
//                                         ask for=proof verdict=none skew=0 wait=0
//   answer text=123456                    skew seconds=-30
//                                         code text=xxxxx-xxxxx-xxxxx      (ten times)
//                                         done error=none verdict=accepted
//
// Values are escaped as Writer::escaped does, so no value holds a blank or a newline; an empty one is `-`.
#pragma once
#include "backup_code.h"
#include "bytes.h"
#include "error.h"
#include "list.h"
#include "rule.h"
#include "state.h"
#include "token.h"
#include "words.h"

namespace totp {

constexpr size_t longest_message = 4096; ///< bytes, newline included

enum class Verb : u8 {
    init,
    setup,
    add,
    status,
    verify,
    codes,
    remove,
    remove_all,
    resync,
    unlock,
    forget,
    list,
    keys, ///< `export`, which C++ keeps to itself
    explain,
    enroll, ///< a set-up during a login: for root's callers alone
    report,
    recover,
    logins, ///< who got in with a code, by one service and since when
    rekey,
    drop_keys, ///< `rekey --drop-old`
    rebind,
    prune,
};

/// The first line. An empty user is the caller's own account.
struct Request {
    Verb verb = Verb::status;
    Text<255> user;
    Token token;             ///< setup, add: what is wanted, its key empty: make one. remove, resync: its name
    Text<64> service;        ///< explain, report, logins: of which login
    u64 since = 0;           ///< logins: seconds since 1970
    Text<64> rhost;          ///< and from where; empty: none. enroll: the same
    Text<64> group;          ///< report: of whom; empty: of everybody
    u64 replaces = 0;        ///< enroll: the recovery whose code was typed; 0: nothing is set up
    Text<255> from;          ///< rebind: the name that the record was made for
    bool unattended = false; ///< prune: nobody looks at what would go
    // For setup and add alone:
    u32 counter = 0;         ///< counter-based: where the device stands
    bool codes_only = false; ///< backup codes and no token
    bool confirm = true;     ///< ask for a proof
    bool if_missing = false; ///< change nothing when something is set up
};
void write_request(const Request& request, Writer& out);
/// The same for all but setup and add: as small as the module wants it.
void write_login_request(const Request& request, Writer& out);
/// `line` without its newline; false when it is not a request as written above.
bool read_request(string_view line, Request& request);

/// The client's later lines: `answer text=…`, or `cancel`.
void write_answer(string_view typed, Writer& out);
/// False for anything but an answer.
bool read_answer_line(string_view line, Secret<128>& typed);

enum class For : u8 {
    permission, ///< a current code or a backup code of what is set up
    proof,      ///< a code of the new token
    code,       ///< one of the backup codes that were just shown
    two_codes,  ///< two codes in a row of the token that is out of step
    recovery,   ///< the recovery code
    consent,    ///< `yes`: what was shown is to be removed
};

/// `ask`: the client is to put a question.
struct Ask {
    For what = For::proof;
    Verdict verdict = Verdict::none; ///< of the answer before; two_needed and clock_behind also before the first
    i64 skew = 0;                    ///< seconds by which the phone is ahead, when that is why it was refused
    u32 wait = 0;                    ///< seconds until the next code, after `replayed`
};
void write_ask(const Ask& ask, Writer& out);
bool read_ask(string_view line, Ask& ask);

/// `key`: the new token, before it counts.
struct Key {
    Text<1024> uri;     ///< holds the secret, too
    Secret<104> secret; ///< base32
    Text<32> name;
    Type type = Type::totp;
    unsigned digits = 6, period = 30;
    ~Key() { OPENSSL_cleanse(&uri, sizeof uri); }
};
void write_key(const Key& key, Writer& out);
bool read_key(string_view line, Key& key);

/// `row`: a line of the QR code, as it is shown.
constexpr size_t longest_row = 512; ///< bytes
void write_row(string_view text, Writer& out);
bool read_row(string_view line, Secret<longest_row>& text);

/// `token`, one for each: what status says of it.
void write_token_line(const Token& token, Writer& out);
bool read_token_line(string_view line, Token& token); ///< leaves token.key empty

/// `record`: the rest of what status says.
struct RecordLine {
    u32 codes_left = 0, codes_made = 0;
    u32 guesses_left = 0, own_guesses_left = 0; ///< of logins; of the person's own programs
    u32 last_success = 0; ///< seconds since 1970; 0: never. As all times here
    u32 wrong = 0;        ///< wrong answers since then
    std::array<u8, 16> wrong_from{}; ///< address of the newest of them; zero: none
    u32 created = 0;
    u32 changed = 0, changed_by = 0;
    std::array<u32, 2> remembered{}; ///< until when nobody is asked again at a place; 0: none
    u32 recovery_until = 0; ///< 0: no recovery; else nothing counts but a code that permits a set-up until then
};
void write_record_line(const RecordLine& record, Writer& out);
bool read_record_line(string_view line, RecordLine& record);

/// `rule`: the one that decides, of an explanation.
struct RuleLine {
    Text<510> file;
    unsigned line = 0;      ///< 0: none matched, so a code is required
    Demand demand = Demand::require;
    u64 until = 0, defer = 0; ///< see Rule
    bool shows_set_up = false; ///< at the service that was asked about
    Text<120> reason;
    u32 remember = 0;       ///< seconds
};
void write_rule_line(const RuleLine& rule, Writer& out);
bool read_rule_line(string_view line, RuleLine& rule);

/// `account`, of a list: the token and record lines behind it are this one's. Of a report: the rule line is.
struct AccountLine {
    Text<255> user;   ///< or the file's name, when no account has it
    u32 uid = 0;
    Error error = Error::none; ///< of the record; in a list then no such lines follow
    bool has_shell = true;     ///< to log in with
    bool older_key = false;    ///< in a list: it is sealed with another host key than the newest
    Text<255> now;             ///< in a list: the account that has nothing set up, and whose record this was; or none
};
void write_account_line(const AccountLine& account, Writer& out);
bool read_account_line(string_view line, AccountLine& account);

/// `login`, of `logins`: the newest of this person that was accepted.
struct LoginLine {
    Text<255> user;
    u32 time = 0;
    std::array<u8, 16> from{}; ///< address; zero: none
};
void write_login_line(const LoginLine& login, Writer& out);
bool read_login_line(string_view line, LoginLine& login);
/// `keys`, of rekey: whether it made a new key, or goes on with one that is there; and how many older ones there are.
struct KeysLine {
    bool made = false;
    u32 older = 0;
};
void write_keys_line(const KeysLine& keys, Writer& out);
bool read_keys_line(string_view line, KeysLine& keys);

/// `left`: a file in the store, and why it is named: it is in the way, or to be removed.
enum class Why : u8 {
    no_account, ///< no account has the name
    renamed,    ///< nor this name, but another account has its uid: it is kept
    unnamed,    ///< it is kept by a hash of its name, and no account that is listed has that: it is kept
    stray,      ///< no journal names it
    pending,    ///< a set-up at a login that is not proved yet
    expired,    ///< the same, an hour ago
    half_moved, ///< a rebind of it was ended half-way: it is kept
};
struct LeftLine {
    Text<255> user; ///< or the file's name, when it is kept as a hash
    u32 uid = 0;    ///< of the file
    Why why = Why::stray;
    Text<255> file;
};
void write_left_line(const LeftLine& left, Writer& out);
bool read_left_line(string_view line, LeftLine& left);
string_view word(Why why);

/// `skew`: by how many seconds the phone is ahead of this computer, after an accepted proof.
void write_skew(i64 seconds, Writer& out);
bool read_skew(string_view line, i64& seconds);

/// `code`: one new backup code, in groups.
void write_code(string_view grouped, Writer& out);
bool read_code(string_view line, Secret<17>& grouped);

/// `done`: the end. `changed` says whether the record is another one than before.
struct Done {
    Error error = Error::none;
    Verdict verdict = Verdict::none;
    bool changed = false;
    bool replaced = false; ///< something was set up before
    u32 wait = 0;          ///< seconds until the next code, after `replayed`
    Text<255> user;        ///< whose record it was
    Text<512> detail;      ///< what failed: a path and the system's reason
};
void write_done(const Done& done, Writer& out);
bool read_done(string_view line, Done& done);

} // namespace totp
