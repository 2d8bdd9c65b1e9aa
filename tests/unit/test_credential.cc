// SPDX-License-Identifier: Apache-2.0
#include "../support/cmocka.h"
#include "core/credential.h"
#include "given.h"

using namespace totp;

namespace {
constexpr string_view key20 = "3132333435363738393031323334353637383930";

std::string token_line(const std::string& name = "phone", const std::string& rest = "") {
    return "token name=" + name +
           " type=totp hash=sha1 digits=6 period=30 offset=0 key=" + std::string(key20) + rest + "\n";
}
std::string with(const std::string& lines, const std::string& created = "created=1") {
    return "credential 1\n" + created + "\n" + lines;
}
const std::string salt(32, 'a'), digest_line = "digest sha256=" + std::string(32, 'b') + "\n";
const std::string backup_line = "backup salt=" + salt + " rounds=1000\n";

/// The word of the error.
std::string result(string_view text) {
    Credential credential;
    return std::string(word(read_credential(text, credential)));
}
std::string written(const Credential& credential) {
    std::array<char, longest_credential> room;
    Writer out(room);
    write_credential(credential, out);
    return out.ok() ? std::string(out.view()) : "no room";
}
std::string rewritten(string_view text) {
    Credential credential;
    Error error = read_credential(text, credential);
    return error == Error::none ? written(credential) : std::string(word(error));
}

void writes_the_text_that_it_always_wrote(void**) {
    // A change here needs a new version: credentials outlive programs.
    Credential credential;
    credential.created = 1700000000;
    given::add_token(credential, "phone", given::rfc_key);
    Token& fob = given::add_token(credential, "fob_1", given::rfc_key, Type::hotp, 8, 60);
    fob.hash = Hash::sha512;
    fob.offset = -240;
    credential.backup.rounds = 1000;
    credential.backup.salt.fill(0xaa);
    credential.backup.digests.grow()->fill(0xbb);
    std::string expected =
        "credential 1\ncreated=1700000000\n" + token_line() +
        "token name=fob_1 type=hotp hash=sha512 digits=8 period=60 offset=-240 key=" + std::string(key20) +
        "\n" + backup_line + digest_line;
    std::string text = written(credential), again = rewritten(text);
    assert_text_equal(text, expected.c_str());
    assert_text_equal(again, expected.c_str());
}

void keeps_the_fullest_credential_within_its_bounds(void**) {
    Credential credential;
    credential.created = u64(INT64_MAX);
    for (size_t i = 0; i < most_tokens; ++i) {
        Token& token = given::add_token(credential, std::string(32, char('a' + i)),
                                        std::string(64, char('k' + i)), Type::hotp, 8, 120);
        token.hash = Hash::sha512;
        token.offset = -most_offset;
    }
    given::add_backup_codes(credential, most_backup_codes);
    credential.backup.rounds = 1000000;
    std::string text = written(credential), again = rewritten(text);
    assert_true(text.size() < longest_credential);
    assert_text_equal(again, text.c_str());
}

void reads_codes_without_tokens_and_tokens_without_codes(void**) {
    assert_text_equal(result(with(token_line())), "none");
    assert_text_equal(result(with(backup_line + digest_line)), "none");
    assert_text_equal(result(with(backup_line + digest_line + token_line())), "none");
}

void refuses_a_credential_of_nothing(void**) {
    assert_text_equal(result(with("")), "credential_damaged");
    assert_text_equal(result(with(backup_line)), "credential_damaged");
    assert_text_equal(result(""), "credential_damaged");
}

void tells_a_newer_version_from_damage(void**) {
    for (string_view line : {"credential 3", "credential 10", "credential 18446744073709551615"}) {
        assert_text_equal(result(std::string(line) + "\nanything"), "credential_newer");
    }
    for (string_view line : {"credential", "credential ", "credential x", "credential 1 ", "credential 1x",
                             "Credential 3", "redential 3", "credential -3", "", "\xff"}) {
        assert_text_equal(result(std::string(line) + "\ncreated=1\n" + token_line()), "credential_damaged");
    }
}

std::string recovery(const std::string& lines, const std::string& until = "recovery until=86401") {
    return "credential 2\ncreated=1\n" + until + "\n" + lines;
}

void keeps_a_recovery_apart_from_what_older_programs_read(void**) {
    Credential credential;
    credential.created = 1700000000;
    credential.recovery_until = 1700086400;
    given::add_backup_codes(credential, 1);
    std::string text = written(credential), again = rewritten(text);
    assert_true(text.starts_with("credential 2\ncreated=1700000000\nrecovery until=1700086400\nbackup "));
    assert_text_equal(again, text.c_str());
    Credential other;
    Error error = read_credential(with(token_line()), credential);
    assert_int_equal(error, Error::none);
    assert_false(credential.is_recovery() || other.is_recovery());
}

void refuses_a_recovery_that_is_more_than_one_code_for_a_day(void**) {
    assert_text_equal(result(recovery(backup_line + digest_line)), "none");
    for (const std::string& lines : {std::string(), backup_line, token_line(), token_line() + backup_line + digest_line,
                                     backup_line + digest_line + digest_line}) {
        assert_text_equal(result(recovery(lines)), "credential_damaged");
    }
    for (const char* until : {"recovery until=86402", "recovery until=1", "recovery until=0", "recovery until=", "recovery",
                              "recovery until=86401 ", "recovery until=9223372036854775808", "", "token until=86401"}) {
        assert_text_equal(result(recovery(backup_line + digest_line, until)), "credential_damaged");
    }
    assert_text_equal(result(with("recovery until=86401\n" + backup_line + digest_line)), "credential_damaged");
}

void refuses_more_tokens_or_codes_than_a_state_holds(void**) {
    std::string eight, codes = backup_line;
    for (int i = 0; i < 8; ++i) eight += token_line("t" + std::to_string(i));
    for (int i = 0; i < 32; ++i) codes += digest_line;
    assert_text_equal(result(with(eight + codes)), "none");
    assert_text_equal(result(with(eight + token_line("t8"))), "credential_damaged");
    assert_text_equal(result(with(codes + digest_line)), "credential_damaged");
}

void refuses_every_line_that_does_not_fit(void**) {
    for (const std::string& lines :
         {std::string("\n"), std::string("other line\n"), token_line() + "\n", token_line("phone", " "),
          token_line("phone", "0"), token_line("phone", "00 more=1"), " " + token_line(), digest_line,
          digest_line + backup_line, token_line() + backup_line + backup_line + digest_line,
          backup_line + "digest sha256=" + std::string(30, 'b') + "\n",
          backup_line + "digest md5=" + salt + "\n", backup_line + "digest sha256=" + salt + " x\n",
          "backup salt=" + salt + " rounds=0\n", "backup salt=" + salt + " rounds=0\n" + digest_line,
          "backup salt=" + salt + " rounds=1000001\n" + digest_line,
          "backup salt=aa rounds=1\n" + digest_line, "backup rounds=1 salt=" + salt + "\n" + digest_line}) {
        assert_text_equal(result(with(token_line() + lines)), "credential_damaged");
    }
    for (const char* created :
         {"", "created=", "created=-1", "created=1 ", "created=9223372036854775808", "made=1"}) {
        assert_text_equal(result(with(token_line(), created)), "credential_damaged");
    }
}

/// A good token line with one word put in place of another.
std::string token_with(const std::string& old_word, const std::string& new_word) {
    std::string line = token_line();
    return result(with(line.replace(line.find(old_word), old_word.size(), new_word)));
}

void refuses_token_values_out_of_bounds(void**) {
    struct {
        const char *old_word, *good, *bad[4];
    } words[] = {
        {"name=phone", "name=A.b_-9", {"name=", "name=a/b", "name=a b", "name=phone%20"}},
        {"type=totp", "type=hotp", {"type=", "type=TOTP", "type=motp", "kind=totp"}},
        {"hash=sha1", "hash=sha256", {"hash=", "hash=SHA1", "hash=md5", "hash=sha1x"}},
        {"digits=6", "digits=8", {"digits=5", "digits=9", "digits=", "digits=+6"}},
        {"period=30", "period=15", {"period=14", "period=121", "period=0", "period=30s"}},
        {"period=30", "period=120", {"period=-30", "period=", "period=4294967326", "period= 30"}},
        {"offset=0", "offset=-240", {"offset=-241", "offset=241", "offset=", "offset=--1"}},
        {"offset=0",
         "offset=240",
         {"offset=9223372036854775808", "offset=-9223372036854775809", "offset=-", "x=0"}},
    };
    for (const auto& row : words) {
        assert_text_equal(token_with(row.old_word, row.good), "none");
        for (const char* bad : row.bad)
            assert_text_equal(token_with(row.old_word, bad), "credential_damaged");
    }
    assert_text_equal(token_with("name=phone", "name=" + std::string(32, 'a')), "none");
    assert_text_equal(token_with("name=phone", "name=" + std::string(33, 'a')), "credential_damaged");
    assert_text_equal(token_with(std::string(key20), std::string(20, 'a')), "none");
    assert_text_equal(token_with(std::string(key20), std::string(18, 'a')), "credential_damaged");
    assert_text_equal(token_with(std::string(key20), std::string(128, 'a')), "none");
    assert_text_equal(token_with(std::string(key20), std::string(130, 'a')), "credential_damaged");
    assert_text_equal(token_with(std::string(key20), std::string(19, 'a') + "g"), "credential_damaged");
    assert_text_equal(token_with(std::string(key20), ""), "credential_damaged");
}

void finds_tokens_by_name_and_key(void**) {
    Credential credential;
    given::add_token(credential, "phone", given::rfc_key);
    given::add_token(credential, "fob", "another key of twenty");
    int phone = credential.find("phone"), fob = credential.find("fob"), other = credential.find("pho");
    bool has = credential.has_key(bytes_of("another key of twenty")),
         has_not = credential.has_key(bytes_of("another"));
    assert_int_equal(phone, 0);
    assert_int_equal(fob, 1);
    assert_int_equal(other, -1);
    assert_true(has);
    assert_false(has_not);
}

void copies_all_of_a_token(void**) {
    Credential from, to;
    Token& token = given::add_token(from, "fob", given::rfc_key, Type::hotp, 7, 45);
    token.hash = Hash::sha256;
    token.offset = 9;
    to.tokens.grow()->copy_from(token);
    std::string one = written(from), other = written(to);
    assert_text_equal(other, one.c_str());
}

std::string head_line(const Head& head, const Account& account) {
    std::array<char, longest_head> room;
    Writer out(room);
    write_head(head, account, out);
    return out.ok() ? std::string(out.view()) : "no room";
}
std::string head_result(string_view line) {
    Head head;
    return std::string(word(read_head(line, given::account(), head)));
}
const std::string good_head = "pam_totp-credential-1 key=0000000000000001 id=0000000000000002 "
                              "replaces=8000000000000003 uid=1000 name=alice";

void writes_and_reads_a_head(void**) {
    std::string line = head_line({1, 2, nothing_in_force | 3}, given::account());
    Head head;
    Error error = read_head(good_head, given::account(), head);
    assert_text_equal(line, (good_head + "\n").c_str());
    assert_int_equal(error, Error::none);
    assert_int_equal(head.key, 1);
    assert_int_equal(head.id, 2);
    assert_int_equal(head.replaces, nothing_in_force | 3);
    Account longest;
    (void)make_account(std::string(200, 'a'), UINT32_MAX, longest);
    std::string fullest = head_line({~0ull, ~0ull, ~0ull}, longest);
    assert_int_equal(fullest.back(), '\n');
}

std::string head_with(const std::string& old_word, const std::string& new_word) {
    std::string line = good_head;
    return head_result(line.replace(line.find(old_word), old_word.size(), new_word));
}

void refuses_the_head_of_another_account(void**) {
    assert_text_equal(head_with("uid=1000", "uid=1001"), "credential_foreign");
    assert_text_equal(head_with("uid=1000", "uid=0"), "credential_foreign");
    assert_text_equal(head_with("name=alice", "name=alic"), "credential_foreign");
    assert_text_equal(head_with("name=alice", "name=alice2"), "credential_foreign");
}

void refuses_a_damaged_head(void**) {
    assert_text_equal(head_with("id=0000000000000002", "id=0000000000000000"), "credential_damaged");
    assert_text_equal(head_with("id=0000000000000002", "id=8000000000000002"),
                      "credential_damaged"); // never in force
    assert_text_equal(head_with("id=0000000000000002", "id=2"), "credential_damaged");
    assert_text_equal(head_with("key=", "kex="), "credential_damaged");
    assert_text_equal(head_with("uid=1000", "uid=4294968296"), "credential_damaged"); // 1000 in 32 bits
    assert_text_equal(head_with("uid=1000", "uid=-1"), "credential_damaged");
    assert_text_equal(head_with("name=alice", "name=alice "), "credential_damaged");
    assert_text_equal(head_with("name=alice", "name=alice x=1"), "credential_damaged");
    assert_text_equal(head_with(" replaces=8000000000000003", ""), "credential_damaged");
    assert_text_equal(head_with("credential-1", "credential-x"), "credential_damaged");
    assert_text_equal(head_with("credential-1", "credential-2"), "credential_newer");
    assert_text_equal(head_result(""), "credential_damaged");
    assert_text_equal(head_result("pam_totp-credential-1"), "credential_damaged");
}

void knows_which_ids_are_in_force(void**) {
    assert_false(in_force(0));
    assert_false(in_force(nothing_in_force));
    assert_false(in_force(nothing_in_force | 1));
    assert_true(in_force(1));
    assert_true(in_force(nothing_in_force - 1));
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(writes_the_text_that_it_always_wrote),
        cmocka_unit_test(keeps_the_fullest_credential_within_its_bounds),
        cmocka_unit_test(reads_codes_without_tokens_and_tokens_without_codes),
        cmocka_unit_test(refuses_a_credential_of_nothing),
        cmocka_unit_test(tells_a_newer_version_from_damage),
        cmocka_unit_test(keeps_a_recovery_apart_from_what_older_programs_read),
        cmocka_unit_test(refuses_a_recovery_that_is_more_than_one_code_for_a_day),
        cmocka_unit_test(refuses_more_tokens_or_codes_than_a_state_holds),
        cmocka_unit_test(refuses_every_line_that_does_not_fit),
        cmocka_unit_test(refuses_token_values_out_of_bounds),
        cmocka_unit_test(finds_tokens_by_name_and_key),
        cmocka_unit_test(copies_all_of_a_token),
        cmocka_unit_test(writes_and_reads_a_head),
        cmocka_unit_test(refuses_the_head_of_another_account),
        cmocka_unit_test(refuses_a_damaged_head),
        cmocka_unit_test(knows_which_ids_are_in_force),
    };
    return cmocka_run_group_tests_name("credential", tests, nullptr, nullptr);
}
