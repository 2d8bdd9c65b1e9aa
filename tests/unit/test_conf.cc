// SPDX-License-Identifier: Apache-2.0
// The settings as files: the order of those beside, who may have written them, and groups as the host knows them.
#include "../support/cmocka.h"
#include "store/conf.h"
#include "store/member.h"
#include <cstdlib>
#include <fstream>
#include <grp.h>
#include <pwd.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

using namespace totp;

namespace {
struct Files {
    std::string top = "/tmp/pam_totp.XXXXXX", path;
    Files() {
        if (!mkdtemp(top.data())) abort();
        path = top + "/conf";
        mkdir((path + ".d").c_str(), 0755);
    }
    ~Files() { (void)!system(("rm -rf " + top).c_str()); }
    void put(const std::string& name, const std::string& text) const { std::ofstream(top + "/" + name) << text; }
    /// The error's word; without one the demand, and the file and line that it stands in.
    std::string decision(const Person& person = {}) const {
        Conf conf;
        Visit visit{"alice", "sshd", "", 1800000000, is_member, &person};
        Error error = load_conf(path.c_str(), geteuid(), false, &visit, conf);
        if (error != Error::none) return std::string(word(error));
        if (!conf.decision.is_made) return "none";
        return std::string(word(conf.decision.demand)) + " " + std::string(conf.file.view()).substr(top.size()) + ":" +
               std::to_string(conf.decision.line);
    }
};

void reads_files_beside_first_in_the_order_of_their_names(void**) {
    Files files;
    assert_text_equal(files.decision(), "none");
    files.put("conf", "require\nwindow = 2\n");
    assert_text_equal(files.decision(), "require /conf:1");
    files.put("conf.d/20.conf", "skip\n");
    files.put("conf.d/10.conf", "window = 3\n\nif-enrolled\n");
    files.put("conf.d/05.txt", "x\n");
    assert_text_equal(files.decision(), "if-enrolled /conf.d/10.conf:3");
    Conf conf;
    Error error = load_conf(files.path.c_str(), geteuid(), true, nullptr, conf);
    assert_int_equal(error, Error::none);
    assert_int_equal(conf.settings.window, 3);
}

void refuses_files_that_others_can_change_or_that_do_not_fit(void**) {
    Files files;
    files.put("conf", "skip\n");
    files.put("conf.d/10.conf", "require\n");
    chmod((files.top + "/conf.d/10.conf").c_str(), 0666);
    assert_text_equal(files.decision(), "settings_unsafe");
    chmod((files.top + "/conf.d/10.conf").c_str(), 0644);
    chmod((files.top + "/conf.d").c_str(), 0777);
    assert_text_equal(files.decision(), "settings_unsafe");
    chmod((files.top + "/conf.d").c_str(), 0755);
    files.put("conf.d/10.conf", "require x\n");
    assert_text_equal(files.decision(), "bad_setting");
    files.put("conf.d/10.conf", std::string(longest_settings + 1, '\n'));
    assert_text_equal(files.decision(), "bad_setting");
    files.put("conf.d/10.conf", std::string(5000, '\n') + "require\n");
    assert_text_equal(files.decision(), "require /conf.d/10.conf:5001");
    (void)!symlink("/dev/zero", (files.top + "/conf.d/20.conf").c_str());
    assert_text_equal(files.decision(), "settings_unsafe");
}

void asks_the_host_for_groups(void**) {
    Files files;
    const passwd* root = getpwuid(0);
    std::string own = getgrgid(root->pw_gid)->gr_name;
    Person person{"root", root->pw_gid};
    files.put("conf", "skip group=" + own + "\n");
    assert_text_equal(files.decision(person), "skip /conf:1");
    files.put("conf", "skip group=nogroup\nrequire group!=nogroup\n");
    assert_text_equal(files.decision(person), "require /conf:2");
    files.put("conf", "skip group=no-such-group-here\n");
    assert_text_equal(files.decision(person), "group_unknown");
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(reads_files_beside_first_in_the_order_of_their_names),
        cmocka_unit_test(refuses_files_that_others_can_change_or_that_do_not_fit),
        cmocka_unit_test(asks_the_host_for_groups),
    };
    return cmocka_run_group_tests_name("conf", tests, nullptr, nullptr);
}
