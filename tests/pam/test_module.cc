// SPDX-License-Identifier: Apache-2.0
// The module through the real libpam: every return code, and what people read.
#include "bed.h"
#include <fcntl.h>

using namespace bed;

namespace {

std::string permit = "auth required pam_permit.so\n";

void accepts_a_right_code(void**) {
    Bed b;
    b.enrol();
    int first = b.login({b.code()});
    assert_int_equal(first, PAM_SUCCESS);
}

void once_a_code_is_accepted(void**) {
    Bed b;
    b.enrol();
    std::string code = b.code();
    int first = b.login({code}), second = b.login({code});
    assert_int_equal(first, PAM_SUCCESS);
    assert_int_equal(second, PAM_AUTH_ERR);
}

void once_a_backup_code_is_accepted(void**) {
    Bed b;
    b.enrol();
    int first = b.login({"01234-56789-ABCDE"}), second = b.login({"01234-56789-abcde"});
    assert_int_equal(first, PAM_SUCCESS);
    assert_int_equal(second, PAM_AUTH_ERR);
}

void accepts_a_code_with_a_blank_and_a_newline(void**) {
    Bed b;
    b.enrol();
    std::string code = b.code();
    assert_int_equal(b.login({" " + code.substr(0, 3) + " " + code.substr(3) + "\n"}), PAM_SUCCESS);
}

void refuses_a_wrong_code(void**) {
    Bed b;
    b.enrol();
    assert_int_equal(b.login({b.wrong()}), PAM_AUTH_ERR);
}

void refuses_an_empty_answer(void**) {
    Bed b;
    b.enrol();
    assert_int_equal(b.login({""}), PAM_AUTH_ERR);
    assert_int_equal(b.login({"\b\n\r\177IN"}), PAM_AUTH_ERR);
}

void refuses_a_code_outside_the_window(void**) {
    Bed b;
    b.enrol();
    assert_int_equal(b.login({b.code(-3)}), PAM_AUTH_ERR);
    assert_int_equal(b.login({b.code(4)}), PAM_AUTH_ERR);
    assert_int_equal(b.login({b.code(3)}, "window=4"), PAM_SUCCESS);
}

void keeps_the_owner_able_to_get_in_when_guesses_are_used_up(void**) {
    Bed b;
    b.enrol();
    for (int i = 0; i < 10; ++i) (void)b.login({b.wrong()});
    int one = b.login({b.code()});
    int two = b.login({b.code() + " " + b.code(1)});
    assert_int_equal(one, PAM_AUTH_ERR);
    assert_int_equal(two, PAM_SUCCESS);
}

void says_where_two_codes_begin_when_one_of_them_was_used(void**) {
    Bed b;
    b.enrol();
    Talk talk;
    int first = b.login({b.code()});
    for (int i = 0; i < 10; ++i) (void)b.login({b.wrong()});
    talk.answers = {b.code() + " " + b.code(1), b.code(2) + " " + b.code(3)};
    (void)b.login_through(b.line("tries=2 after=password window=3"), talk);
    assert_int_equal(first, PAM_SUCCESS);
    assert_non_null(strstr(talk.prompts[0].c_str(), "the one shown now and the next"));
    assert_non_null(strstr(talk.prompts[1].c_str(), "not typed yet: the next, and the one behind it"));
}

void asks_again_within_one_call_and_says_why(void**) {
    Bed b;
    b.enrol();
    Talk talk;
    talk.answers = {b.wrong(), b.code()};
    int result = b.login_through(b.line("tries=2 after=password"), talk);
    assert_int_equal(result, PAM_SUCCESS);
    assert_int_equal(talk.prompts.size(), 2);
    assert_string_equal(talk.prompts[0].c_str(), "Verification code: ");
    assert_non_null(strstr(talk.prompts[1].c_str(), "That code is not right."));
}

void keeps_reasons_from_who_is_not_known_yet(void**) {
    Bed b;
    b.enrol();
    Talk talk;
    talk.answers = {b.wrong(), b.wrong()};
    (void)b.login_through(b.line("tries=2"), talk);
    assert_string_equal(talk.prompts[1].c_str(), "Verification code: ");
}

void refuses_whom_nothing_is_set_up_for_after_asking(void**) {
    Bed b;
    Talk talk;
    talk.answers = {"123456"};
    int result = b.login_through(b.line("") + permit, talk);
    assert_int_equal(result, PAM_AUTH_ERR);
    assert_int_equal(talk.prompts.size(), 1);
}

void ignores_with_nullok_when_the_first_factor_is_not_known(void**) {
    Bed b;
    Talk talk;
    int alone = b.login_through(b.line("nullok"), talk);
    int beside = b.login_through(b.line("nullok") + permit, talk);
    assert_int_not_equal(alone, PAM_SUCCESS); // a stack that is nothing but ignored lets nobody in
    assert_int_equal(beside, PAM_SUCCESS);
    assert_int_equal(talk.prompts.size(), 0);
}

void accepts_with_nullok_after_a_password(void**) {
    Bed b;
    assert_int_equal(b.login({}, "nullok after=password"), PAM_SUCCESS);
}

void refuses_an_unknown_user_after_asking(void**) {
    Bed b;
    Talk talk;
    int result = b.login_through(b.line("nullok") + permit, talk, "no-such-user-here");
    assert_int_equal(result, PAM_AUTH_ERR);
    assert_int_equal(talk.prompts.size(), 1);
}

void ignores_other_services(void**) {
    Bed b;
    b.enrol();
    Talk talk;
    assert_int_equal(b.login_through(b.line("services=sshd,sudo") + permit, talk), PAM_SUCCESS);
    assert_int_equal(b.login({b.wrong()}, "services=sshd,test"), PAM_AUTH_ERR);
}

void cve_2021_31924_refuses_an_aborted_conversation(void**) {
    Bed b;
    b.enrol();
    for (int result : {PAM_CONV_ERR, PAM_ABORT, PAM_BUF_ERR}) {
        Talk talk;
        talk.result = result;
        int outcome = b.login_through(b.line(""), talk);
        assert_int_equal(outcome, PAM_CONV_ERR);
    }
    Talk talk;
    talk.no_reply = true;
    assert_int_equal(b.login_through(b.line(""), talk), PAM_CONV_ERR);
}

void refuses_unknown_and_bad_arguments(void**) {
    Bed b;
    b.enrol();
    for (const char* bad : {"nulok", "window=11", "window=x", "tries=0", "after=key", "window", "secret=/x", "prompt="}) {
        int result = b.login({b.code()}, bad);
        assert_int_equal(result, PAM_AUTHINFO_UNAVAIL);
    }
    assert_int_equal(b.login({b.code()}), PAM_SUCCESS); // nothing was lost by it
}

void refuses_bad_and_unsafe_settings(void**) {
    Bed b;
    b.enrol();
    b.settings("window = 99\n");
    int bad = b.login({b.code()});
    b.settings("window = 1\n");
    chmod((b.top + "/conf").c_str(), 0666);
    int unsafe = b.login({b.code()});
    chmod((b.top + "/conf").c_str(), 0644);
    int good = b.login({b.code()});
    assert_int_equal(bad, PAM_AUTHINFO_UNAVAIL);
    assert_int_equal(unsafe, PAM_AUTHINFO_UNAVAIL);
    assert_int_equal(good, PAM_SUCCESS);
}

/// Replaces `path` by something hostile, logs in, and puts it back: refused, and nothing lost.
void hostile(Bed& b, const std::string& path) {
    std::string away = b.top + "/away";
    auto refused = [&] { return b.login({b.code()}, "nullok after=password") == PAM_AUTHINFO_UNAVAIL; };
    assert_int_equal(rename(path.c_str(), away.c_str()), 0);
    assert_int_equal(mkfifo(path.c_str(), 0600), 0);
    bool fifo = refused();
    unlink(path.c_str());
    assert_int_equal(symlink(away.c_str(), path.c_str()), 0);
    bool link_ = refused();
    unlink(path.c_str());
    mkdir(path.c_str(), 0700);
    bool directory = refused();
    rmdir(path.c_str());
    assert_int_equal(link(away.c_str(), path.c_str()), 0);
    bool second_link = refused();
    unlink(path.c_str());
    std::ofstream(path.c_str()) << "";
    chmod(path.c_str(), 0600);
    bool empty = refused();
    unlink(path.c_str());
    assert_int_equal(rename(away.c_str(), path.c_str()), 0);
    chmod(path.c_str(), 0666);
    bool open_to_all = refused();
    chmod(path.c_str(), 0600);
    bool other_owner = chown(path.c_str(), 12345, gid_t(-1)) != 0 || refused();
    (void)!chown(path.c_str(), geteuid(), gid_t(-1));
    assert_true(fifo && link_ && directory && second_link && empty && open_to_all && other_owner);
}

void cve_2024_22365_refuses_what_is_no_plain_file_in_place_of_any(void**) {
    Bed b;
    b.enrol();
    for (const std::string& path : {b.journal(), b.credential(), b.key}) hostile(b, path);
    assert_int_equal(b.login({b.code()}), PAM_SUCCESS);
}

void refuses_when_anything_is_missing_also_with_nullok(void**) {
    Bed b;
    b.enrol();
    for (const std::string& path : {b.credential(), b.key, b.store}) {
        std::string away = b.top + "/away";
        rename(path.c_str(), away.c_str());
        int result = b.login({b.code()}, "nullok after=password");
        rename(away.c_str(), path.c_str());
        assert_int_equal(result, PAM_AUTHINFO_UNAVAIL);
    }
    rename(b.journal().c_str(), (b.top + "/away").c_str());
    unlink((b.store + "/.store").c_str()); // as when the file system is not mounted
    assert_int_equal(b.login({}, "nullok after=password"), PAM_AUTHINFO_UNAVAIL);
}

void refuses_a_store_that_others_can_enter_or_that_another_host_made(void**) {
    Bed b;
    chmod(b.store.c_str(), 0777);
    int entered = b.login({}, "nullok after=password");
    chmod(b.store.c_str(), 0700);
    std::fstream sentinel(b.store + "/.store", std::ios::in | std::ios::out);
    std::string line;
    std::getline(sentinel, line);
    sentinel.seekp(std::streamoff(line.size() - 1));
    sentinel << (line.back() == '0' ? '1' : '0') << std::flush;
    int foreign = b.login({}, "nullok after=password");
    assert_int_equal(entered, PAM_AUTHINFO_UNAVAIL);
    assert_int_equal(foreign, PAM_AUTHINFO_UNAVAIL);
}

void refuses_a_foreign_key(void**) {
    Bed b;
    b.enrol();
    unlink(b.key.c_str());
    std::ofstream(b.key) << "00000000000000aa " << std::string(64, '1') << " " << std::string(64, '2') << "\n";
    chmod(b.key.c_str(), 0600);
    assert_int_equal(b.login({b.code()}, "nullok after=password"), PAM_AUTHINFO_UNAVAIL);
}

void refuses_a_record_of_another_name(void**) {
    Bed b;
    b.enrol();
    const passwd* other = getpwnam("daemon");
    if (!other || geteuid() != 0) skip();
    std::string id = b.credential().substr(b.journal().size());
    for (const std::string& end : {std::string(), id}) {
        (void)!system(("cp -p " + b.journal() + end + " " + b.store + "/daemon" + end).c_str());
        (void)!chown((b.store + "/daemon" + end).c_str(), other->pw_uid, gid_t(-1));
    }
    Talk talk;
    talk.answers = {b.code()};
    assert_int_equal(b.login_through(b.line("nullok after=password"), talk, "daemon"), PAM_AUTHINFO_UNAVAIL);
}

void keeps_going_behind_a_torn_entry(void**) {
    Bed b;
    b.enrol();
    int fd = open(b.journal().c_str(), O_WRONLY | O_APPEND);
    (void)!write(fd, "this is what a file size limit leaves", 36);
    close(fd);
    std::string code = b.code();
    int first = b.login({code}), second = b.login({code});
    assert_int_equal(first, PAM_SUCCESS);
    assert_int_equal(second, PAM_AUTH_ERR);
}

void tells_of_wrong_codes_at_the_next_success(void**) {
    Bed b;
    b.enrol();
    (void)b.login({b.wrong()});
    Talk talk;
    talk.answers = {b.code()};
    (void)b.login_through(b.line("after=password"), talk);
    assert_int_equal(talk.notes.size(), 1);
    assert_non_null(strstr(talk.notes[0].c_str(), "1 wrong code since your last login"));
}

void leaves_the_process_as_it_was(void**) {
#ifdef __SANITIZE_ADDRESS__
    skip();
#endif
    Bed b;
    b.enrol();
    mode_t mask = umask(022);
    (void)b.login({b.code()});
    mode_t after = umask(mask);
    std::string maps((std::istreambuf_iterator<char>(*std::make_unique<std::ifstream>("/proc/self/maps"))), {});
    assert_int_equal(after, 022);
    assert_null(strstr(maps.c_str(), "pam_totp.so"));
}
} // namespace

