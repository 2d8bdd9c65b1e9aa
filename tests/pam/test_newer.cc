// SPDX-License-Identifier: Apache-2.0
// A module that an upgrade, or a way back from one, left with files of a newer version: it refuses, takes nothing away,
// and says of which file and why.
#include "../unit/journal.h"
#include "../unit/scene.h"
#include "core/settings.h"
#include "past.h"

using namespace bed;

namespace {
/// What the log says of the attempt to log in: the reason, and of which file in the bed.
std::string refusal(Bed& b) {
    Host host;
    Record record;
    (void)make_account(b.user, geteuid(), record.account);
    Error error = open_host(b.place(), host);
    if (error == Error::none) error = open_record(host, record);
    std::string file(path_of(error, host, record).view());
    bool says_so = advice(error).find("written by a newer pam_totp") != string_view::npos;
    bool refuses = b.login({b.code()}) == PAM_AUTHINFO_UNAVAIL && b.login({given::backup_code(0)}) == PAM_AUTHINFO_UNAVAIL;
    if (file.starts_with(b.top)) file = file.substr(b.top.size());
    return std::string(word(error)) + " " + file + (says_so ? "" : ": does not say so") + (refuses ? "" : ": does not refuse");
}

/// Puts a higher version in place of the one in this file.
void raise(const std::string& path, const std::string& name) {
    std::string text = contents(path);
    size_t at = text.find(name);
    if (at == std::string::npos) abort();
    text[at + name.size() - 1] = '2';
    std::ofstream(path, std::ios::binary) << text;
}

void refuses_a_newer_host_key(void**) {
    Bed b;
    b.enrol();
    raise(b.key, "pam_totp-key-1");
    std::string before = contents(b.key);
    assert_text_equal(refusal(b), "key_newer /key");
    assert_true(contents(b.key) == before);
}

void refuses_a_newer_store(void**) {
    Bed b;
    (void)b.token.key.assign(bytes_of(given::rfc_key));
    raise(b.store + "/.store", "pam_totp-store-1");
    assert_text_equal(refusal(b), "store_newer /store");
}

void refuses_a_newer_credential(void**) {
    Bed b;
    b.enrol();
    std::string file = b.credential().substr(b.top.size());
    raise(b.credential(), "pam_totp-credential-1");
    assert_text_equal(refusal(b), ("credential_newer " + file).c_str());
    assert_int_equal(access(b.credential().c_str(), F_OK), 0);
}

void refuses_a_newer_journal(void**) {
    Bed b;
    b.enrol();
    std::string bytes = contents(b.journal());
    EntryBytes newer;
    memcpy(newer.data(), bytes.data() + bytes.size() - entry_size, entry_size);
    newer[3] = '2';
    given::sign(newer, b.host.keyring.newest(), b.record.account);
    std::ofstream(b.journal(), std::ios::binary | std::ios::app) << text_of(newer);
    std::string before = contents(b.journal());
    assert_text_equal(refusal(b), ("journal_newer " + b.journal().substr(b.top.size())).c_str());
    assert_true(contents(b.journal()) == before);
}

/// It proves nothing yet, and nobody is kept out: a key is shown anew, as after its hour.
void a_newer_set_up_that_was_begun_is_begun_anew(void**) {
    Past b;
    b.begin();
    std::string file = b.journal() + ".pending";
    raise(file, "pam_totp-credential-1");
    Credential found;
    Error error = open_pending(b.host, b.record, past::from, b.now, found);
    assert_int_equal(error, Error::no_record);
    assert_int_not_equal(access(file.c_str(), F_OK), 0);
}

/// A setting, a rule and a key of a rule that a newer version has: the log names the file, the line and this version.
void refuses_newer_settings(void**) {
    Bed b;
    b.enrol();
    for (const char* line : {"colour = red\n", "allow user=root\n", "require planet=mars\n"}) {
        b.settings(line);
        int result = b.login({b.code()});
        assert_int_equal(result, PAM_AUTHINFO_UNAVAIL);
        Settings settings;
        Misfit misfit;
        bool fits = read_settings(line, settings, misfit);
        assert_false(fits);
        assert_int_equal(misfit.line, 1);
        if (misfit.reason.find("version " TOTP_VERSION) == string_view::npos) fail_msg("%s%s", line, std::string(misfit.reason).c_str());
    }
}
} // namespace

int main(int, char** argv) {
    find_module(argv[0]);
    const CMUnitTest tests[] = {
        cmocka_unit_test(refuses_a_newer_host_key),
        cmocka_unit_test(refuses_a_newer_store),
        cmocka_unit_test(refuses_a_newer_credential),
        cmocka_unit_test(refuses_a_newer_journal),
        cmocka_unit_test(a_newer_set_up_that_was_begun_is_begun_anew),
        cmocka_unit_test(refuses_newer_settings),
    };
    return cmocka_run_group_tests_name("newer", tests, nullptr, nullptr);
}
