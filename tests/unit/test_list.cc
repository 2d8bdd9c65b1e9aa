// SPDX-License-Identifier: Apache-2.0
// The bounded containers: List, Text and Secret.
#include "../support/cmocka.h"
#include "core/list.h"
#include "core/secret.h"
#include <new>

using namespace totp;

namespace {
void holds_no_more_than_it_has_room_for(void**) {
    List<int, 2> list;
    bool one = list.push(1), two = list.push(2), three = list.push(3);
    int* grown = list.grow();
    assert_true(one && two);
    assert_false(three);
    assert_null(grown);
    assert_int_equal(list.size(), 2);
    assert_int_equal(list.capacity(), 2);
    assert_int_equal(list[0], 1);
    assert_int_equal(list[1], 2);
    int sum = 0;
    for (int i : list) sum += i;
    assert_int_equal(sum, 3);
}

void cuts_a_text_and_says_so(void**) {
    Text<3> text("ab");
    bool whole = !text.cut();
    text.add("cd");
    bool cut = text.cut();
    text.add("");
    assert_true(whole);
    assert_true(cut);
    assert_true(text.cut());
    assert_text_equal(text.view(), "abc");
    assert_string_equal(text.c_str(), "abc");
    assert_int_equal(text.size(), 3);
    assert_false(text.empty());
    assert_true(text == "abc");
    assert_false(text == "ab");
}

void keeps_no_secret_that_does_not_fit(void**) {
    Secret<4> secret;
    bool fits = secret.assign(bytes_of("abcd")), too_long = secret.assign(bytes_of("abcde"));
    assert_true(fits);
    assert_false(too_long);
    assert_true(secret.empty());
    assert_int_equal(secret.fill(5).size(), 0);
    assert_int_equal(secret.fill(4).size(), 4);
    bool full = secret.push('e');
    assert_false(full);
    secret.wipe();
    bool pushed = secret.push('e');
    assert_true(pushed);
    assert_text_equal(secret.reveal_text(), "e");
    bool nothing = secret.assign({});
    assert_true(nothing);
    assert_int_equal(secret.size(), 0);
}

/// Whether any byte of the storage is 's'.
bool remembers(const unsigned char* storage, size_t size) {
    for (size_t i = 0; i < size; ++i) {
        if (storage[i] == 's') return true;
    }
    return false;
}

void wipes_a_secret(void**) {
    using Kept = Secret<8>;
    alignas(Kept) unsigned char storage[sizeof(Kept)]{};
    auto* secret = new (storage) Kept;
    // Read through a volatile, so that the bytes of a dead object are looked at all the same.
    const unsigned char* volatile seen = storage;
    (void)secret->assign(bytes_of("ssssssss"));
    bool there = remembers(seen, sizeof storage);
    secret->shrink(0);
    bool shrunk = remembers(seen, sizeof storage);
    (void)secret->assign(bytes_of("ssssssss"));
    secret->wipe();
    bool wiped = remembers(seen, sizeof storage);
    (void)secret->assign(bytes_of("ssssssss"));
    (void)secret->fill(1);
    bool refilled = remembers(seen, sizeof storage);
    (void)secret->assign(bytes_of("ssssssss"));
    // Through a pointer, so that the compiler cannot see that nobody may look afterwards.
    void (*volatile destroy)(Kept*) = [](Kept* kept) { kept->~Kept(); };
    destroy(secret);
    bool dead = remembers(seen, sizeof storage);
    assert_true(there);
    assert_false(shrunk);
    assert_false(wiped);
    assert_false(refilled);
    assert_false(dead);
}

void keeps_the_rest_of_a_secret_that_shrinks(void**) {
    Secret<8> secret;
    (void)secret.assign(bytes_of("abcdef"));
    secret.shrink(9);
    assert_int_equal(secret.size(), 6);
    secret.shrink(2);
    assert_text_equal(secret.reveal_text(), "ab");
}

void compares_secrets_by_size_and_every_byte(void**) {
    assert_true(equal_secrets(bytes_of("abc"), bytes_of("abc")));
    assert_true(equal_secrets({}, {}));
    assert_false(equal_secrets(bytes_of("abc"), bytes_of("abd")));
    assert_false(equal_secrets(bytes_of("abc"), bytes_of("xbc")));
    assert_false(equal_secrets(bytes_of("abc"), bytes_of("ab")));
    assert_false(equal_secrets(bytes_of("ab"), bytes_of("abc")));
    assert_false(equal_secrets({}, bytes_of("a")));
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(holds_no_more_than_it_has_room_for),
        cmocka_unit_test(cuts_a_text_and_says_so),
        cmocka_unit_test(keeps_no_secret_that_does_not_fit),
        cmocka_unit_test(wipes_a_secret),
        cmocka_unit_test(keeps_the_rest_of_a_secret_that_shrinks),
        cmocka_unit_test(compares_secrets_by_size_and_every_byte),
    };
    return cmocka_run_group_tests_name("list", tests, nullptr, nullptr);
}
