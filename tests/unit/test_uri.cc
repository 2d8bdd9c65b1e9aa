// SPDX-License-Identifier: Apache-2.0
#include "../support/cmocka.h"
#include "core/uri.h"
#include "given.h"

using namespace totp;

namespace {
constexpr const char* rfc_key_in_base32 = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

std::string uri(const Token& token, string_view issuer, string_view account, u64 counter = 0,
                size_t room_size = longest_uri) {
    std::string room(room_size, '\0');
    Writer out(room);
    write_uri(token, issuer, account, counter, out);
    return out.ok() ? std::string(out.view()) : "no room";
}

void leaves_out_what_is_the_default(void**) {
    given::Owner owner;
    std::string text = uri(owner.token(), "example.org", "alice");
    std::string expected =
        "otpauth://totp/example.org:alice?secret=" + std::string(rfc_key_in_base32) + "&issuer=example.org";
    assert_text_equal(text, expected.c_str());
}

void names_what_is_not_the_default(void**) {
    given::Owner owner(Type::totp, 8, 60);
    owner.token().hash = Hash::sha256;
    std::string sha256 = uri(owner.token(), "nas", "alice");
    owner.token().hash = Hash::sha512;
    std::string sha512 = uri(owner.token(), "nas", "alice");
    std::string begin = "otpauth://totp/nas:alice?secret=" + std::string(rfc_key_in_base32) + "&issuer=nas";
    assert_text_equal(sha256, (begin + "&algorithm=SHA256&digits=8&period=60").c_str());
    assert_text_equal(sha512, (begin + "&algorithm=SHA512&digits=8&period=60").c_str());
}

void gives_the_counter_of_a_counter_based_token_and_no_period(void**) {
    given::Owner owner(Type::hotp, 6, 60);
    std::string zero = uri(owner.token(), "nas", "alice"), five = uri(owner.token(), "nas", "alice", 5);
    std::string begin = "otpauth://hotp/nas:alice?secret=" + std::string(rfc_key_in_base32) + "&issuer=nas";
    assert_text_equal(zero, (begin + "&counter=0").c_str());
    assert_text_equal(five, (begin + "&counter=5").c_str());
}

void escapes_what_could_end_a_part_early(void**) {
    given::Owner owner;
    std::string text = uri(owner.token(), "A & B=C?#/%:+", "a b@x\"\n\xc3\xa9~._-");
    std::string issuer = "A%20%26%20B%3DC%3F%23%2F%25%3A%2B";
    std::string expected = "otpauth://totp/" + issuer +
                           ":a%20b@x%22%0A%C3%A9~._-?secret=" + std::string(rfc_key_in_base32) +
                           "&issuer=" + issuer;
    assert_text_equal(text, expected.c_str());
}

void writes_keys_without_padding(void**) {
    Credential credential;
    std::string text = uri(given::add_token(credential, "phone", "foobar"), "x", "y");
    assert_text_equal(text, "otpauth://totp/x:y?secret=MZXW6YTBOI&issuer=x");
}

void says_when_it_does_not_fit(void**) {
    given::Owner owner;
    std::string text = uri(owner.token(), "nas", "alice"),
                cut = uri(owner.token(), "nas", "alice", 0, text.size() - 1);
    std::string just = uri(owner.token(), "nas", "alice", 0, text.size());
    assert_text_equal(cut, "no room");
    assert_text_equal(just, text.c_str());
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(leaves_out_what_is_the_default),
        cmocka_unit_test(names_what_is_not_the_default),
        cmocka_unit_test(gives_the_counter_of_a_counter_based_token_and_no_period),
        cmocka_unit_test(escapes_what_could_end_a_part_early),
        cmocka_unit_test(writes_keys_without_padding),
        cmocka_unit_test(says_when_it_does_not_fit),
    };
    return cmocka_run_group_tests_name("uri", tests, nullptr, nullptr);
}
