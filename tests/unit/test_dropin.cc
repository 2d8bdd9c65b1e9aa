// SPDX-License-Identifier: Apache-2.0
// What enable writes beside sshd's settings and the rules, what stands in the way of it, and how a change is shown.
#include "../../tools/host/diff.h"
#include "../../tools/host/dropin.h"
#include "../support/cmocka.h"
#include "core/settings.h"
#include <map>

using namespace totp;
using namespace totp::host;

namespace {
const std::string head = "# Written by `pam-totp enable sshd`; `pam-totp disable sshd` takes it away.\n"
                         "UsePAM yes\nUseDNS no\nKbdInteractiveAuthentication yes\nPasswordAuthentication no\n";

void asks_everybody_or_groups(void**) {
    assert_text_equal(sshd_text(Mode::code, {}), (head + "AuthenticationMethods publickey,keyboard-interactive:pam\n").c_str());
    assert_text_equal(sshd_text(Mode::password_and_code, {{"admins"}, {}}), (head + "AuthenticationMethods keyboard-interactive:pam\n").c_str());
    assert_text_equal(sshd_text(Mode::code, {{"admins", "ops"}, {"robots"}}),
                      (head + "Match Group robots\n  AuthenticationMethods publickey\n"
                              "Match Group admins,ops\n  AuthenticationMethods publickey,keyboard-interactive:pam\n"
                              "Match all\n  AuthenticationMethods publickey\n").c_str());
    assert_text_equal(sshd_text(Mode::code, {{}, {"robots"}}),
                      (head + "Match Group robots\n  AuthenticationMethods publickey\n"
                              "Match all\n  AuthenticationMethods publickey,keyboard-interactive:pam\n").c_str());
}

void writes_rules_without_a_mistake_where_sshd_does_not_tell(void**) {
    assert_text_equal(rules_text("sshd", Mode::code, {{"admins"}, {}}), "");
    assert_text_equal(rules_text("sudo", Mode::password_and_code, {}), "");
    std::string rules = rules_text("sudo", Mode::password_and_code, {{"admins"}, {"robots"}});
    assert_text_equal(rules.substr(rules.find('\n') + 1), "skip service=sudo,sudo-i group=robots\nskip service=sudo,sudo-i group!=admins\n");
    Settings settings;
    Misfit misfit;
    assert_true(read_settings(rules, settings, misfit));
}

std::string places(const std::vector<Obstacle>& found) {
    std::string all;
    for (const Obstacle& o : found) all += o.where + " " + o.line + "\n";
    return all;
}

const std::string ours = "/etc/ssh/sshd_config.d/10-pam-totp.conf";

Obstacles look(const std::string& config, const std::map<std::string, std::string>& files = {}) {
    std::vector<std::string> names;
    for (const auto& [name, content] : files) names.push_back(name);
    auto read = [&](const std::string& path) { return files.contains(path) ? std::optional(files.at(path)) : std::nullopt; };
    return look_for_obstacles(config, names, read, sshd_text(Mode::code, {}));
}

void names_the_line_that_wins(void**) {
    const std::string include = "Include /etc/ssh/sshd_config.d/*.conf\n";
    assert_text_equal(places(look("# x\n" + include + "PasswordAuthentication yes\nKbdInteractiveAuthentication no\n").hard), "");
    assert_text_equal(places(look("UsePAM yes\nusepam = yes\nPasswordAuthentication no\n" + include).hard), "");
    assert_text_equal(places(look("\n passwordauthentication yes\n" + include).hard), "/etc/ssh/sshd_config:2  passwordauthentication yes\n");
    assert_text_equal(places(look("ChallengeResponseAuthentication no\n" + include).hard),
                      "/etc/ssh/sshd_config:1 ChallengeResponseAuthentication no\n");
    assert_text_equal(places(look("Port 22\n").hard), "/etc/ssh/sshd_config Include /etc/ssh/sshd_config.d/*.conf\n");
    assert_text_equal(places(look("#" + include).hard), "/etc/ssh/sshd_config Include /etc/ssh/sshd_config.d/*.conf\n");
    assert_int_equal(look("Match User bob\n" + include).hard.size(), 1);
    assert_text_equal(places(look(include, {{"/etc/ssh/sshd_config.d/01-x.conf", "AuthenticationMethods any\n"},
                                            {ours, "PasswordAuthentication yes\n"},
                                            {"/etc/ssh/sshd_config.d/50-cloud-init.conf", "PasswordAuthentication yes\n"}}).hard),
                      "/etc/ssh/sshd_config.d/01-x.conf:1 AuthenticationMethods any\n");
}

void names_the_lines_that_count_for_some(void**) {
    const std::string include = "Include /etc/ssh/sshd_config.d/*.conf\n";
    Obstacles found = look(include + "Match User bob\n  AuthenticationMethods publickey\n  X11Forwarding no\nMatch all\nPasswordAuthentication yes\n",
                           {{"/etc/ssh/sshd_config.d/50-x.conf", "Match Group sftp\nPasswordAuthentication yes\n"}});
    assert_text_equal(places(found.soft), "/etc/ssh/sshd_config:3   AuthenticationMethods publickey\n"
                                          "/etc/ssh/sshd_config.d/50-x.conf:2 PasswordAuthentication yes\n");
    assert_text_equal(places(found.hard), "");
}

void shows_a_change_as_patch_takes_it(void**) {
    assert_text_equal(unified_diff("/a", "x\n", "x\n"), "");
    assert_text_equal(unified_diff("/a", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nfive\n5b\n6\n7\n8\n9\n"),
                      "--- /a\n+++ /a\n@@ -2,7 +2,8 @@\n 2\n 3\n 4\n-5\n+five\n+5b\n 6\n 7\n 8\n");
    assert_text_equal(unified_diff("/a", {}, "x\n"), "--- /dev/null\n+++ /a\n@@ -0,0 +1 @@\n+x\n");
    assert_text_equal(unified_diff("/a", "x\ny\n", {}), "--- /a\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-x\n-y\n");
    assert_text_equal(unified_diff("/a", "x\n", "x\nx\n"), "--- /a\n+++ /a\n@@ -1 +1,2 @@\n x\n+x\n");
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(asks_everybody_or_groups),
        cmocka_unit_test(writes_rules_without_a_mistake_where_sshd_does_not_tell),
        cmocka_unit_test(names_the_line_that_wins),
        cmocka_unit_test(names_the_lines_that_count_for_some),
        cmocka_unit_test(shows_a_change_as_patch_takes_it),
    };
    return cmocka_run_group_tests_name("dropin", tests, nullptr, nullptr);
}
