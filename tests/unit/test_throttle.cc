// SPDX-License-Identifier: Apache-2.0
#include "../support/cmocka.h"
#include "core/throttle.h"

using namespace totp;

namespace {
constexpr Bucket ten_a_day{10, 86400};
constexpr u64 now = 1'700'000'000, day = 86400;

void begins_full(void**) {
    assert_int_equal(guesses_left(0, ten_a_day, now), 10);
    assert_int_equal(guesses_left(now, ten_a_day, now), 10);
    assert_int_equal(guesses_left(0, ten_a_day, 0), 10);
}

void holds_as_many_guesses_as_it_says(void**) {
    for (u32 size : {1u, 2u, 10u, 1000u}) {
        Bucket bucket{size, 3600};
        FullAt full_at = 0;
        for (u32 i = 0; i < size; ++i) {
            assert_int_equal(guesses_left(full_at, bucket, now), size - i);
            full_at = take_guess(full_at, bucket, now);
        }
        assert_int_equal(guesses_left(full_at, bucket, now), 0);
        assert_int_equal(full_at, now + u64(size) * 3600);
    }
}

void gives_one_guess_back_after_each_refill(void**) {
    FullAt full_at = now + 10 * day;
    assert_int_equal(guesses_left(full_at, ten_a_day, now), 0);
    assert_int_equal(guesses_left(full_at, ten_a_day, now + day - 1), 0);
    assert_int_equal(guesses_left(full_at, ten_a_day, now + day), 1);
    assert_int_equal(guesses_left(full_at, ten_a_day, now + 2 * day - 1), 1);
    assert_int_equal(guesses_left(full_at, ten_a_day, now + 2 * day), 2);
    assert_int_equal(guesses_left(full_at, ten_a_day, now + 10 * day), 10);
    assert_int_equal(guesses_left(full_at, ten_a_day, now + 1000 * day), 10);
}

void saves_up_no_more_than_it_holds(void**) {
    FullAt full_at = take_guess(now - 365 * day, ten_a_day, now);
    assert_int_equal(full_at, now + day);
    assert_int_equal(guesses_left(full_at, ten_a_day, now), 9);
}

void gives_fewer_than_400_guesses_a_year(void**) {
    FullAt full_at = 0;
    unsigned guesses = 0;
    for (u64 t = now; t < now + 365 * day; t += 600) {
        while (guesses_left(full_at, ten_a_day, t) > 0)
            full_at = take_guess(full_at, ten_a_day, t), ++guesses;
    }
    assert_int_equal(guesses, 374); // ten at once, and one on each later day
}

void never_puts_a_full_bucket_further_than_an_empty_one(void**) {
    FullAt full_at = now + 10 * day;
    assert_int_equal(take_guess(full_at, ten_a_day, now), full_at);
    assert_int_equal(take_guess(full_at, ten_a_day, now + 1), full_at + 1);
    // A clock that was years ahead, or a bucket that was larger.
    assert_int_equal(bounded(now + 4000 * day, ten_a_day, now), now + 10 * day);
    assert_int_equal(take_guess(now + 4000 * day, ten_a_day, now), now + 10 * day);
    assert_int_equal(bounded(full_at, Bucket{2, 60}, now), now + 120);
}

void leaves_alone_what_is_in_bounds(void**) {
    assert_int_equal(bounded(now + 10 * day, ten_a_day, now), now + 10 * day);
    assert_int_equal(bounded(now + 3, ten_a_day, now), now + 3);
    assert_int_equal(bounded(0, ten_a_day, now), 0);
}

void holds_a_thousand_guesses_of_a_month_each(void**) {
    Bucket largest{1000, 31 * 86400};
    FullAt full_at = take_guess(0, largest, now);
    assert_int_equal(full_at, now + 31 * day);
    assert_int_equal(guesses_left(full_at, largest, now), 999);
    assert_int_equal(bounded(UINT64_MAX, largest, now), now + 31'000 * day);
    assert_int_equal(guesses_left(now + 31'000 * day, largest, now), 0);
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(begins_full),
        cmocka_unit_test(holds_as_many_guesses_as_it_says),
        cmocka_unit_test(gives_one_guess_back_after_each_refill),
        cmocka_unit_test(saves_up_no_more_than_it_holds),
        cmocka_unit_test(gives_fewer_than_400_guesses_a_year),
        cmocka_unit_test(never_puts_a_full_bucket_further_than_an_empty_one),
        cmocka_unit_test(leaves_alone_what_is_in_bounds),
        cmocka_unit_test(holds_a_thousand_guesses_of_a_month_each),
    };
    return cmocka_run_group_tests_name("throttle", tests, nullptr, nullptr);
}
