// SPDX-License-Identifier: Apache-2.0
// Days as rules and people write them, against libc's calendar.
#include "../support/cmocka.h"
#include "core/date.h"
#include <ctime>
#include <string>

using namespace totp;

namespace {
std::string by_libc(time_t seconds) {
    tm parts = {};
    char room[32];
    gmtime_r(&seconds, &parts);
    return {room, strftime(room, sizeof room, "%Y-%m-%d", &parts)};
}

void writes_and_reads_every_day_as_libc_does(void**) {
    size_t wrong = 0;
    for (u64 day = 0; day <= last_second / 86400; day += day < 60000 ? 1 : 97) {
        u64 end = 0;
        std::string date = by_libc(time_t(day * 86400));
        for (u64 second : {u64(0), u64(86399)}) wrong += date_of(day * 86400 + second).view() != date;
        wrong += !read_date(date, end) || end != (day + 1) * 86400;
    }
    assert_int_equal(wrong, 0);
    assert_text_equal(date_of(last_second).view(), "9999-12-31");
    assert_text_equal(date_of(UINT64_MAX).view(), "9999-12-31");
}

void refuses_what_is_no_day(void**) {
    u64 end = 0;
    for (string_view date : {"", "2027-02-29", "2100-02-29", "2027-13-01", "2027-00-01", "2027-01-00", "2027-1-01", "1969-12-31",
                             "10000-01-01", "2027/01/01", "2027-04-31", "+027-01-01", "2027-01-01 ", "2027-01--1"}) {
        if (read_date(date, end)) fail_msg("%s", std::string(date).c_str());
    }
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(writes_and_reads_every_day_as_libc_does),
        cmocka_unit_test(refuses_what_is_no_day),
    };
    return cmocka_run_group_tests_name("date", tests, nullptr, nullptr);
}
