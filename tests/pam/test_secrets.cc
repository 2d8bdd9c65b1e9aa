// SPDX-License-Identifier: Apache-2.0
// What a login leaves in the process that loaded the module: sshd and sudo live on, fork, and may dump core.
//
// The process is another one, which knows no secret but what it is given: this program run again as `--host`. It
// reads what is typed straight into the reply that the module wipes.
#include "../support/memory.h"
#include "bed.h"
#include "store/random.h"
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <signal.h>
#include <sys/wait.h>

using namespace bed;

namespace {

// --- the process that logs somebody in

int reply_from_standard_input(int, const pam_message** messages, pam_response** replies, void*) {
    *replies = static_cast<pam_response*>(calloc(1, sizeof(pam_response)));
    if (messages[0]->msg_style != PAM_PROMPT_ECHO_OFF) return PAM_SUCCESS;
    char* typed = (*replies)->resp = static_cast<char*>(calloc(1, 256));
    while (read(0, typed, 1) == 1 && *typed != '\n') ++typed;
    *typed = '\0';
    return PAM_SUCCESS;
}

/// Says what came of it, and stays as it is until it is told to go on.
void report(int result) {
    char go_on = 0;
    (void)!write(1, &result, sizeof result);
    (void)!read(0, &go_on, 1);
}

int be_host(const char* stacks, const char* user) {
    pam_conv conv{reply_from_standard_input, nullptr};
    pam_handle_t* pam = nullptr;
    if (pam_start_confdir("test", user, &conv, stacks, &pam) != PAM_SUCCESS) return 1;
    (void)pam_set_item(pam, PAM_FAIL_DELAY, reinterpret_cast<const void*>(+[](int, unsigned, void*) {}));
    int result = pam_authenticate(pam, 0);
    report(result);
    pam_end(pam, result);
    report(result);
    return 0;
}

// --- and who looks at it

/// A login in a process of its own.
struct Process {
    pid_t pid = -1;
    int to = -1, from = -1;

    /// `processor`: what libcrypto is to believe of it (OPENSSL_ia32cap), for its other code paths.
    Process(const Bed& b, const std::string& processor) {
        int in[2], out[2];
        std::ofstream(b.stacks + "/test") << b.line("");
        b.settings("");
        if (pipe(in) != 0 || pipe(out) != 0) abort();
        pid = fork();
        if (pid == 0) {
            dup2(in[0], 0), dup2(out[1], 1);
            for (int fd : {in[0], in[1], out[0], out[1]}) close(fd);
            setenv("OPENSSL_ia32cap", processor.c_str(), 1);
            execl("/proc/self/exe", "test_secrets", "--host", b.stacks.c_str(), b.user.c_str(), nullptr);
            _exit(127);
        }
        close(in[0]), close(out[1]);
        to = in[1], from = out[0];
    }
    ~Process() {
        close(to), close(from);
        kill(pid, SIGKILL);
        waitpid(pid, nullptr, 0);
    }
    void type(const std::string& text) const { (void)!write(to, text.data(), text.size()); }
    int result() const {
        int value = -1;
        return read(from, &value, sizeof value) == ssize_t(sizeof value) ? value : -1;
    }
};

/// Somebody with a key of random bytes, so that nothing in any process looks like it by chance.
struct Known : Bed {
    memory::Secrets secrets;