int main(int, char** argv) {
    find_module(argv[0]);
    const CMUnitTest tests[] = {
        cmocka_unit_test(accepts_a_right_code),
        cmocka_unit_test(once_a_code_is_accepted),
        cmocka_unit_test(once_a_backup_code_is_accepted),
        cmocka_unit_test(accepts_a_code_with_a_blank_and_a_newline),
        cmocka_unit_test(refuses_a_wrong_code),
        cmocka_unit_test(refuses_an_empty_answer),
        cmocka_unit_test(refuses_a_code_outside_the_window),
        cmocka_unit_test(keeps_the_owner_able_to_get_in_when_guesses_are_used_up),
        cmocka_unit_test(says_where_two_codes_begin_when_one_of_them_was_used),
        cmocka_unit_test(asks_again_within_one_call_and_says_why),
        cmocka_unit_test(keeps_reasons_from_who_is_not_known_yet),
        cmocka_unit_test(refuses_whom_nothing_is_set_up_for_after_asking),
        cmocka_unit_test(ignores_with_nullok_when_the_first_factor_is_not_known),
        cmocka_unit_test(accepts_with_nullok_after_a_password),
        cmocka_unit_test(refuses_an_unknown_user_after_asking),
        cmocka_unit_test(ignores_other_services),
        cmocka_unit_test(cve_2021_31924_refuses_an_aborted_conversation),
        cmocka_unit_test(refuses_unknown_and_bad_arguments),
        cmocka_unit_test(refuses_bad_and_unsafe_settings),
        cmocka_unit_test(cve_2024_22365_refuses_what_is_no_plain_file_in_place_of_any),
        cmocka_unit_test(refuses_when_anything_is_missing_also_with_nullok),
        cmocka_unit_test(refuses_a_store_that_others_can_enter_or_that_another_host_made),
        cmocka_unit_test(refuses_a_foreign_key),
        cmocka_unit_test(refuses_a_record_of_another_name),
        cmocka_unit_test(keeps_going_behind_a_torn_entry),
        cmocka_unit_test(tells_of_wrong_codes_at_the_next_success),
        cmocka_unit_test(leaves_the_process_as_it_was),
    };
    return cmocka_run_group_tests_name("module", tests, nullptr, nullptr);
}
