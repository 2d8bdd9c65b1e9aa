// SPDX-License-Identifier: Apache-2.0
// Every message on the way round, and lines that another program could send in its place.
#include "../support/cmocka.h"
#include "core/protocol.h"
#include "given.h"
#include <random>
#include <vector>

using namespace totp;

namespace {
template <typename Write> std::string written(Write write) {
    std::array<char, longest_message> room;
    Writer out(room);
    write(out);
    return out.ok() ? std::string(out.view()) : "no room";
}
string_view without_newline(const std::string& line) { return {line.data(), line.size() - 1}; }

/// A request as it comes out when it was read and written again; "refused".
std::string request_again(string_view line) {
    Request request;
    if (!read_request(line, request)) return "refused";
    return written([&](Writer& out) { write_request(request, out); });
}

const std::string setup_line =
    "setup user=alice token=phone type=totp hash=sha1 digits=6 period=30 key=- counter=0 "
    "codes_only=0 confirm=1 if_missing=0";

void keeps_a_request_on_the_way_round(void**) {
    for (const std::string& line :
         {setup_line, std::string("status user=-"), std::string("init user=-"),
          std::string("verify user=bob"), std::string("codes user=%2D"),
          std::string("remove_all user=a%20b%0A%25"), std::string("remove user=- token=fob"),
          std::string("resync user=- token=-"), std::string("resync user=alice token=A.b_-9"),
          std::string("unlock user=alice"), std::string("enroll user=alice rhost=203.0.113.9 replaces=00000000000000ff"),
          std::string("recover user=alice"), std::string("forget user=-"),
          std::string("list user=-"), std::string("report user=- service=sshd rhost=- group=staff"),
          std::string("export user=alice"),
          std::string("add user=- token=fob type=totp hash=sha1 digits=6 period=30 key=- counter=0 "
                      "codes_only=0 confirm=1 if_missing=0"),
          std::string("setup user=- token=A.b_-9 type=hotp hash=sha512 digits=8 period=120 "
                      "key=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ counter=4294967294 codes_only=1 confirm=0 "
                      "if_missing=1")}) {
        std::string again = request_again(line);
        assert_text_equal(again, (line + "\n").c_str());
    }
}

void reads_what_a_request_says(void**) {
    Request request;
    bool fits = read_request("setup user=a%2Fb token=fob type=hotp hash=sha256 digits=7 period=15 "
                             "key=MZXW6YTBOJTG633C counter=9 codes_only=1 confirm=0 if_missing=1",
                             request);
    assert_true(fits);
    assert_int_equal(request.verb, Verb::setup);
    assert_text_equal(request.user.view(), "a/b");
    assert_text_equal(request.token.name.view(), "fob");
    assert_int_equal(request.token.type, Type::hotp);
    assert_int_equal(request.token.hash, Hash::sha256);
    assert_int_equal(request.token.digits, 7);
    assert_int_equal(request.token.period, 15);
    assert_text_equal(request.token.key.reveal_text(), "foobarfoob");
    assert_int_equal(request.counter, 9);
    assert_true(request.codes_only && !request.confirm && request.if_missing);
}

void keeps_every_user_name_on_the_way_round(void**) {
    for (size_t size : {1u, 255u}) {
        for (unsigned byte = 1; byte < 256; ++byte) {
            Request request;
            request.user = Text<255>(std::string(size, char(byte)));
            std::string line = written([&](Writer& out) { write_request(request, out); });
            Request read;
            bool fits = read_request(without_newline(line), read);
            bool same = read.user == request.user.view();
            if (!fits || !same) fail_msg("%zu times %u: %s", size, byte, line.c_str());
        }
    }
    assert_text_equal(request_again("status user=" + std::string(256, 'a')), "refused");
}

void refuses_requests_that_are_none(void**) {
    for (string_view line : {"",
                             " ",
                             "status",
                             "status ",
                             "status user=a ",
                             "status user=a x=1",
                             "status  user=a",
                             " status user=a",
                             "Status user=a",
                             "statu user=a",
                             "status usr=a",
                             "stop user=a",
                             "keys user=a",
                             "remove user=a",
                             "remove user=a token=a%20b",
                             "remove user=a token=phone x=1",
                             "resync user=a",
                             "list user=a token=phone",
                             "report user=- service=sshd rhost=-",
                             "add user=a token=phone",
                             "setup user=a",
                             "verify user=%",
                             "verify user=%4",
                             "verify user=%zz",
                             "answer text=1",
                             "done error=none",
                             "status user=a window=10",
                             "status window=10 user=a"}) {
        assert_text_equal(request_again(line), "refused");
    }
}

std::string setup_with(const std::string& old_word, const std::string& new_word) {
    std::string line = setup_line;
    return request_again(line.replace(line.find(old_word), old_word.size(), new_word));
}

void refuses_a_set_up_of_what_no_record_holds(void**) {
    for (const char* bad : {"token=", "token=-", "token=a%20b", "token=a/b",
                            "token=aaaaaaaaaabbbbbbbbbbccccccccccddd", "tokn=phone"}) {
        assert_text_equal(setup_with("token=phone", bad), "refused");
    }
    struct {
        const char *old_word, *bad[4];
    } words[] = {
        {"type=totp", {"type=", "type=motp", "type=TOTP", "type=-"}},
        {"hash=sha1", {"hash=md5", "hash=", "hash=SHA1", "hash=-"}},
        {"digits=6", {"digits=5", "digits=9", "digits=", "digits=-6"}},
        {"period=30", {"period=14", "period=121", "period=0", "period=4294967326"}},
        {"counter=0", {"counter=-1", "counter=4294967295", "counter=4294967296", "counter=x"}},
        {"codes_only=0", {"codes_only=2", "codes_only=", "codes_only=no", "codes=0"}},
        {"confirm=1", {"confirm=2", "confirm=-1", "confirm=yes", "confirm"}},
        {"if_missing=0", {"if_missing=2", "if_missing=", "if_missing=0 x=1", "if_missing=0 "}},
        // 9 bytes, no base32, 65 bytes below, and nothing: a shorter key would make a record that cannot be
        // read.
        {"key=-", {"key=MZXW6YTBOJTG63Y", "key=MZXW0", "key=", "key=A"}},
    };
    for (const auto& row : words) {
        for (const char* bad : row.bad) assert_text_equal(setup_with(row.old_word, bad), "refused");
    }
    assert_text_equal(setup_with("key=-", "key=" + std::string(104, 'A')), "refused");
    assert_true(setup_with("key=-", "key=MZXW6YTBOJTG633C") != "refused");         // 10 bytes
    assert_true(setup_with("key=-", "key=" + std::string(103, 'A')) != "refused"); // 64 bytes
}

/// What was read of an answer, or "refused".
std::string answer_of(string_view line) {
    Secret<128> typed;
    return read_answer_line(line, typed) ? "'" + std::string(typed.reveal_text()) + "'" : "refused";
}

void keeps_an_answer_on_the_way_round(void**) {
    std::string all;
    for (int c = 0; c < 128; ++c) all += char(255 - c);
    for (const std::string& typed : {std::string("123456"), std::string(), std::string("-"),
                                     std::string("--"), std::string("a b\n%"), all}) {
        std::string line = written([&](Writer& out) { write_answer(typed, out); });
        std::string read = answer_of(without_newline(line)), expected = "'" + typed + "'";
        bool one_line = line.find('\n') == line.size() - 1;
        assert_true(read == expected);
        assert_true(one_line);
    }
}

void refuses_anything_but_an_answer(void**) {
    for (string_view line :
         {"", "cancel", "answer", "answer ", "answer text", "answer txt=1", "answer text=1 ",
          "answer text=1 x=2", "answer text=%", "Answer text=1", "cancel text=1"}) {
        std::string read = answer_of(line);
        if (read != "refused") fail_msg("'%s' is %s", std::string(line).c_str(), read.c_str());
    }
    assert_text_equal(answer_of("answer text=" + std::string(129, '1')), "refused");
    std::string longest = answer_of("answer text=" + std::string(128, '1'));
    assert_int_equal(longest.size(), 130);
}

void keeps_a_question_on_the_way_round(void**) {
    for (For what : {For::permission, For::proof, For::code, For::two_codes}) {
        for (unsigned v = 0; v <= unsigned(Verdict::clock_behind); ++v) {
            Ask ask{what, Verdict(v), v % 2 ? INT32_MIN : INT32_MAX, UINT32_MAX - v}, read;
            std::string line = written([&](Writer& out) { write_ask(ask, out); });
            bool fits = read_ask(without_newline(line), read);
            bool same = read.what == what && read.verdict == ask.verdict && read.skew == ask.skew &&
                        read.wait == ask.wait;
            assert_true(fits && same);
        }
    }
    Ask ask;
    for (string_view line :
         {"ask", "ask for=proof", "ask for=proof verdict=none skew=0",
          "ask for=it verdict=none skew=0 wait=0", "ask for=proof verdict=good skew=0 wait=0",
          "ask for=proof verdict=none skew=x wait=0", "ask for=proof verdict=none skew=0 wait=-1",
          "ask for=proof verdict=none skew=0 wait=0 x=1", "ask for=proof verdict=none skew=2147483648 wait=0",
          "tell for=proof verdict=none skew=0 wait=0"}) {
        assert_false(read_ask(line, ask));
    }
}

void keeps_a_key_on_the_way_round(void**) {
    Key key, read;
    std::string uri(1024, '%'); // every byte of it escaped
    key.uri = Text<1024>(uri);
    (void)key.secret.assign(bytes_of(std::string(104, 'A')));
    key.name = Text<32>(std::string(32, 'n'));
    key.type = Type::hotp;
    key.digits = 8;
    key.period = 120;
    std::string line = written([&](Writer& out) { write_key(key, out); });
    bool fits = read_key(without_newline(line), read);
    bool same = read.uri == uri && equal_secrets(read.secret.reveal(), key.secret.reveal()) &&
                read.name == key.name.view() && read.type == key.type && read.digits == 8 && read.period == 120;
    assert_true(fits && same);
    for (const std::string& bad :
         {std::string("key uri=x secret=A token=a type=totp digits=6"),
          "key uri=" + std::string(1025, 'x') + " secret=A token=a type=totp digits=6 period=30",
          "key uri=x secret=" + std::string(105, 'A') + " token=a type=totp digits=6 period=30",
          std::string("key uri=x secret=A token=a type=motp digits=6 period=30"),
          std::string("key uri=x secret=A token=- type=totp digits=6 period=30"),
          std::string("key uri=x secret=A token=a%20b type=totp digits=6 period=30"),
          std::string("key uri=x secret=A token=a type=totp digits=5 period=30"),
          std::string("key uri=x secret=A token=a type=totp digits=6 period=1"),
          std::string("token uri=x secret=A token=a type=totp digits=6 period=30"),
          std::string("key uri=x secret=A token=a type=totp digits=6 period=30 x=1")}) {
        assert_false(read_key(bad, read));
    }
}

void keeps_a_token_on_the_way_round_but_for_its_key(void**) {
    Credential credential;
    Token& token = given::add_token(credential, "fob-1", given::rfc_key, Type::hotp, 7, 45);
    token.hash = Hash::sha512;
    std::string line = written([&](Writer& out) { write_token_line(token, out); });
    Token read;
    bool fits = read_token_line(without_newline(line), read);
    assert_true(fits);
    assert_text_equal(line, "token token=fob-1 type=hotp hash=sha512 digits=7 period=45\n");
    assert_text_equal(read.name.view(), "fob-1");
    assert_int_equal(read.type, Type::hotp);
    assert_int_equal(read.hash, Hash::sha512);
    assert_int_equal(read.digits, 7);
    assert_int_equal(read.period, 45);
    assert_true(read.key.empty());
    for (string_view bad : {"token", "token token=- type=totp hash=sha1 digits=6 period=30",
                            "token token=a type=totp hash=sha1 digits=6 period=30 key=A",
                            "key token=a type=totp hash=sha1 digits=6 period=30"}) {
        assert_false(read_token_line(bad, read));
    }
}

void keeps_a_record_on_the_way_round(void**) {
    RecordLine record{32, 31, 1000, 9, UINT32_MAX, 65535, {}, 1, 2, 3, {UINT32_MAX, 4}, 5}, read;
    for (u8 i = 0; i < 16; ++i) record.wrong_from[i] = u8(255 - i);
    std::string line = written([&](Writer& out) { write_record_line(record, out); });
    bool fits = read_record_line(without_newline(line), read);
    assert_true(fits);
    assert_memory_equal(&read, &record, sizeof record);
    std::string good(without_newline(line));
    for (const std::string& bad :
         {good + " x=1", good.substr(1), std::string("record"),
          std::string("record codes_left=33") + good.substr(20), good.substr(0, good.size() - 2)}) {
        assert_false(read_record_line(bad, read));
    }
}

void keeps_a_login_on_the_way_round(void**) {
    LoginLine login{Text<255>(string_view("a b")), UINT32_MAX, {}}, read;
    for (u8 i = 0; i < 16; ++i) login.from[i] = u8(255 - i);
    std::string line = written([&](Writer& out) { write_login_line(login, out); });
    bool fits = read_login_line(without_newline(line), read);
    assert_true(fits);
    assert_true(read.user == login.user.view());
    assert_int_equal(read.time, UINT32_MAX);
    assert_memory_equal(&read.from, &login.from, sizeof login.from);
    std::string good(without_newline(line));
    for (const std::string& bad : {good + " x=1", good.substr(1), std::string("login"), good.substr(0, good.size() - 1)}) {
        assert_false(read_login_line(bad, read));
    }
}

void keeps_an_account_on_the_way_round(void**) {
    AccountLine account{Text<255>(std::string(255, ' ')), UINT32_MAX, Error::credential_damaged, false, true,
                        Text<255>(std::string(255, '%'))}, read;
    std::string line = written([&](Writer& out) { write_account_line(account, out); });
    bool fits = read_account_line(without_newline(line), read);
    assert_true(fits);
    assert_true(read.user == account.user.view());
    assert_true(read.older_key && read.now == account.now.view());
    assert_int_equal(read.uid, UINT32_MAX);
    assert_int_equal(read.error, Error::credential_damaged);
    for (string_view bad : {"account", "account user=a uid=1", "account user=a uid=4294967296 error=none has_shell=1",
                            "account user=a uid=1 error=fine has_shell=1", "account user=a uid=1 error=none",
                            "account user=a uid=1 error=none has_shell=2 older_key=0 now=-",
                            "account user=a uid=1 error=none has_shell=1", "account user=a uid=1 error=none has_shell=1 older_key=0",
                            "account user=a uid=1 error=none has_shell=1 older_key=0 now=- x=1"}) {
        assert_false(read_account_line(bad, read));
    }
}

void keeps_a_rule_on_the_way_round(void**) {
    RuleLine rule, again;
    rule.file = Text<510>(string_view("/etc/a b.conf"));
    rule.line = 7;
    rule.demand = Demand::enroll;
    rule.until = 1806537600;
    rule.defer = 1801440000;
    rule.shows_set_up = true;
    rule.reason = Text<120>(string_view("why = so"));
    rule.remember = 28800;
    std::string line = written([&](Writer& out) { write_rule_line(rule, out); });
    assert_text_equal(line, "rule file=/etc/a%20b.conf line=7 demand=enroll until=1806537600 defer=1801440000 "
                            "shows_set_up=1 reason=why%20%3D%20so remember=28800\n");
    bool read = read_rule_line(without_newline(line), again);
    assert_true(read && again.demand == rule.demand && again.until == rule.until && again.defer == rule.defer &&
                again.shows_set_up && again.remember == rule.remember && again.reason == rule.reason.view());
}

void keeps_a_row_of_a_picture_on_the_way_round(void**) {
    for (const std::string& text : {std::string("█▀▄ "), std::string("##  "), std::string(), std::string(longest_row, 'x')}) {
        Secret<longest_row> again;
        std::string line = written([&](Writer& out) { write_row(text, out); });
        bool read = read_row(without_newline(line), again);
        assert_true(read && again.reveal_text() == text);
    }
    Secret<longest_row> none;
    std::string too_long = "row text=" + std::string(longest_row + 1, 'x');
    assert_false(read_row(too_long, none) || read_row("row", none) || read_row("rows text=x", none));
}

void keeps_skews_and_codes_on_the_way_round(void**) {
    for (i64 seconds : {i64(0), i64(-30), i64(INT32_MAX), i64(INT32_MIN)}) {
        std::string line = written([&](Writer& out) { write_skew(seconds, out); });
        i64 read = 1;
        bool fits = read_skew(without_newline(line), read);
        assert_true(fits);
        assert_true(read == seconds);
    }
    i64 seconds = 0;
    for (string_view bad :
         {"skew", "skew seconds=", "skew seconds=2147483648", "skew seconds=1 x=1", "skw seconds=1"}) {
        assert_false(read_skew(bad, seconds));
    }
    Secret<17> code;
    std::string line = written([](Writer& out) { write_code("abcde-fghjk-mnpqr", out); });
    bool fits = read_code(without_newline(line), code);
    assert_true(fits);
    assert_text_equal(line, "code text=abcde-fghjk-mnpqr\n");
    assert_text_equal(code.reveal_text(), "abcde-fghjk-mnpqr");
    for (string_view bad : {"code", "code text=abcde-fghjk-mnpqrs", "code text=a x=1", "answer text=a"}) {
        assert_false(read_code(bad, code));
    }
}

void keeps_the_end_on_the_way_round(void**) {
    std::string user(255, ' '), detail(512, '\n');
    for (unsigned e = 0; e <= unsigned(last_error); ++e) {
        Done done{Error(e),   Verdict(e % 8),           e % 2 == 0,
                  e % 3 == 0, e, Text<255>(e ? user : ""), Text<512>(detail)},
            read;
        std::string line = written([&](Writer& out) { write_done(done, out); });
        bool fits = read_done(without_newline(line), read);
        bool same = read.error == done.error && read.verdict == done.verdict &&
                    read.changed == done.changed && read.replaced == done.replaced &&
                    read.wait == done.wait &&
                    read.user == done.user.view() && read.detail == done.detail.view();
        if (!fits || !same) fail_msg("%s", line.c_str());
    }
    Done done;
    for (string_view bad :
         {"done", "done error=none", "done error=fine verdict=none changed=0 replaced=0 wait=0 user=- detail=-",
          "done error=none verdict=fine changed=0 replaced=0 wait=0 user=- detail=-",
          "done error=none verdict=none changed=2 replaced=0 wait=0 user=- detail=-",
          "done error=none verdict=none changed=0 replaced=0 wait=0 user=-",
          "done error=none verdict=none changed=0 replaced=0 user=- detail=-",
          "done error=none verdict=none changed=0 replaced=0 wait=-1 user=- detail=-",
          "done error=none verdict=none changed=0 replaced=0 wait=0 user=- detail=- x=1"}) {
        assert_false(read_done(bad, done));
    }
}

void survives_any_line(void**) {
    // A sanitizer run looks on; whatever is taken for a request can be written and read again.
    std::mt19937_64 chance(7);
    unsigned read = 0;
    for (int i = 0; i < 20000; ++i) {
        std::string line = i % 2 ? setup_line : "verify user=a%20b";
        for (u64 n = chance() % 4; n > 0; --n) {
            size_t at = chance() % line.size();
            switch (chance() % 3) {
            case 0: line[at] = char(chance()); break;
            case 1: line.erase(at, 1 + chance() % 5); break;
            default: line.insert(at, line.substr(chance() % line.size(), chance() % 9)); break;
            }
            if (line.empty()) line = "x";
        }
        std::string once = request_again(line);
        if (once == "refused") continue;
        ++read;
        std::string twice = request_again(without_newline(once));
        assert_true(once == twice);
    }
    assert_true(read > 4000 && read < 16000);
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(keeps_a_request_on_the_way_round),
        cmocka_unit_test(reads_what_a_request_says),
        cmocka_unit_test(keeps_every_user_name_on_the_way_round),
        cmocka_unit_test(refuses_requests_that_are_none),
        cmocka_unit_test(refuses_a_set_up_of_what_no_record_holds),
        cmocka_unit_test(keeps_an_answer_on_the_way_round),
        cmocka_unit_test(refuses_anything_but_an_answer),
        cmocka_unit_test(keeps_a_question_on_the_way_round),
        cmocka_unit_test(keeps_a_key_on_the_way_round),
        cmocka_unit_test(keeps_a_token_on_the_way_round_but_for_its_key),
        cmocka_unit_test(keeps_a_record_on_the_way_round),
        cmocka_unit_test(keeps_a_login_on_the_way_round),
        cmocka_unit_test(keeps_an_account_on_the_way_round),
        cmocka_unit_test(keeps_a_rule_on_the_way_round),
        cmocka_unit_test(keeps_a_row_of_a_picture_on_the_way_round),
        cmocka_unit_test(keeps_skews_and_codes_on_the_way_round),
        cmocka_unit_test(keeps_the_end_on_the_way_round),
        cmocka_unit_test(survives_any_line),
    };
    return cmocka_run_group_tests_name("protocol", tests, nullptr, nullptr);
}
