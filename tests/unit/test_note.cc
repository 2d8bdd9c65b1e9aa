// SPDX-License-Identifier: Apache-2.0
// The note of a change that waits: what is written is read, and anything else is refused.
#include "../../tools/host/change.h"
#include "../support/cmocka.h"

using namespace totp::host;

namespace {
const std::string sum = digest(std::string("x"));
const Note full{"sshd", "1764000000", 4711, "0f8e", {{"/etc/pam.d/sshd", sum, digest(std::string("y"))}, {"/etc/ssh/a b", "-", sum}}};

void keeps_a_note_on_the_way_round(void**) {
    Note one = full, read;
    one.files.pop_back();
    bool fits = read_note(note_text(one), read);
    assert_true(fits);
    assert_text_equal(note_text(read), note_text(one).c_str());
    assert_text_equal(read.files[0].after, one.files[0].after.c_str());
    assert_int_equal(read.deadline, 4711);
}

void refuses_what_is_no_note(void**) {
    Note one = full, read;
    one.files.pop_back();
    std::string good = note_text(one), cut = good.substr(0, good.size() - 1);
    assert_false(read_note(note_text(full), read)); // no path of ours has a blank
    for (const std::string& bad : {std::string(), cut, good + "x 1\n", good + "deadline -1\n", good + "deadline 1 2\n",
                                   good + "file - - etc\n", good + "file x - /etc\n", good.substr(0, good.find("file"))}) {
        assert_false(read_note(bad, read));
    }
}

void knows_the_version(void**) {
    Note one = full, read;
    one.files.pop_back();
    std::string good = note_text(one), older = good, newer = good;
    older.erase(older.find("version 1\n"), 10); // from before there was such a line
    newer.replace(newer.find("version 1"), 9, "version 2");
    assert_true(read_note(older, read));
    assert_false(is_note_of_another_version(good));
    assert_false(read_note(newer, read));
    assert_true(is_note_of_another_version(newer));
    assert_false(is_note_of_another_version(good + "x 1\n"));
}

void knows_a_file_that_is_not_there_from_an_empty_one(void**) {
    assert_text_equal(digest({}), "-");
    assert_text_equal(digest(std::string()), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(keeps_a_note_on_the_way_round),
        cmocka_unit_test(refuses_what_is_no_note),
        cmocka_unit_test(knows_the_version),
        cmocka_unit_test(knows_a_file_that_is_not_there_from_an_empty_one),
    };
    return cmocka_run_group_tests_name("note", tests, nullptr, nullptr);
}
