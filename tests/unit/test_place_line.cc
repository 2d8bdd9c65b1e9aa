// SPDX-License-Identifier: Apache-2.0
// Where the module's line goes in a file of pam.d, and that taking it away gives the file back byte for byte. The
// texts are the auth parts as distributions ship them.
#include "../../tools/host/judge_stack.h"
#include "../../tools/host/place_line.h"
#include "../support/cmocka.h"
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

using namespace totp;
using namespace totp::host;

namespace {
using Files = std::map<std::string, std::string>;

Read from(const Files& files) {
    return [files](const std::string& path) {
        auto found = path.starts_with("/etc/pam.d/") ? files.find(path.substr(11)) : files.end();
        return found == files.end() ? std::nullopt : std::optional(found->second);
    };
}

const Files debian{{"common-auth", "auth\t[success=1 default=ignore]\tpam_unix.so nullok\n"
                                   "auth\trequisite\t\t\tpam_deny.so\n"
                                   "auth\trequired\t\t\tpam_permit.so\n"
                                   "auth\toptional\t\t\tpam_cap.so \n"},
                   {"common-account", "account required pam_unix.so\n"},
                   {"su", "auth sufficient pam_rootok.so\n@include common-auth\n"}};
const Files fedora{{"password-auth", "auth        required                                     pam_env.so\n"
                                     "auth        required                                     pam_faildelay.so delay=2000000\n"
                                     "auth        sufficient                                   pam_unix.so nullok\n"
                                     "auth        required                                     pam_deny.so\n"},
                   {"system-auth", "auth        sufficient                                   pam_fprintd.so\n"
                                   "auth        sufficient                                   pam_unix.so nullok\n"
                                   "auth        required                                     pam_deny.so\n"},
                   {"postlogin", "session     optional                   pam_umask.so silent\n"}};
const Files arch{{"system-remote-login", "auth      include   system-login\naccount   include   system-login\n"},
                 {"system-login", "auth       required   pam_shells.so\nauth       requisite  pam_nologin.so\n"
                                  "auth       include    system-auth\n"},
                 {"system-auth", "auth       required                    pam_faillock.so      preauth\n"
                                 "-auth      [success=2 default=ignore]  pam_systemd_home.so\n"
                                 "auth       [success=1 default=bad]     pam_unix.so          try_first_pass nullok\n"
                                 "auth       [default=die]               pam_faillock.so      authfail\n"
                                 "auth       optional                    pam_permit.so\n"
                                 "auth       required                    pam_env.so\n"
                                 "auth       required                    pam_faillock.so      authsucc\n"}};
const Files suse{{"common-auth", "auth\trequired\tpam_env.so\t\nauth\trequired\tpam_unix.so\ttry_first_pass \n"}};

const std::string debian_sshd = "# PAM configuration for the Secure Shell service\n\n@include common-auth\n\n"
                                "account    required     pam_nologin.so\n@include common-account\n";
const std::string fedora_sshd = "#%PAM-1.0\nauth       substack     password-auth\nauth       include      postlogin\n"
                                "account    required     pam_sepermit.so\n";
const std::string fedora_sudo = "#%PAM-1.0\nauth       include      system-auth\naccount    include      system-auth\n";
const std::string arch_sshd = "#%PAM-1.0\n\nauth      include   system-remote-login\naccount   include   system-remote-login\n";
const std::string suse_sshd = "#%PAM-1.0\nauth        requisite   pam_nologin.so\nauth        include     common-auth\n"
                              "account     requisite   pam_nologin.so\n";

std::string placed(const std::string& text, Mode mode, const Files& files) {
    Edited edited = with_line(text, mode, from(files));
    return edited.why.empty() ? edited.text : "why: " + edited.why;
}

void puts_the_code_in_place_of_the_password(void**) {
    assert_text_equal(placed(debian_sshd, Mode::code, debian),
                      "# PAM configuration for the Secure Shell service\n\n#pam-totp# @include common-auth\n"
                      "auth required pam_totp.so\n\naccount    required     pam_nologin.so\n@include common-account\n");
    assert_text_equal(placed(fedora_sshd, Mode::code, fedora),
                      "#%PAM-1.0\n#pam-totp# auth       substack     password-auth\nauth required pam_totp.so\n"
                      "auth       include      postlogin\naccount    required     pam_sepermit.so\n");
    assert_text_equal(placed(arch_sshd, Mode::code, arch),
                      "#%PAM-1.0\n\n#pam-totp# auth      include   system-remote-login\nauth required pam_totp.so\n"
                      "account   include   system-remote-login\n");
    assert_text_equal(placed(suse_sshd, Mode::code, suse),
                      "#%PAM-1.0\nauth        requisite   pam_nologin.so\n#pam-totp# auth        include     common-auth\n"
                      "auth required pam_totp.so\naccount     requisite   pam_nologin.so\n");
}

void puts_the_code_behind_the_password_and_says_whether_the_stack_ends_on_a_wrong_one(void**) {
    assert_text_equal(placed(debian_sshd, Mode::password_and_code, debian),
                      "# PAM configuration for the Secure Shell service\n\n@include common-auth\n"
                      "auth required pam_totp.so after=password\n\naccount    required     pam_nologin.so\n@include common-account\n");
    assert_text_equal(placed(fedora_sshd, Mode::password_and_code, fedora),
                      "#%PAM-1.0\nauth       substack     password-auth\nauth required pam_totp.so\n"
                      "auth       include      postlogin\naccount    required     pam_sepermit.so\n");
    assert_text_equal(placed(arch_sshd, Mode::password_and_code, arch),
                      "#%PAM-1.0\n\nauth      include   system-remote-login\nauth required pam_totp.so after=password\n"
                      "account   include   system-remote-login\n");
    assert_text_equal(placed(suse_sshd, Mode::password_and_code, suse),
                      "#%PAM-1.0\nauth        requisite   pam_nologin.so\nauth        include     common-auth\n"
                      "auth required pam_totp.so\naccount     requisite   pam_nologin.so\n");
}

void makes_a_substack_of_an_include_that_ends_the_stack_once_the_password_is_right(void**) {
    assert_text_equal(placed(fedora_sudo, Mode::password_and_code, fedora),
                      "#%PAM-1.0\n#pam-totp# auth       include      system-auth\nauth substack system-auth\n"
                      "auth required pam_totp.so\naccount    include      system-auth\n");
    Files textual = debian;
    textual["common-auth"] = "auth sufficient pam_unix.so\nauth required pam_deny.so\n";
    assert_true(placed(debian_sshd, Mode::password_and_code, textual).starts_with("why: "));
}

void gives_the_file_back_byte_for_byte(void**) {
    struct Case {
        std::string text;
        const Files& files;
    };
    for (const Case& c : {Case{debian_sshd, debian}, {fedora_sshd, fedora}, {fedora_sudo, fedora}, {arch_sshd, arch}, {suse_sshd, suse},
                          {"@include common-auth", debian}, {"auth \\\n include \\\n common-auth\n", suse}}) {
        for (Mode mode : {Mode::code, Mode::password_and_code}) {
            Edited back = without_line(placed(c.text, mode, c.files), from(c.files));
            std::string newline = c.text.ends_with('\n') ? "" : "\n";
            assert_text_equal(back.why, "");
            assert_text_equal(back.text, (c.text + newline).c_str());
        }
    }
}

void once_placed_it_stays_and_another_mode_takes_its_place(void**) {
    for (const auto& [text, files] : {std::pair{debian_sshd, debian}, {fedora_sshd, fedora}, {fedora_sudo, fedora}, {arch_sshd, arch}}) {
        std::string code = placed(text, Mode::code, files), both = placed(text, Mode::password_and_code, files);
        assert_text_equal(placed(code, Mode::code, files), code.c_str());
        assert_text_equal(placed(code, Mode::password_and_code, files), both.c_str());
        assert_text_equal(placed(both, Mode::code, files), code.c_str());
        assert_int_equal(mode_of(text, "sshd", from(files)), Mode::off);
        assert_int_equal(mode_of(code, "sshd", from(files)), Mode::code);
        assert_int_equal(mode_of(both, "sshd", from(files)), Mode::password_and_code);
    }
}

void sees_the_profile_of_pam_auth_update_where_it_serves(void**) {
    Files with = debian;
    with["common-auth"] += "auth\trequired\tpam_totp.so after=password services=sudo,sudo-i,su,login\n";
    std::string sudo = "@include common-auth\n";
    assert_true(is_included(sudo, "sudo", from(with)));
    assert_int_equal(mode_of(sudo, "sudo", from(with)), Mode::password_and_code);
    assert_false(is_included(sudo, "sshd", from(with)));
    assert_int_equal(mode_of(sudo, "sshd", from(with)), Mode::off);
    assert_true(is_included("auth include su\n", "su-l", from({{"su", placed(debian.at("su"), Mode::password_and_code, debian)},
                                                               {"common-auth", debian.at("common-auth")}})));
}

void refuses_a_file_that_it_cannot_be_sure_of(void**) {
    for (const char* text : {"", "account required pam_unix.so\n", "auth sufficient pam_unix.so\n", "@include common-auth\n@include common-auth\n",
                             "auth [success=1 default=ignore] pam_succeed_if.so uid = 0\n@include common-auth\n"}) {
        assert_true(placed(text, Mode::password_and_code, debian).starts_with("why: "));
    }
    assert_false(without_line("auth required pam_totp.so\n", from(debian)).why.empty()); // what stood there nobody knows
}

std::string content_of(const std::filesystem::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// What check finds worse than a warning in one service of a system, once it is switched on.
std::string dangers(Files files, const std::string& system, const std::string& service, Mode mode) {
    std::string said;
    Edited edited = with_line(files[service], mode, from(files));
    if (!edited.why.empty()) return system + " " + service + ": " + edited.why + "\n";
    if (without_line(edited.text, from(files)).text != files[service]) said += system + " " + service + ": not as it was\n";
    files[service] = edited.text;
    for (const Finding& f : judge_stack(read_stack(from(files), service), {mode == Mode::code, false})) {
        if (f.level == Finding::danger) said += system + " " + service + ": " + f.id + " " + f.where + "\n";
    }
    return said;
}

void leaves_no_danger_in_what_any_distribution_ships(void**) {
    std::string said;
    size_t tried = 0;
    for (const auto& system : std::filesystem::directory_iterator("tests/stacks")) {
        Files files;
        if (!system.is_directory()) continue;
        for (const auto& file : std::filesystem::directory_iterator(system)) files[file.path().filename()] = content_of(file);
        for (const std::string service : {"sshd", "sudo", "su", "login"}) {
            if (service == "sshd") said += dangers(files, system.path().filename(), service, Mode::code);
            said += dangers(files, system.path().filename(), service, Mode::password_and_code);
            ++tried;
        }
    }
    assert_text_equal(said, "");
    assert_true(tried >= 24);
}

void keeps_what_a_person_wrote_around_it(void**) {
    std::string both = placed(debian_sshd, Mode::password_and_code, debian) + "# mine\n";
    assert_text_equal(without_line(both, from(debian)).text, (debian_sshd + "# mine\n").c_str());
}

void reads_controls_as_libpam_does(void**) {
    auto read = [](const std::string& text) { return read_stack(from({{"x", text}}), "x").lines; };
    auto ends = [&](const std::string& text) { return end_on_a_wrong_password(read(text)); };
    assert_true(ends("auth requisite pam_unix.so\n"));
    assert_false(ends("auth required pam_unix.so\n"));
    assert_true(ends("auth [success=1 default=ignore] pam_unix.so\nauth requisite pam_deny.so\nauth required pam_permit.so\n"));
    assert_false(ends("auth [success=1 default=ignore] pam_unix.so\nauth required pam_deny.so\nauth required pam_permit.so\n"));
    assert_false(ends("auth sufficient pam_unix.so\nauth sufficient pam_permit.so\nauth requisite pam_deny.so\n"));
    assert_true(ends("AUTH  [success=2  auth_err=1 default=bad] pam_unix.so\nauth requisite pam_permit.so\nauth requisite pam_deny.so\n"));
    assert_true(can_end_well(read("auth [success=done default=bad] pam_unix.so\n")));
    assert_false(can_end_well(read("auth [success=1 default=bad] pam_unix.so\nauth requisite pam_deny.so\n")));
    assert_int_equal(auth_lines("# auth required pam_unix.so\nauth required /lib/security/pam_totp.so # x\n").size(), 1);
    assert_true(auth_lines("auth required /lib/security/pam_totp.so # x\n")[0].is_ours());
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(puts_the_code_in_place_of_the_password),
        cmocka_unit_test(puts_the_code_behind_the_password_and_says_whether_the_stack_ends_on_a_wrong_one),
        cmocka_unit_test(makes_a_substack_of_an_include_that_ends_the_stack_once_the_password_is_right),
        cmocka_unit_test(gives_the_file_back_byte_for_byte),
        cmocka_unit_test(once_placed_it_stays_and_another_mode_takes_its_place),
        cmocka_unit_test(sees_the_profile_of_pam_auth_update_where_it_serves),
        cmocka_unit_test(refuses_a_file_that_it_cannot_be_sure_of),
        cmocka_unit_test(leaves_no_danger_in_what_any_distribution_ships),
        cmocka_unit_test(keeps_what_a_person_wrote_around_it),
        cmocka_unit_test(reads_controls_as_libpam_does),
    };
    return cmocka_run_group_tests_name("place_line", tests, nullptr, nullptr);
}
