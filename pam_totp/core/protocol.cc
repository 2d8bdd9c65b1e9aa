// SPDX-License-Identifier: Apache-2.0
#include "protocol.h"
#include "base32.h"

namespace totp {
namespace {
constexpr string_view verbs[] = {"init",   "setup",      "add",    "status", "verify", "codes",
                                 "remove", "remove_all", "resync", "unlock", "forget", "list",   "export", "explain",
                                 "enroll", "report", "recover", "logins", "rekey", "drop_keys", "rebind", "prune"};
constexpr string_view demands[] = {"require", "enroll", "if-enrolled", "skip"};
constexpr string_view questions[] = {"permission", "proof", "code", "two_codes", "recovery", "consent"};
constexpr string_view reasons[] = {"no_account", "renamed", "unnamed", "stray", "pending", "expired", "half_moved"};

/// An empty value is written `-`, since Words takes none that is empty; a value that is a dash alone is
/// `%2D`.
void write_value(string_view name, string_view value, Writer& out) {
    out.add(' ').add(name).add('=');
    if (value.empty()) {
        out.add('-');
    } else if (value == "-") {
        out.add("%2D");
    } else {
        out.escaped(value);
    }
}

void write_flag(string_view name, bool value, Writer& out) {
    out.add(' ').add(name).add(value ? "=1" : "=0");
}
bool read_flag(Words& words, string_view name) { return words.number(name, 0, 1) == 1; }

template <size_t N> Text<N> read_text(Words& words, string_view name) {
    string_view value = words.value(name);
    if (value == "-") return {};
    Secret<N> room; // a URI holds the key
    Room bytes = room.fill(N);
    size_t size = 0;
    if (!unescape(value, {reinterpret_cast<char*>(bytes.data()), N}, size)) words.fail();
    room.shrink(size);
    return words.ok() ? Text<N>(room.reveal_text()) : Text<N>();
}

template <size_t N> void read_secret(Words& words, string_view name, Secret<N>& secret) {
    string_view value = words.value(name);
    Room room = secret.fill(N);
    size_t size = 0;
    bool fits = value == "-" || unescape(value, {reinterpret_cast<char*>(room.data()), N}, size);
    if (!fits || !words.ok()) words.fail(), size = 0;
    secret.shrink(size);
}

/// The place of a word in a list; the words of an enum stand in its order.
template <size_t N> size_t one_of(Words& words, string_view text, const string_view (&list)[N]) {
    for (size_t i = 0; i < N; ++i) {
        if (text == list[i]) return i;
    }
    words.fail();
    return 0;
}

Verdict read_verdict(Words& words) {
    string_view text = words.value("verdict");
    for (u8 v = 0; v <= u8(last_verdict); ++v) {
        if (text == word(Verdict(v))) return Verdict(v);
    }
    words.fail();
    return Verdict::none;
}

Error read_error(Words& words) {
    string_view text = words.value("error");
    for (u8 e = 0; e <= u8(last_error); ++e) {
        if (text == word(Error(e))) return Error(e);
    }
    words.fail();
    return Error::io;
}

void write_token_words(const Token& token, Writer& out) {
    write_value("token", token.name.view(), out);
    out.add(" type=").add(word(token.type)).add(" hash=").add(word(token.hash));
    out.add(" digits=").number(u64(token.digits)).add(" period=").number(u64(token.period));
}

void read_token_words(Words& words, Token& token) {
    token.name = read_text<32>(words, "token");
    bool fits = fits_as_token_name(token.name.view()) && read_type(words.value("type"), token.type) &&
                read_hash(words.value("hash"), token.hash);
    token.digits = unsigned(words.number("digits", least_digits, most_digits));
    token.period = unsigned(words.number("period", least_period, most_period));
    if (!fits) words.fail();
}

/// A line that begins with `what`.
Words begin(string_view line, string_view what) {
    Words words(line);
    if (words.word() != what) words.fail();
    return words;
}

bool names_a_token(Verb verb) { return verb == Verb::remove || verb == Verb::resync; }
bool is_explained(Verb verb) { return verb == Verb::explain || verb == Verb::report; }
bool names_a_service(Verb verb) { return is_explained(verb) || verb == Verb::logins; }
bool is_of_a_login(Verb verb) { return is_explained(verb) || verb == Verb::enroll; }
bool describes_a_token(Verb verb) { return verb == Verb::setup || verb == Verb::add; }

u32 read_time(Words& words, string_view name) { return u32(words.number(name, 0, UINT32_MAX)); }

/// All that a login may ask for, but the newline.
void write_beginning(const Request& request, Writer& out) {
    out.add(verbs[size_t(request.verb)]);
    write_value("user", request.user.view(), out);
    if (names_a_token(request.verb)) write_value("token", request.token.name.view(), out);
    if (names_a_service(request.verb)) write_value("service", request.service.view(), out);
    if (is_of_a_login(request.verb)) write_value("rhost", request.rhost.view(), out);
    if (request.verb == Verb::report) write_value("group", request.group.view(), out);
    if (request.verb == Verb::enroll) out.add(" replaces=").id(request.replaces);
    if (request.verb == Verb::logins) out.add(" since=").number(request.since);
}
} // namespace

void write_request(const Request& request, Writer& out) {
    write_beginning(request, out);
    if (request.verb == Verb::rebind) write_value("from", request.from.view(), out);
    if (request.verb == Verb::prune) write_flag("unattended", request.unattended, out);
    if (describes_a_token(request.verb)) {
        write_token_words(request.token, out);
        out.add(" key=");
        if (request.token.key.empty()) out.add('-');
        write_base32(request.token.key.reveal(), out);
        out.add(" counter=").number(u64(request.counter));
        write_flag("codes_only", request.codes_only, out);
        write_flag("confirm", request.confirm, out);
        write_flag("if_missing", request.if_missing, out);
    }
    out.add('\n');
}

void write_login_request(const Request& request, Writer& out) {
    write_beginning(request, out);
    out.add('\n');
}

bool read_request(string_view line, Request& request) {
    Words words(line);
    request.verb = Verb(one_of(words, words.word(), verbs));
    request.user = read_text<255>(words, "user");
    if (words.ok() && names_a_token(request.verb)) {
        request.token.name = read_text<32>(words, "token");
        bool fits = request.token.name.empty() || fits_as_token_name(request.token.name.view());
        if (!fits) words.fail();
    }
    if (words.ok() && names_a_service(request.verb)) request.service = read_text<64>(words, "service");
    if (words.ok() && is_of_a_login(request.verb)) request.rhost = read_text<64>(words, "rhost");
    if (words.ok() && request.verb == Verb::report) request.group = read_text<64>(words, "group");
    if (words.ok() && request.verb == Verb::enroll) request.replaces = words.id("replaces");
    if (words.ok() && request.verb == Verb::logins) request.since = words.number("since", 0, UINT32_MAX);
    if (words.ok() && request.verb == Verb::rebind) request.from = read_text<255>(words, "from");
    if (words.ok() && request.verb == Verb::prune) request.unattended = read_flag(words, "unattended");
    if (words.ok() && describes_a_token(request.verb)) {
        read_token_words(words, request.token);
        string_view key = words.value("key");
        bool fits =
            key == "-" || (read_base32(key, request.token.key) && request.token.key.size() >= least_key);
        if (!fits) words.fail();
        request.counter = u32(words.number("counter", 0, UINT32_MAX - 1));
        request.codes_only = read_flag(words, "codes_only");
        request.confirm = read_flag(words, "confirm");
        request.if_missing = read_flag(words, "if_missing");
    }
    return words.done();
}

void write_answer(string_view typed, Writer& out) {
    out.add("answer");
    write_value("text", typed, out);
    out.add('\n');
}

bool read_answer_line(string_view line, Secret<128>& typed) {
    Words words = begin(line, "answer");
    read_secret(words, "text", typed);
    return words.done();
}

void write_ask(const Ask& ask, Writer& out) {
    out.add("ask for=").add(questions[size_t(ask.what)]).add(" verdict=").add(word(ask.verdict));
    out.add(" skew=").number(ask.skew).add(" wait=").number(u64(ask.wait)).add('\n');
}

bool read_ask(string_view line, Ask& ask) {
    Words words = begin(line, "ask");
    ask.what = For(one_of(words, words.value("for"), questions));
    ask.verdict = read_verdict(words);
    ask.skew = words.signed_number("skew", INT32_MIN, INT32_MAX);
    ask.wait = read_time(words, "wait");
    return words.done();
}

void write_key(const Key& key, Writer& out) {
    out.add("key");
    write_value("uri", key.uri.view(), out);
    write_value("secret", key.secret.reveal_text(), out);
    write_value("token", key.name.view(), out);
    out.add(" type=").add(word(key.type)).add(" digits=").number(u64(key.digits));
    out.add(" period=").number(u64(key.period)).add('\n');
}

bool read_key(string_view line, Key& key) {
    Words words = begin(line, "key");
    Text<1024> uri = read_text<1024>(words, "uri");
    key.uri = uri;
    OPENSSL_cleanse(&uri, sizeof uri);
    read_secret(words, "secret", key.secret);
    key.name = read_text<32>(words, "token");
    if (!fits_as_token_name(key.name.view()) || !read_type(words.value("type"), key.type)) words.fail();
    key.digits = unsigned(words.number("digits", least_digits, most_digits));
    key.period = unsigned(words.number("period", least_period, most_period));
    return words.done();
}

void write_row(string_view text, Writer& out) {
    out.add("row");
    write_value("text", text, out);
    out.add('\n');
}

bool read_row(string_view line, Secret<longest_row>& text) {
    Words words = begin(line, "row");
    read_secret(words, "text", text);
    return words.done();
}

void write_token_line(const Token& token, Writer& out) {
    out.add("token");
    write_token_words(token, out);
    out.add('\n');
}

bool read_token_line(string_view line, Token& token) {
    Words words = begin(line, "token");
    read_token_words(words, token);
    return words.done();
}

void write_record_line(const RecordLine& r, Writer& out) {
    out.add("record codes_left=").number(u64(r.codes_left)).add(" codes_made=").number(u64(r.codes_made));
    out.add(" guesses_left=").number(u64(r.guesses_left));
    out.add(" own_guesses_left=").number(u64(r.own_guesses_left));
    out.add(" last_success=").number(u64(r.last_success)).add(" wrong=").number(u64(r.wrong));
    out.add(" wrong_from=").hex(r.wrong_from).add(" created=").number(u64(r.created));
    out.add(" changed=").number(u64(r.changed)).add(" changed_by=").number(u64(r.changed_by));
    out.add(" remembered=").number(u64(r.remembered[0])).add(" also_remembered=").number(u64(r.remembered[1]));
    out.add(" recovery_until=").number(u64(r.recovery_until)).add('\n');
}

bool read_record_line(string_view line, RecordLine& r) {
    Words words = begin(line, "record");
    r.codes_left = u32(words.number("codes_left", 0, most_backup_codes));
    r.codes_made = u32(words.number("codes_made", 0, most_backup_codes));
    r.guesses_left = read_time(words, "guesses_left");
    r.own_guesses_left = read_time(words, "own_guesses_left");
    r.last_success = read_time(words, "last_success");
    r.wrong = read_time(words, "wrong");
    words.hex("wrong_from", r.wrong_from);
    r.created = read_time(words, "created");
    r.changed = read_time(words, "changed");
    r.changed_by = read_time(words, "changed_by");
    r.remembered[0] = read_time(words, "remembered");
    r.remembered[1] = read_time(words, "also_remembered");
    r.recovery_until = read_time(words, "recovery_until");
    return words.done();
}

void write_rule_line(const RuleLine& rule, Writer& out) {
    out.add("rule");
    write_value("file", rule.file.view(), out);
    out.add(" line=").number(u64(rule.line)).add(" demand=").add(word(rule.demand));
    out.add(" until=").number(rule.until).add(" defer=").number(rule.defer);
    write_flag("shows_set_up", rule.shows_set_up, out);
    write_value("reason", rule.reason.view(), out);
    out.add(" remember=").number(u64(rule.remember)).add('\n');
}

bool read_rule_line(string_view line, RuleLine& rule) {
    Words words = begin(line, "rule");
    rule.file = read_text<510>(words, "file");
    rule.line = read_time(words, "line");
    rule.demand = Demand(one_of(words, words.value("demand"), demands));
    rule.until = words.number("until", 0, UINT64_MAX);
    rule.defer = words.number("defer", 0, UINT64_MAX);
    rule.shows_set_up = read_flag(words, "shows_set_up");
    rule.reason = read_text<120>(words, "reason");
    rule.remember = read_time(words, "remember");
    return words.done();
}

void write_account_line(const AccountLine& account, Writer& out) {
    out.add("account");
    write_value("user", account.user.view(), out);
    out.add(" uid=").number(u64(account.uid)).add(" error=").add(word(account.error));
    write_flag("has_shell", account.has_shell, out);
    write_flag("older_key", account.older_key, out);
    write_value("now", account.now.view(), out);
    out.add('\n');
}

bool read_account_line(string_view line, AccountLine& account) {
    Words words = begin(line, "account");
    account.user = read_text<255>(words, "user");
    account.uid = read_time(words, "uid");
    account.error = read_error(words);
    account.has_shell = read_flag(words, "has_shell");
    account.older_key = read_flag(words, "older_key");
    account.now = read_text<255>(words, "now");
    return words.done();
}

void write_login_line(const LoginLine& login, Writer& out) {
    out.add("login");
    write_value("user", login.user.view(), out);
    out.add(" time=").number(u64(login.time)).add(" from=").hex(login.from).add('\n');
}

bool read_login_line(string_view line, LoginLine& login) {
    Words words = begin(line, "login");
    login.user = read_text<255>(words, "user");
    login.time = read_time(words, "time");
    words.hex("from", login.from);
    return words.done();
}

void write_keys_line(const KeysLine& keys, Writer& out) {
    out.add("keys");
    write_flag("made", keys.made, out);
    out.add(" older=").number(u64(keys.older)).add('\n');
}

bool read_keys_line(string_view line, KeysLine& keys) {
    Words words = begin(line, "keys");
    keys.made = read_flag(words, "made");
    keys.older = u32(words.number("older", 0, UINT32_MAX));
    return words.done();
}

string_view word(Why why) { return reasons[size_t(why)]; }

void write_left_line(const LeftLine& left, Writer& out) {
    out.add("left");
    write_value("user", left.user.view(), out);
    out.add(" uid=").number(u64(left.uid)).add(" why=").add(word(left.why));
    write_value("file", left.file.view(), out);
    out.add('\n');
}

bool read_left_line(string_view line, LeftLine& left) {
    Words words = begin(line, "left");
    left.user = read_text<255>(words, "user");
    left.uid = read_time(words, "uid");
    left.why = Why(one_of(words, words.value("why"), reasons));
    left.file = read_text<255>(words, "file");
    return words.done();
}

void write_skew(i64 seconds, Writer& out) { out.add("skew seconds=").number(seconds).add('\n'); }

bool read_skew(string_view line, i64& seconds) {
    Words words = begin(line, "skew");
    seconds = words.signed_number("seconds", INT32_MIN, INT32_MAX);
    return words.done();
}

void write_code(string_view grouped, Writer& out) {
    out.add("code");
    write_value("text", grouped, out);
    out.add('\n');
}

bool read_code(string_view line, Secret<17>& grouped) {
    Words words = begin(line, "code");
    read_secret(words, "text", grouped);
    return words.done();
}

void write_done(const Done& done, Writer& out) {
    out.add("done error=").add(word(done.error)).add(" verdict=").add(word(done.verdict));
    write_flag("changed", done.changed, out);
    write_flag("replaced", done.replaced, out);
    out.add(" wait=").number(u64(done.wait));
    write_value("user", done.user.view(), out);
    write_value("detail", done.detail.view(), out);
    out.add('\n');
}

bool read_done(string_view line, Done& done) {
    Words words = begin(line, "done");
    done.error = read_error(words);
    done.verdict = read_verdict(words);
    done.changed = read_flag(words, "changed");
    done.replaced = read_flag(words, "replaced");
    done.wait = read_time(words, "wait");
    done.user = read_text<255>(words, "user");
    done.detail = read_text<512>(words, "detail");
    return words.done();
}

} // namespace totp
