// SPDX-License-Identifier: Apache-2.0
#include "../support/cmocka.h"
#include "core/keyring.h"
#include "given.h"

using namespace totp;

namespace {
std::string key_line(u64 id, char sealing = 'a', char signing = 'b') {
    std::array<char, 16> digits;
    Writer out(digits);
    out.id(id);
    return std::string(out.view()) + " " + std::string(64, sealing) + " " + std::string(64, signing) + "\n";
}

/// How many sets were read, or -1.
int sets(string_view text) {
    Keyring keyring;
    return read_keyring(text, keyring) == Error::none ? int(keyring.sets.size()) : -1;
}

void reads_the_keys_of_each_line(void**) {
    Keyring keyring;
    Error error = read_keyring(key_line(0x0123456789abcdef, '1', '2') + key_line(7, '3', '4'), keyring);
    const KeySet *first = keyring.find(0x0123456789abcdef), *second = keyring.find(7),
                 *none = keyring.find(8);
    const KeySet* zero = keyring.find(0);
    assert_int_equal(error, Error::none);
    assert_ptr_equal(first, &keyring.newest());
    assert_ptr_equal(second, &keyring.sets[1]);
    assert_null(none);
    assert_null(zero);
    u8 bytes[] = {first->sealing.reveal()[31], first->signing.reveal()[31], second->sealing.reveal()[0],
                  second->signing.reveal()[0]};
    size_t sizes = first->sealing.size() + first->signing.size();
    assert_int_equal(bytes[0], 0x11);
    assert_int_equal(bytes[1], 0x22);
    assert_int_equal(bytes[2], 0x33);
    assert_int_equal(bytes[3], 0x44);
    assert_int_equal(sizes, 64);
}

void reads_what_it_writes(void**) {
    std::array<char, 200> room;
    Writer out(room);
    write_key_set(*given::host().find(given::key_id), out);
    Keyring keyring;
    Error error = read_keyring(out.view(), keyring);
    bool same = error == Error::none && keyring.newest().id == given::key_id &&
                equal_secrets(keyring.newest().sealing.reveal(), given::host().newest().sealing.reveal()) &&
                equal_secrets(keyring.newest().signing.reveal(), given::host().newest().signing.reveal());
    assert_true(same);
}

void skips_comments_and_empty_lines(void**) {
    int read = sets("# the host key\n\n" + key_line(1) + "#\n" + key_line(2) + "\n");
    std::string no_newline = key_line(3);
    no_newline.pop_back();
    int last = sets(no_newline);
    assert_int_equal(read, 2);
    assert_int_equal(last, 1);
}

/// Files from before there was such a line have none.
void knows_the_version_in_the_first_line(void**) {
    Keyring keyring;
    auto read = [&](const std::string& text) { return std::string(word(read_keyring(text, keyring))); };
    std::string line = key_line(1);
    std::string own = read("pam_totp-key-1\n" + line), none = read(line), behind = read(line + "pam_totp-key-1\n");
    std::string newer = read("# x\npam_totp-key-2\nsomething else\n"), much_newer = read("pam_totp-key-10\n");
    std::string other = read("pam_totp-key-x\n" + line);
    assert_text_equal(own, "none");
    assert_text_equal(none, "none");
    assert_text_equal(behind, "key_malformed");
    assert_text_equal(newer, "key_newer");
    assert_text_equal(much_newer, "key_newer");
    assert_text_equal(other, "key_malformed");
}

void refuses_a_file_without_keys(void**) {
    for (string_view text : {"", "\n", "# nothing\n"}) assert_int_equal(sets(text), -1);
}

void refuses_an_id_of_0_or_given_twice(void**) {
    int zero = sets(key_line(0)), twice = sets(key_line(5) + key_line(6) + key_line(5, 'c', 'd'));
    assert_int_equal(zero, -1);
    assert_int_equal(twice, -1);
}

void holds_eight_sets_and_no_more(void**) {
    std::string text;
    for (u64 id = 1; id <= 8; ++id) text += key_line(id);
    int eight = sets(text), nine = sets(text + key_line(9));
    assert_int_equal(eight, 8);
    assert_int_equal(nine, -1);
    assert_true(text.size() <= longest_key_file);
}

void refuses_lines_that_do_not_fit(void**) {
    std::string line = key_line(1), bare = line.substr(0, line.size() - 1);
    for (const std::string& text :
         {bare + " \n", " " + line, bare + " x\n", bare + "a\n", line.substr(0, line.size() - 2) + "\n",
          line.substr(0, 81), line.substr(0, 16), "1 " + line.substr(17), bare + "\r\n", "x" + line.substr(1),
          line.substr(0, 20) + "g" + line.substr(21), line.substr(0, 100) + "g" + line.substr(101),
          line.substr(0, 16) + "  " + line.substr(17), line + "rubbish\n"}) {
        assert_int_equal(sets(text), -1);
    }
}
std::string file_of(const KeySet* first, const Keyring& keyring, size_t kept) {
    std::array<char, longest_key_file> room;
    Writer out(room);
    write_key_file(first, keyring, kept, out);
    return out.ok() ? std::string(out.view()) : "does not fit";
}

void puts_a_new_set_above_the_others(void**) {
    Keyring before, after, one;
    given::make_keyring(before, {7, 8});
    given::make_keyring(one, {9});
    Error error = read_keyring(file_of(&one.sets[0], before, most_key_sets), after);
    assert_int_equal(error, Error::none);
    assert_int_equal(after.sets.size(), 3);
    assert_int_equal(after.newest().id, 9);
    assert_int_equal(after.sets[2].id, 8);
    assert_true(equal_secrets(after.sets[1].sealing.reveal(), before.sets[0].sealing.reveal()));
    assert_int_equal(after.retired.size(), 0);
}

void keeps_of_a_retired_set_the_id_alone(void**) {
    Keyring before, after;
    given::make_keyring(before, {7, 8});
    std::string text = file_of(nullptr, before, 1);
    Error error = read_keyring(text, after);
    std::array<char, 64> room;
    std::string key(Writer(room).hex(before.sets[1].sealing.reveal()).view());
    assert_int_equal(error, Error::none);
    assert_int_equal(after.sets.size(), 1);
    assert_null(after.find(8));
    assert_true(after.is_retired(8) && !after.is_retired(7));
    assert_true(text.find(key) == std::string::npos);
}

void holds_the_newest_eight_retired_ids(void**) {
    Keyring full, after;
    given::make_keyring(full, {1, 2, 3, 4, 5, 6, 7, 8});
    (void)read_keyring(file_of(nullptr, full, 1), after);
    Keyring next;
    given::make_keyring(next, {9, 1});
    for (u64 id : after.retired) next.retired.push(id);
    Error error = read_keyring(file_of(nullptr, next, 1), after);
    assert_int_equal(error, Error::none);
    assert_int_equal(after.retired.size(), 8);
    assert_true(after.is_retired(1) && after.is_retired(8));
    next.retired.push(55);
    (void)read_keyring(file_of(nullptr, next, 1), after);
    assert_false(after.is_retired(55)); // the oldest
}

void refuses_retired_ids_that_do_not_fit(void**) {
    std::string good = "retired 0000000000000009\n", set = key_line(1);
    assert_int_equal(sets(set + good), 1);
    for (const std::string& line : {std::string("retired 0000000000000000\n"), std::string("retired 0000000000000001\n"),
                                    std::string("retired 9\n"), std::string("retired \n"), good + good,
                                    good + key_line(9), std::string("retired 0000000000000009 \n")}) {
        assert_int_equal(sets(set + line), -1);
    }
    assert_int_equal(sets(good), -1); // no set at all
}

void forgets_what_it_held_when_it_reads_anew(void**) {
    Keyring keyring;
    std::array<u8, 16> before, after, right;
    bool signs = read_keyring(key_line(1, 'a', 'b') + "retired 0000000000000005\n", keyring) == Error::none &&
                 keyring.newest().sign(bytes_of("x"), before);
    signs = signs && read_keyring(key_line(2, 'c', 'd'), keyring) == Error::none && keyring.newest().sign(bytes_of("x"), after);
    Keyring other;
    signs = signs && read_keyring(key_line(2, 'c', 'd'), other) == Error::none && other.newest().sign(bytes_of("x"), right);
    assert_true(signs && after == right && before != after);
    assert_null(keyring.find(1));
    assert_false(keyring.is_retired(5));
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_keys_of_each_line),       cmocka_unit_test(reads_what_it_writes),
        cmocka_unit_test(skips_comments_and_empty_lines),    cmocka_unit_test(knows_the_version_in_the_first_line),
        cmocka_unit_test(refuses_a_file_without_keys),
        cmocka_unit_test(refuses_an_id_of_0_or_given_twice), cmocka_unit_test(holds_eight_sets_and_no_more),
        cmocka_unit_test(refuses_lines_that_do_not_fit),
        cmocka_unit_test(puts_a_new_set_above_the_others),
        cmocka_unit_test(keeps_of_a_retired_set_the_id_alone),
        cmocka_unit_test(holds_the_newest_eight_retired_ids),
        cmocka_unit_test(refuses_retired_ids_that_do_not_fit),
        cmocka_unit_test(forgets_what_it_held_when_it_reads_anew),
    };
    return cmocka_run_group_tests_name("keyring", tests, nullptr, nullptr);
}
