// SPDX-License-Identifier: Apache-2.0
// Whether somebody is in a group: yes and no as the host says, and "unknown" whenever it cannot say.
#include "../support/cmocka.h"
#include "calls.h"
#include "store/member.h"
#include <algorithm>
#include <cstdlib>
#include <grp.h>
#include <string>
#include <sys/mount.h>
#include <sys/resource.h>

INTERPOSE(int, getgrnam_r, (const char* name, group* entry, char* room, size_t size, group** found),
          (name, entry, room, size, found), errno)
INTERPOSE(int, getgrouplist, (const char* name, gid_t own, gid_t* groups, int* count), (name, own, groups, count), -1)

using namespace totp;

namespace {
constexpr gid_t own = 60001, listed = 60002;
const Person ann{"ann", own};

const std::string longest_name(255, 'g');

/// Groups of its own: ann is listed in one, which has two names, and behind ten thousand others in another. False
/// where root may not.
bool make_groups() {
    char name[] = "/tmp/group.XXXXXX";
    int fd = mkstemp(name);
    std::string text = longest_name + ":x:60005:ann\nanns:x:60001:\nstaff:x:60002:bob,ann\nalias:x:60002:bob\n";
    std::string others = "others:x:60004:bob,anna,an\n";
    text += "crowd:x:60003:";
    for (int i = 0; i < 10000; ++i) text += "person" + std::to_string(i) + ",";
    text += "ann\n" + others;
    bool done = write(fd, text.data(), text.size()) == ssize_t(text.size()) && fchmod(fd, 0644) == 0;
    close(fd);
    done = done && unshare(CLONE_NEWNS) == 0 && mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
           mount(name, "/etc/group", nullptr, MS_BIND, nullptr) == 0;
    unlink(name);
    return done;
}
bool has_groups = false;

void knows_who_is_in_a_group(void**) {
    if (!has_groups) skip();
    assert_int_equal(is_member(&ann, "anns"), Match::yes);
    assert_int_equal(is_member(&ann, "staff"), Match::yes);
    assert_int_equal(is_member(&ann, "crowd"), Match::yes);
    assert_int_equal(is_member(&ann, "alias"), Match::yes); // the list of the group's other name has her
    assert_int_equal(is_member(&ann, longest_name), Match::yes);
    assert_int_equal(is_member(&ann, "others"), Match::no);
    Person by_number{"person-of-no-list", listed};
    assert_int_equal(is_member(&by_number, "staff"), Match::yes);
    assert_int_equal(is_member(&by_number, "crowd"), Match::no);
}

void a_group_that_is_not_there_is_unknown_and_no_no(void**) {
    assert_int_equal(is_member(&ann, "no-such-group-here"), Match::unknown);
    assert_int_equal(is_member(&ann, ""), Match::unknown);
    assert_int_equal(is_member(&ann, longest_name + "g"), Match::unknown);
}

void what_the_group_itself_says_is_enough(void**) {
    if (!has_groups) skip();
    for (const char* name : {"anns", "staff", "crowd"}) {
        Match found = calls::during({}, [&] { return is_member(&ann, name); });
        bool looked_twice = std::find(calls::made.begin(), calls::made.end(), "getgrouplist") != calls::made.end();
        assert_int_equal(found, Match::yes);
        assert_false(looked_twice);
    }
}

void each_look_that_fails_is_unknown(void**) {
    if (!has_groups) skip();
    auto ask = [] { return is_member(&ann, "others"); };
    Match undisturbed = calls::during({}, ask);
    size_t made = calls::made.size(), unknown = 0;
    for (size_t at = 0; at < made; ++at) {
        for (int error : {EIO, ENOMEM, EMFILE, ERANGE}) {
            // Whoever is told that the room is too small asks again with more, and is answered then.
            bool asked_again = error == ERANGE && calls::made[at] == "getgrnam_r";
            Match must = asked_again ? Match::no : Match::unknown;
            unknown += calls::during({at, error}, ask) == must;
            (void)calls::during({}, ask);
        }
    }
    assert_int_equal(undisturbed, Match::no);
    assert_in_range(made, 4, 12);
    assert_int_equal(unknown, made * 4);
}

void under_low_limits_every_group_is_unknown(void**) {
    if (!has_groups) skip();
    struct Row {
        int limit;
        rlim_t low;
    };
    for (const Row& row : {Row{RLIMIT_NOFILE, 63}, Row{RLIMIT_AS, rlim_t(1) << 27}, Row{RLIMIT_DATA, rlim_t(1) << 27}}) {
        rlimit kept = {};
        getrlimit(__rlimit_resource(row.limit), &kept);
        rlimit low = {row.low, kept.rlim_max};
        setrlimit(__rlimit_resource(row.limit), &low);
        Match found = is_member(&ann, "staff");
        setrlimit(__rlimit_resource(row.limit), &kept);
        assert_int_equal(found, Match::unknown);
        assert_int_equal(is_member(&ann, "staff"), Match::yes);
    }
}
} // namespace

int main() {
    has_groups = make_groups();
    const CMUnitTest tests[] = {
        cmocka_unit_test(knows_who_is_in_a_group),
        cmocka_unit_test(a_group_that_is_not_there_is_unknown_and_no_no),
        cmocka_unit_test(what_the_group_itself_says_is_enough),
        cmocka_unit_test(each_look_that_fails_is_unknown),
        cmocka_unit_test(under_low_limits_every_group_is_unknown),
    };
    return cmocka_run_group_tests_name("member", tests, nullptr, nullptr);
}
