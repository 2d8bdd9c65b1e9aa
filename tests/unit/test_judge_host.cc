// SPDX-License-Identifier: Apache-2.0
// What no test host has: other file systems, clocks out of step; and sshd's ways in, as values.
#include "../../tools/host/judge_files.h"
#include "../../tools/host/judge_sshd.h"
#include "../../tools/host/judge_sudo.h"
#include "../../tools/host/records.h"
#include "../support/cmocka.h"

using namespace totp;
using namespace totp::host;

namespace {
/// LEVEL ID of each, with blanks between.
std::string shown(const Findings& findings) {
    std::string out;
    for (const host::Finding& one : findings) out += (out.empty() ? "" : " ") + std::string(host::word(one.level)) + " " + one.id;
    return out;
}

void knows_the_file_systems_that_are_no_place_for_a_store(void**) {
    struct {
        unsigned long type;
        bool copies;
        const char* found;
    } rows[] = {
        {0xEF53, true, ""},                               // ext4
        {0x58465342, true, ""},                           // xfs
        {0x9123683E, true, "warning store_copies"},       // btrfs
        {0x9123683E, false, ""},                          // with chattr +C
        {0x2FC12FC1, true, "note store_copies"},          // zfs, which has no such thing
        {0x6969, true, "danger store_remote"},            // nfs
        {0xFF534D42, true, "danger store_remote"},        // cifs
        {0x65735546, true, "danger store_remote"},        // fuse
        {0x01021994, true, "danger store_volatile"},      // tmpfs
    };
    for (const auto& row : rows) assert_text_equal(shown(judge_disk("/s", {row.type, row.copies})), row.found);
    assert_text_equal(judge_disk("/s", {0x9123683E, true})[0].fix, "chattr +C /s");
}

void warns_of_a_clock_that_nothing_keeps_in_step(void**) {
    assert_text_equal(shown(judge_clock(false)), "warning clock_unsynchronised");
    assert_text_equal(shown(judge_clock(true)), "");
}

Sshd sshd_of(const std::string& methods, const std::string& more = "") {
    return read_sshd("usepam yes\nkbdinteractiveauthentication yes\npubkeyauthentication yes\npasswordauthentication no\n"
                     "permitrootlogin no\nlogingracetime 120\nusedns no\nmaxauthtries 6\nauthenticationmethods " +
                     methods + "\n" + more);
}

void tells_the_ways_into_sshd_apart(void**) {
    struct {
        const char* methods;
        bool asks, proves;
        const char* found;
    } rows[] = {
        {"publickey,keyboard-interactive:pam", true, true, ""},
        {"keyboard-interactive:pam", true, false, ""},
        {"publickey,keyboard-interactive", true, true, ""},
        {"publickey,password publickey,keyboard-interactive", false, true, "danger sshd_either"},
        {"publickey keyboard-interactive:pam", false, false, "danger sshd_either"},
        {"any", false, false, "danger sshd_key_alone"},
        {"publickey", false, true, ""},
        {"keyboard-interactive:pam,publickey", true, false, "warning sshd_order"},
        {"gssapi-with-mic,keyboard-interactive:pam", true, false, "warning sshd_order"},
    };
    Rules none;
    for (const auto& row : rows) {
        Sshd sshd = sshd_of(row.methods);
        assert_int_equal(sshd.always_asks(), row.asks);
        assert_int_equal(sshd.proves_before(), row.proves);
        std::vector<Visitor> visitors{{"root", sshd, false, ""}};
        assert_text_equal(shown(judge_sshd(visitors, none, "f", 0)), row.found);
    }
    std::vector<Visitor> set_up{{"anna", sshd_of("publickey"), true, ""}};
    assert_text_equal(shown(judge_sshd(set_up, none, "f", 0)), "warning sshd_key_chosen");
    std::vector<Visitor> other{{"root", sshd_of("publickey,keyboard-interactive", "pamservicename ssh-in\n"), false, ""}};
    assert_text_equal(shown(judge_sshd(other, none, "f", 0)), "danger sshd_service");
    other[0].sshd.values["pamservicename"] = "sshd";
    assert_text_equal(shown(judge_sshd(other, none, "f", 0)), "");
    assert_true(sshd_of("any", "passwordauthentication yes\n").takes_password());
    assert_false(sshd_of("keyboard-interactive", "passwordauthentication yes\n").takes_password());
}

void names_everybody_of_whom_a_finding_is_true(void**) {
    Rules none;
    std::vector<Visitor> visitors{{"root", sshd_of("any"), false, ""}, {"rob", sshd_of("publickey"), false, ""}, {"anna", sshd_of("any"), true, ""}};
    Findings found = judge_sshd(visitors, none, "f", 0);
    assert_text_equal(shown(found), "danger sshd_key_alone");
    assert_text_equal(found[0].what, "a key alone lets in: root, anna");
}

void finds_whom_sudo_asks_for_nothing(void**) {
    struct {
        const char *line, *fix;
    } rows[] = {
        {"%sudo ALL=(ALL:ALL) ALL", ""},
        {"anna ALL=(ALL) NOPASSWD: ALL", "anna ALL=(ALL) PASSWD: ALL"},
        {"anna ALL=(ALL) NOPASSWD:SETENV: /bin/a, NOPASSWD: /bin/b", "anna ALL=(ALL) PASSWD:SETENV: /bin/a, PASSWD: /bin/b"},
        {"# anna ALL=(ALL) NOPASSWD: ALL", ""},
        {"anna ALL=(ALL) ALL # not NOPASSWD", ""},
        {"#1000 ALL=(ALL) NOPASSWD: ALL", "#1000 ALL=(ALL) PASSWD: ALL"},
        {"anna ALL=(ALL) \\\nNOPASSWD: ALL", "anna ALL=(ALL) PASSWD: ALL"},
        {"Defaults:anna !authenticate", "take this line away: Defaults:anna !authenticate"},
        {"Defaults authenticate", ""},
    };
    for (const auto& row : rows) {
        Findings found = judge_sudoers("f", std::string("Defaults env_reset\n") + row.line + "\n");
        assert_int_equal(found.size(), *row.fix ? 1 : 0);
        if (!*row.fix) continue;
        assert_text_equal(found[0].where, "f:2");
        assert_text_equal(found[0].fix, row.fix);
    }
    assert_true(is_sudoers("90-cloud-init-users"));
    assert_false(is_sudoers("README.txt"));
    assert_false(is_sudoers("old~"));
}

void tells_records_apart(void**) {
    std::vector<RecordAt> records{{"a", Error::none, {}, 1, 3, 10},          {"b", Error::none, {}, 1, 0, 10},
                                  {"c", Error::bad_account, {}, 0, 0, 0},     {"d", Error::credential_foreign, {}, 0, 0, 0},
                                  {"e", Error::journal_damaged, {}, 0, 0, 0}, {"f", Error::none, {}, 2, 0, 10}};
    assert_text_equal(shown(judge_records(records)),
                      "note no_backup_codes warning record_without_account danger record_other_uid danger record_unreadable");
}

void names_the_command_for_what_keys_and_renamed_accounts_left(void**) {
    std::vector<RecordAt> records{{"a", Error::none, {}, 1, 3, 10, true, ""},
                                  {"b", Error::none, {}, 1, 3, 10, true, ""},
                                  {"c", Error::bad_account, {}, 0, 0, 0, false, "d"},
                                  {"e", Error::record_unsafe, {}, 0, 0, 0, false, "e"}};
    Findings found = judge_records(records);
    assert_text_equal(shown(found), "warning records_older_key danger record_other_name danger record_other_uid");
    assert_text_equal(found[0].what, "2 records are sealed with an older host key");
    assert_text_equal(found[0].fix, "pam-totp rekey");
    assert_text_equal(found[1].fix, "pam-totp rebind --from c -u d");
    assert_text_equal(found[2].fix, "pam-totp rebind -u e");
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(knows_the_file_systems_that_are_no_place_for_a_store),
        cmocka_unit_test(warns_of_a_clock_that_nothing_keeps_in_step),
        cmocka_unit_test(tells_the_ways_into_sshd_apart),
        cmocka_unit_test(names_everybody_of_whom_a_finding_is_true),
        cmocka_unit_test(finds_whom_sudo_asks_for_nothing),
        cmocka_unit_test(tells_records_apart),
        cmocka_unit_test(names_the_command_for_what_keys_and_renamed_accounts_left),
    };
    return cmocka_run_group_tests_name("judge_host", tests, nullptr, nullptr);
}
