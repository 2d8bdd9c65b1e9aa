// SPDX-License-Identifier: Apache-2.0
// Holes and faults that were found in modules of this kind, tried on this one: what the calling program, its
// environment and its far end bring along. SECURITY.md has the table.
#include "bed.h"
#include "log.h"
#include "session.h"
#include <filesystem>
#include <dirent.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <sys/wait.h>

using namespace bed;

namespace {

const std::string permit = "auth required pam_permit.so\n", deny = "auth requisite pam_deny.so\n";

/// Stacks in which somebody may write the module's `line` ("auth CONTROL pam_totp.so …"): what it refuses must be
/// refused by each of them as a whole, and what it would ignore lets in.
std::vector<std::string> stacks_of(const Bed& b, const std::string& arguments = "") {
    std::string line = b.line(arguments);
    auto with = [&](const std::string& control) { return "auth " + control + line.substr(line.find(' ', 5)); };
    return {line, line + permit, with("requisite") + permit, with("sufficient") + deny,
            with("[success=1 default=ignore]") + deny + permit,
            with("[success=ok ignore=ignore default=bad]") + permit};
}

// --- conversations

int no_replies(int, const pam_message**, pam_response** replies, void*) { return *replies = nullptr, PAM_SUCCESS; }
int untouched(int, const pam_message**, pam_response**, void*) { return PAM_SUCCESS; }
int no_text(int, const pam_message**, pam_response** replies, void*) {
    *replies = static_cast<pam_response*>(calloc(1, sizeof(pam_response)));
    return PAM_SUCCESS;
}
int text_and_error(int, const pam_message** messages, pam_response** replies, void* data) {
    (void)converse(1, messages, replies, data); // the right code, and it does not count
    return PAM_CONV_ERR;
}
int given_up(int, const pam_message**, pam_response**, void*) { return PAM_ABORT; }
int out_of_memory(int, const pam_message**, pam_response**, void*) { return PAM_BUF_ERR; }
int says_again(int, const pam_message**, pam_response**, void*) { return PAM_CONV_AGAIN; }
int says_ignore(int, const pam_message**, pam_response**, void*) { return PAM_IGNORE; }

void cve_2021_31924_no_broken_conversation_lets_in_through_any_stack(void**) {
    Bed b;
    b.enrol();
    int accepted = 0;
    for (const std::string& stack : stacks_of(b)) {
        for (auto function : {no_replies, untouched, no_text, text_and_error, given_up, out_of_memory, says_again,
                              says_ignore, static_cast<decltype(pam_conv::conv)>(nullptr)}) {
            Talk talk;
            talk.answers = {b.code()};
            accepted += Session(b, stack, talk, function).authenticate() == PAM_SUCCESS;
        }
    }
    int after = b.login({b.code()});
    assert_int_equal(accepted, 0);
    assert_int_equal(after, PAM_SUCCESS);
}

void cve_2011_4120_no_empty_answer_lets_in_through_any_stack(void**) {
    Bed b;
    b.enrol();
    int accepted = 0;
    for (const std::string& stack : stacks_of(b)) {
        for (const char* answer : {"", "\n", "\r\n", " ", "-", "\b\n\r\177INCORRECT", "\004", "0", "000000"}) {
            Talk talk;
            talk.answers = {answer};
            accepted += b.login_through(stack, talk) == PAM_SUCCESS;
        }
    }
    assert_int_equal(accepted, 0);
}

void puppet_duo_8_who_has_nothing_set_up_is_refused_through_any_stack(void**) {
    Bed b;
    int accepted = 0;
    for (const std::string& stack : stacks_of(b, "after=password")) {
        Talk talk;
        talk.answers = {"123456"};
        accepted += b.login_through(stack, talk) == PAM_SUCCESS;
    }
    assert_int_equal(accepted, 0);
}

// --- names, and other texts from the far end

const std::vector<std::string> hostile_texts{"", "..", "../x", "a/b", "/etc/shadow", ".store", "-x", "--help", "%n%n%n%s",
                                             "${USER}", "`id`", "\033[2J\033]0;x\007", "a\r\nuser=root verdict=accepted",
                                             "j\303\266rg", "\302\233" "31m", "\377\376", std::string(300, 'a'),
                                             std::string(5000, '%'), "root ", " root", "root\n", "ROOT"};

/// Control bytes of a text, and those that UTF-8 writes as two.
bool holds_control(const std::string& text) {
    for (size_t i = 0; i < text.size(); ++i) {
        u8 c = u8(text[i]);
        if ((c < 32 && c != '\n') || c == 127) return true;
        if (c == 0xc2 && i + 1 < text.size() && u8(text[i + 1]) >= 0x80 && u8(text[i + 1]) < 0xa0) return true;
    }
    return false;
}

std::string names_in(const std::string& directory) {
    std::string all;
    DIR* list = opendir(directory.c_str());
    while (const dirent* entry = readdir(list)) all += std::string(entry->d_name) + "\n";
    closedir(list);
    return all;
}

void google_authenticator_no_user_name_leads_out_of_the_store(void**) {
    Bed b;
    b.enrol();
    b.settings("");
    std::string before = names_in(b.store) + names_in(b.top);
    int accepted = 0;
    for (const std::string& name : hostile_texts) {
        for (const char* arguments : {"", "nullok after=password"}) {
            Talk talk;
            talk.answers = {b.code(), b.code()}; // an empty name is asked for, and no code is one
            Session session(b, b.line(arguments) + permit, talk);
            session.set(PAM_USER, name.c_str());
            accepted += session.authenticate() == PAM_SUCCESS;
        }
    }
    std::string after = names_in(b.store) + names_in(b.top);
    assert_int_equal(accepted, 0);
    assert_string_equal(after.c_str(), before.c_str());
}

void duo_no_escape_sequence_reaches_the_log_or_the_terminal(void**) {
    Bed b;
    b.enrol();
    log_lines().clear();
    std::string wrong;
    for (const std::string& text : hostile_texts) {
        for (const std::string& user : {std::string("root"), text}) {
            Talk talk;
            talk.answers = {b.wrong(), b.wrong()};
            Session session(b, b.line("after=password tries=2 debug"), talk);
            for (int item : {PAM_RHOST, PAM_TTY, PAM_RUSER, PAM_XDISPLAY}) session.set(item, text.c_str());
            session.set(PAM_USER, user.c_str());
            (void)session.authenticate();
            for (const std::string& line : log_lines()) {
                if (holds_control(line) || line.find('\n') != std::string::npos) wrong += "log: " + line + "\n";
            }
            for (const auto* said : {&talk.prompts, &talk.notes}) {
                for (const std::string& line : *said) wrong += holds_control(line) ? "shown: " + line + "\n" : "";
            }
            log_lines().clear();
        }
    }
    assert_text_equal(wrong, "");
}

void cve_2024_10963_a_host_name_is_never_taken_for_an_address(void**) {
    std::string shown;
    for (const char* rhost : {"203.0.113.9.example.net", "203.0.113.9 ", "3405803785", "0xcb007109", "fe80::1%lo",
                              "localhost", "203.0.113.9", "::ffff:203.0.113.9", "2001:db8::1"}) {
        Bed b;
        b.enrol();
        Talk talk;
        talk.answers = {b.wrong()};
        Session wrong(b, b.line("after=password"), talk);
        wrong.set(PAM_RHOST, rhost);
        (void)wrong.authenticate();
        Talk next;
        next.answers = {b.code()};
        (void)b.login_through(b.line("after=password"), next);
        std::string note = next.notes.empty() ? "" : next.notes[0].substr(0, next.notes[0].find('\n'));
        size_t from = note.find("from ");
        shown += from == std::string::npos ? "- " : note.substr(from + 5) + " ";
    }
    assert_text_equal(shown, "- - - - - - 203.0.113.9. 203.0.113.9. 2001:db8::1. ");
}

void oath_debug_logs_nothing_that_was_typed(void**) {
    Bed b;
    b.enrol();
    log_lines().clear();
    std::string right = b.code(), wrong = b.wrong();
    (void)b.login({wrong}, "debug");
    (void)b.login({right}, "debug");
    (void)b.login({right}, "debug");
    (void)b.login({"01234-56789-abcde"}, "debug");
    (void)b.login({"correct horse battery"}, "debug");
    std::string all;
    for (const std::string& line : log_lines()) all += line + "\n";
    bool logged = all.find("verdict=accepted") != std::string::npos;
    std::string found;
    for (const std::string& secret : {right, wrong, std::string("56789"), std::string("horse"), std::string("GEZDGNBV")}) {
        if (all.find(secret) != std::string::npos) found += secret + " ";
    }
    assert_true(logged);
    assert_text_equal(found, "");
}

// --- what is the host's

void authd_cve_2024_9312_the_hosts_own_items_stay_as_they_were(void**) {
    Bed b;
    b.enrol();
    std::string before, after;
    for (const std::string& answer : {b.wrong(), b.code()}) {
        Talk talk;
        talk.answers = {answer};
        Session session(b, b.line("after=password"), talk);
        for (int item : {PAM_RHOST, PAM_TTY, PAM_RUSER}) session.set(item, "as it was");
        for (std::string* all : {&before, &after}) {
            for (int item : {PAM_USER, PAM_RHOST, PAM_TTY, PAM_RUSER, PAM_SERVICE}) *all += session.get(item) + " ";
            char** list = pam_getenvlist(session.pam);
            for (char** one = list; *one; ++one) *all += *one;
            free(list);
            if (all == &before) (void)session.authenticate();
        }
    }
    assert_string_equal(after.c_str(), before.c_str());
}

void puts_nothing_into_the_process_of_the_host(void**) {
    Bed b;
    b.enrol();
    signal(SIGXFSZ, SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
    auto look = [] {
        std::string all = std::string(setlocale(LC_ALL, nullptr)) + std::filesystem::current_path().string();
        for (char** one = environ; *one; ++one) all += *one;
        for (int s = 1; s < NSIG; ++s) {
            struct sigaction action = {};
            (void)sigaction(s, nullptr, &action);
            all += std::to_string(reinterpret_cast<uintptr_t>(action.sa_handler)) + " ";
        }
        sigset_t mask;
        (void)sigprocmask(SIG_SETMASK, nullptr, &mask);
        for (int s = 1; s < NSIG; ++s) all += sigismember(&mask, s) == 1 ? "1" : "0";
        return all + names_in("/proc/self/task");
    };
    std::string before = look();
    for (const std::string& answer : {b.wrong(), b.code(), std::string("01234-56789-abcde")}) (void)b.login({answer});
    std::string after = look();
    signal(SIGXFSZ, SIG_DFL);
    assert_string_equal(after.c_str(), before.c_str());
}
} // namespace

int main(int, char** argv) {
    char* own = realpath(argv[0], nullptr);
    std::string path(own);
    free(own);
    module_path() = path.substr(0, path.rfind("/tests/")) + "/pam_totp.so";
    const CMUnitTest tests[] = {
        cmocka_unit_test(cve_2021_31924_no_broken_conversation_lets_in_through_any_stack),
        cmocka_unit_test(cve_2011_4120_no_empty_answer_lets_in_through_any_stack),
        cmocka_unit_test(puppet_duo_8_who_has_nothing_set_up_is_refused_through_any_stack),
        cmocka_unit_test(google_authenticator_no_user_name_leads_out_of_the_store),
        cmocka_unit_test(duo_no_escape_sequence_reaches_the_log_or_the_terminal),
        cmocka_unit_test(cve_2024_10963_a_host_name_is_never_taken_for_an_address),
        cmocka_unit_test(oath_debug_logs_nothing_that_was_typed),
        cmocka_unit_test(authd_cve_2024_9312_the_hosts_own_items_stay_as_they_were),
        cmocka_unit_test(puts_nothing_into_the_process_of_the_host),
    };
    return cmocka_run_group_tests_name("holes_caller", tests, nullptr, nullptr);
}
