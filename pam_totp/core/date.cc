// SPDX-License-Identifier: Apache-2.0
#include "date.h"
#include "words.h"

namespace totp {
namespace {

/// Days from 1970-01-01 to a date of the Gregorian calendar.
i64 days_to(i64 year, unsigned month, unsigned day) {
    i64 years = month <= 2 ? year - 1 : year; // that begin in March: so the leap day is the last one
    i64 of_year = (153 * (i64(month) + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return years * 365 + years / 4 - years / 100 + years / 400 + of_year - 719468;
}

bool read_digits(string_view text, size_t size, unsigned least, unsigned most, unsigned& value) {
    u64 number = 0;
    if (text.size() != size || !read_number(text, number) || number < least || number > most) return false;
    return value = unsigned(number), true;
}

void add_number(Text<10>& date, u64 number, unsigned digits) {
    for (u64 unit = digits == 4 ? 1000 : 10; unit > 0; unit /= 10) date.add(char('0' + number / unit % 10));
}
} // namespace

bool read_date(string_view text, u64& end) {
    unsigned year = 0, month = 0, day = 0;
    bool fits = text.size() == 10 && text[4] == '-' && text[7] == '-' && read_digits(slice(text, 0, 4), 4, 1970, 9999, year) &&
                read_digits(slice(text, 5, 2), 2, 1, 12, month) && read_digits(slice(text, 8, 2), 2, 1, 31, day);
    if (!fits) return false;
    unsigned next_month = month == 12 ? 1 : month + 1;
    bool in_month = days_to(year, month, day) < days_to(month == 12 ? year + 1 : year, next_month, 1);
    end = u64(days_to(year, month, day) + 1) * 86400;
    return in_month;
}

Text<10> date_of(u64 time) {
    i64 day = i64(std::min<u64>(time, last_second) / 86400);
    unsigned year = 1970, month = 1;
    year += unsigned(day / 366); // never too late, and at most some years too early
    while (days_to(year + 1, 1, 1) <= day) ++year;
    while (month < 12 && days_to(year, month + 1, 1) <= day) ++month;
    Text<10> date;
    add_number(date, year, 4);
    add_number(date.add('-'), month, 2);
    add_number(date.add('-'), u64(day - days_to(year, month, 1)) + 1, 2);
    return date;
}

} // namespace totp