    explicit Known(Hash hash = Hash::sha1) {
        token.hash = hash;
        token.digits = 8;
        if (!random_bytes(token.key.fill(hash == Hash::sha1 ? 20 : 32))) abort();
        enrol();
        secrets.add_key("the token's key", token.key.reveal());
        secrets.add_key("the signing key", host.keyring.newest().signing.reveal());
        secrets.add_key("the sealing key", host.keyring.newest().sealing.reveal());
        // Out of these come codes that are still good when the login is over.
        for (long away = -2; away <= 4; ++away) secrets.add("the MAC of a step", mac(away));
    }
    std::string mac(long away) const {
        u64 step = u64(long(step_of(token, u64(time(nullptr)))) + away);
        u8 message[8], made[EVP_MAX_MD_SIZE];
        unsigned size = 0;
        for (size_t i = 8; i-- > 0; step >>= 8) message[i] = u8(step);
        HMAC(token.hash == Hash::sha1 ? EVP_sha1() : EVP_sha256(), token.key.reveal().data(), int(token.key.size()),
             message, sizeof message, made, &size);
        return {reinterpret_cast<char*>(made), size};
    }
};

/// One login; what stood in its memory before and after pam_end, a line each. Blanks stand before what is typed:
/// free(3) itself overwrites only the beginning of a reply. Nothing typed: no question is expected.
std::string left_by(Known& b, const std::string& typed, int expected, const std::string& processor = "") {
    Process process(b, processor);
    if (!typed.empty()) process.type(std::string(24, ' ') + typed + "\n");
    if (process.result() != expected) return "the login went another way";
    std::string all;
    for (const char* when : {"after pam_authenticate: ", "after pam_end: "}) {
        for (const std::string& find : b.secrets.found_in(process.pid)) all += when + find + "\n";
        process.type("\n");
        (void)process.result();
    }
    return all;
}

void finds_what_is_there(void**) {
    Known b;
    Process process(b, "");
    std::string all;
    for (int tries = 0; tries < 100 && all.find("the token's key") == std::string::npos; ++tries) { // the question is open: the record is, too
        usleep(50000);
        for (const std::string& find : b.secrets.found_in(process.pid)) all += find + "\n";
    }
    assert_non_null(strstr(all.c_str(), "the token's key"));
}

void keeps_no_secret_in_memory_after_a_right_code(void**) {
    Known b;
    std::string code = b.code();
    b.secrets.add("the code", code);
    assert_text_equal(left_by(b, code, PAM_SUCCESS), "");
}

void keeps_no_secret_in_memory_after_a_wrong_code(void**) {
    Known b;
    b.secrets.add("what was typed", "90210417");
    assert_text_equal(left_by(b, "90210417", PAM_AUTH_ERR), "");
}

void keeps_no_secret_in_memory_after_a_password_at_our_prompt(void**) {
    Known b;
    b.secrets.add("what was typed", "correct horse battery");
    assert_text_equal(left_by(b, "correct horse battery", PAM_AUTH_ERR), "");
}

void keeps_no_secret_in_memory_after_a_backup_code(void**) {
    Known b;
    std::string code = "0123456789abcde";
    b.secrets.add_key("the backup code", bytes_of(code));
    b.secrets.add("the backup code as it was typed", "01234-56789-abcde");
    assert_text_equal(left_by(b, "01234-56789-abcde", PAM_SUCCESS), "");
}

void keeps_no_secret_in_memory_after_a_question_that_was_given_up(void**) {
    Known b;
    assert_text_equal(left_by(b, "\177", PAM_AUTH_ERR), "");
    chmod(b.credential().c_str(), 0644); // and where there was none, for the record cannot be trusted
    assert_text_equal(left_by(b, "", PAM_AUTHINFO_UNAVAIL), "");
}

void keeps_no_secret_in_memory_on_other_processors(void**) {
    for (const char* processor : {":~0x20000000", ":~0x20000020", "~0x1000000000000000:~0x20000020"}) {
        Known b;
        assert_text_equal(left_by(b, b.code(), PAM_SUCCESS, processor), "");
    }
}

void keeps_no_secret_in_memory_of_a_longer_hash(void**) {
    Known b(Hash::sha256);
    assert_text_equal(left_by(b, b.code(), PAM_SUCCESS), "");
}
} // namespace

int main(int argc, char** argv) {
    if (argc == 4 && std::string(argv[1]) == "--host") return be_host(argv[2], argv[3]);
#ifdef __SANITIZE_ADDRESS__
    print_message("skip secrets: a sanitizer keeps copies of its own\n");
    return 77;
#endif
    char* own = realpath(argv[0], nullptr);
    std::string path(own);
    free(own);
    module_path() = path.substr(0, path.rfind("/tests/")) + "/pam_totp.so";
    const CMUnitTest tests[] = {
        cmocka_unit_test(finds_what_is_there),
        cmocka_unit_test(keeps_no_secret_in_memory_after_a_right_code),
        cmocka_unit_test(keeps_no_secret_in_memory_after_a_wrong_code),
        cmocka_unit_test(keeps_no_secret_in_memory_after_a_password_at_our_prompt),
        cmocka_unit_test(keeps_no_secret_in_memory_after_a_backup_code),
        cmocka_unit_test(keeps_no_secret_in_memory_after_a_question_that_was_given_up),
        cmocka_unit_test(keeps_no_secret_in_memory_on_other_processors),
        cmocka_unit_test(keeps_no_secret_in_memory_of_a_longer_hash),
    };
    return cmocka_run_group_tests_name("secrets", tests, nullptr, nullptr);
}
