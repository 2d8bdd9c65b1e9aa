// SPDX-License-Identifier: Apache-2.0
// duo PSA-2017-002: an environment variable of the caller's made logins pass. The calling program here is this one,
// run again as `--host` with a variable set, since libcrypto and libc look at some of them once.
#include "bed.h"
#include "session.h"
#include <sys/wait.h>

using namespace bed;

namespace {

// What the module, libpam, libcrypto and libc look at, and what such modules do.
const std::vector<std::string> names{
    "SSH_AUTH_INFO_0", "SSH_CONNECTION", "PAM_USER", "PAM_RHOST", "PAM_TYPE", "USER", "LOGNAME", "HOME", "SHELL", "SUDO_USER",
    "SUDO_UID", "PATH", "TMPDIR", "TZ", "LANG", "LC_ALL", "LANGUAGE", "TOTP_STORE", "TOTP_KEY", "TOTP_CONF",
    "PAM_TOTP_DEBUG", "OPENSSL_CONF", "OPENSSL_CONF_INCLUDE", "OPENSSL_MODULES", "OPENSSL_ENGINES", "OPENSSL_ia32cap", "RANDFILE",
    "SSLKEYLOGFILE", "GCONV_PATH", "NLSPATH", "HOSTALIASES", "RES_OPTIONS", "LOCALDOMAIN", "MALLOC_CHECK_", "MALLOC_ARENA_MAX",
    "GLIBC_TUNABLES", "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "DEBUG", "NO_COLOR", "TERM"};
const std::vector<std::string> values{"", "1", "publickey ssh-ed25519 AAAA", "/nonexistent", "root", std::string(9000, 'x')};

/// Who is not known yet gets no reason, and who has nothing set up is not let in by `nullok`.
int be_host(const char* stacks, const char* right, const char* wrong) {
    auto login = [&](const char* service, const char* user, std::vector<std::string> answers, Talk& talk) {
        talk.answers = std::move(answers);
        pam_conv conv{converse, &talk};
        pam_handle_t* pam = nullptr;
        if (pam_start_confdir(service, user, &conv, stacks, &pam) != PAM_SUCCESS) return -1;
        (void)pam_set_item(pam, PAM_FAIL_DELAY, reinterpret_cast<const void*>(+[](int, unsigned, void*) {}));
        int result = pam_authenticate(pam, 0);
        pam_end(pam, result);
        return result;
    };
    Talk first, second, third;
    bool refused = login("test", "root", {wrong, wrong}, first) == PAM_AUTH_ERR;
    bool silent = first.prompts == std::vector<std::string>(2, "Verification code: ");
    bool nobody = login("nullok", "daemon", {}, second) != PAM_SUCCESS;
    bool accepted = login("test", "root", {right}, third) == PAM_SUCCESS;
    return refused && silent && nobody && accepted ? 0 : 1;
}

bool holds_with(const Bed& b, std::vector<std::string> environment, const std::string& right) {
    pid_t pid = fork();
    if (pid == 0) {
        std::vector<char*> variables;
        for (std::string& one : environment) variables.push_back(one.data());
        variables.push_back(nullptr);
        const char* words[]{"test", "--host", b.stacks.c_str(), right.c_str(), "9999999", nullptr};
        execve("/proc/self/exe", const_cast<char**>(words), variables.data());
        _exit(127);
    }
    int status = -1;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

void duo_psa_2017_002_no_environment_variable_decides(void**) {
    Bed b;
    b.token.type = Type::hotp; // so that each login has a code of its own
    b.enrol();
    b.settings("guesses = 1000\n");
    std::ofstream(b.stacks + "/test") << b.line("tries=2");
    std::ofstream(b.stacks + "/nullok") << b.line("nullok");
    u64 counter = 0;
    auto next = [&] {
        u32 code = 0;
        (void)code_of(b.token, counter++, code);
        std::string text = std::to_string(code);
        return std::string(6 - text.size(), '0') + text;
    };
    std::string wrong;
    bool plain = holds_with(b, {}, next());
    auto try_with = [&](const std::vector<std::string>& environment) {
        if (holds_with(b, environment, next())) return;
        wrong += environment.back().substr(0, 60) + (environment.size() > 1 ? " and all others\n" : "\n");
        --counter;
    };
    for (const std::string& name : names) try_with({name + "=publickey ssh-ed25519 AAAA"});
    for (const std::string& value : values) {
        std::vector<std::string> all;
        for (const std::string& name : names) all.push_back(name + "=" + value);
        try_with(all);
    }
    assert_true(plain);
    assert_text_equal(wrong, "");
}
} // namespace

int main(int argc, char** argv) {
    if (argc == 5 && std::string(argv[1]) == "--host") return be_host(argv[2], argv[3], argv[4]);
    char* own = realpath(argv[0], nullptr);
    std::string path(own);
    free(own);
    module_path() = path.substr(0, path.rfind("/tests/")) + "/pam_totp.so";
    const CMUnitTest tests[] = {cmocka_unit_test(duo_psa_2017_002_no_environment_variable_decides)};
    return cmocka_run_group_tests_name("holes_environment", tests, nullptr, nullptr);
}
