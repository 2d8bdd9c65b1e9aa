// SPDX-License-Identifier: Apache-2.0
// login DIRECTORY SERVICE USER: a plain PAM application for the programs beside it to kill and to fail the calls
// of. One login for each line of its standard input, which is the answer to every question of that login. It prints
// what the person would see, and what it came to, as soon as it knows. getppid() marks where the modules are in
// place, and where they have answered.
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <security/pam_appl.h>
#include <string>
#include <unistd.h>

namespace {

/// Not buffered: what was not said before a kill was not said.
void say(const std::string& text) {
    if (write(STDOUT_FILENO, text.data(), text.size()) != ssize_t(text.size())) _exit(2);
}

int converse(int count, const pam_message** messages, pam_response** replies, void* answer) {
    if (count != 1) return PAM_CONV_ERR;
    bool asks = messages[0]->msg_style == PAM_PROMPT_ECHO_OFF || messages[0]->msg_style == PAM_PROMPT_ECHO_ON;
    say(std::string(asks ? "prompt " : "note ") + messages[0]->msg + "\n");
    *replies = static_cast<pam_response*>(calloc(1, sizeof(pam_response)));
    if (!*replies) return PAM_BUF_ERR;
    if (asks) (*replies)->resp = strdup(static_cast<const std::string*>(answer)->c_str());
    return PAM_SUCCESS;
}

int login(char** argv, std::string& answer) {
    pam_conv conv{converse, &answer};
    pam_handle_t* pam = nullptr;
    int result = pam_start_confdir(argv[2], argv[3], &conv, argv[1], &pam);
    if (result != PAM_SUCCESS) return result;
    // A refusal is delayed by whoever asks for the login: here by nobody.
    (void)pam_set_item(pam, PAM_FAIL_DELAY, reinterpret_cast<const void*>(+[](int, unsigned, void*) {}));
    (void)getppid();
    result = pam_authenticate(pam, 0);
    (void)getppid();
    say("result " + std::to_string(result) + "\n");
    (void)pam_end(pam, result);
    return result;
}
} // namespace

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    int result = PAM_ABORT;
    for (std::string answer; std::getline(std::cin, answer);) result = login(argv, answer);
    return result == PAM_SUCCESS ? 0 : 1;
}
