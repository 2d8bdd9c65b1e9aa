// SPDX-License-Identifier: Apache-2.0
#include "../support/cmocka.h"
#include "core/account.h"
#include <algorithm>
#include <openssl/sha.h>
#include <string>
#include <vector>

using namespace totp;

namespace {
/// The file name, or the word of the error.
std::string file_of(string_view name) {
    Account account;
    Error error = make_account(name, 1000, account);
    return std::string(error == Error::none ? account.file.view() : word(error));
}

void keeps_plain_names(void**) {
    assert_text_equal(file_of("alice"), "alice");
    assert_text_equal(file_of("Z-9_"), "Z-9_");
    assert_text_equal(file_of("-x"), "-x");
}

void escapes_every_other_byte(void**) {
    assert_text_equal(file_of("a.b"), "a%2Eb");
    assert_text_equal(file_of("."), "%2E");
    assert_text_equal(file_of(".."), "%2E%2E");
    assert_text_equal(file_of("../x"), "%2E%2E%2Fx");
    assert_text_equal(file_of("a/b"), "a%2Fb");
    assert_text_equal(file_of("%n"), "%25n");
    assert_text_equal(file_of("a b\n"), "a%20b%0A");
    assert_text_equal(file_of("j\xc3\xb6rg"), "j%C3%B6rg");
    assert_text_equal(file_of("EXAMPLE\\alice"), "EXAMPLE%5Calice");
    assert_text_equal(file_of("alice@example.org"), "alice%40example%2Eorg");
}

void never_makes_a_dot_or_a_slash(void**) {
    // A name with a dot would be another record's file (<name>.<id>, <name>.pending, .store).
    for (unsigned byte = 1; byte < 256; ++byte) {
        char c = char(byte);
        std::string file = file_of(string_view(&c, 1));
        bool plain = file.find_first_of("./") == std::string::npos && !file.empty();
        assert_true(plain);
    }
}

void gives_each_byte_a_name_of_its_own(void**) {
    std::vector<std::string> files;
    for (unsigned byte = 1; byte < 256; ++byte) {
        char c = char(byte);
        files.push_back(file_of(string_view(&c, 1)));
    }
    std::sort(files.begin(), files.end());
    bool distinct = std::adjacent_find(files.begin(), files.end()) == files.end();
    assert_true(distinct);
}

void hashes_a_name_that_is_too_long_for_a_file(void**) {
    std::string longest(200, 'a');
    assert_text_equal(file_of(longest), longest.c_str());

    for (const std::string& name : {std::string(201, 'a'), std::string(255, 'a'), std::string(67, '.')}) {
        u8 hash[32];
        SHA256(reinterpret_cast<const u8*>(name.data()), name.size(), hash);
        std::string expected = "%h";
        for (u8 b : hash) {
            char two[3];
            snprintf(two, sizeof two, "%02x", unsigned(b));
            expected += two;
        }
        assert_text_equal(file_of(name), expected.c_str());
    }
    std::string dots = file_of(std::string(66, '.'));
    assert_int_equal(dots.size(), 198);
}

void refuses_names_that_no_account_has(void**) {
    assert_text_equal(file_of(""), "bad_account");
    assert_text_equal(file_of(std::string(256, 'a')), "bad_account");
    assert_text_equal(file_of(string_view("ali\0ce", 6)), "bad_account");
    assert_text_equal(file_of(string_view("\0", 1)), "bad_account");
}

void keeps_name_and_uid(void**) {
    Account account;
    Error error = make_account("a.b", 4294967295, account);
    assert_int_equal(error, Error::none);
    assert_text_equal(account.name.view(), "a.b");
    assert_int_equal(account.uid, 4294967295);
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(keeps_plain_names),
        cmocka_unit_test(escapes_every_other_byte),
        cmocka_unit_test(never_makes_a_dot_or_a_slash),
        cmocka_unit_test(gives_each_byte_a_name_of_its_own),
        cmocka_unit_test(hashes_a_name_that_is_too_long_for_a_file),
        cmocka_unit_test(refuses_names_that_no_account_has),
        cmocka_unit_test(keeps_name_and_uid),
    };
    return cmocka_run_group_tests_name("account", tests, nullptr, nullptr);
}
