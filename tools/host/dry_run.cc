// SPDX-License-Identifier: Apache-2.0
#include "dry_run.h"
#include "../command.h"
#include "../terminal.h"
#include "../text.h"
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <security/pam_appl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

namespace totp::host {
namespace {

/// What is typed is not shown while this lives.
class NoEcho {
  public:
    explicit NoEcho(bool wanted) {
        is_set_ = wanted && tcgetattr(STDIN_FILENO, &before_) == 0;
        if (!is_set_) return;
        termios without = before_;
        without.c_lflag &= ~tcflag_t(ECHO);
        without.c_lflag |= ECHONL;
        is_set_ = tcsetattr(STDIN_FILENO, TCSAFLUSH, &without) == 0;
    }
    ~NoEcho() {
        if (is_set_) (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    }
    NoEcho(const NoEcho&) = delete;
    NoEcho& operator=(const NoEcho&) = delete;

  private:
    termios before_ = {};
    bool is_set_ = false;
};

bool answer(const pam_message& message, pam_response& response, int& asked) {
    bool is_question = message.msg_style == PAM_PROMPT_ECHO_OFF || message.msg_style == PAM_PROMPT_ECHO_ON;
    if (!is_question) return say(std::string(message.msg) + "\n"), true;
    ++asked;
    Secret<256> typed;
    NoEcho quiet(message.msg_style == PAM_PROMPT_ECHO_OFF);
    say(message.msg);
    if (!read_line(STDIN_FILENO, typed)) return false;
    typed.push(0);
    response.resp = strdup(reinterpret_cast<const char*>(typed.reveal().data()));
    return response.resp != nullptr;
}

/// An interrupt leaves read_line as Stop, and may not run through libpam, which is C.
int converse(int count, const pam_message** messages, pam_response** responses, void* asked) {
    auto* all = static_cast<pam_response*>(std::calloc(size_t(count), sizeof(pam_response)));
    if (!all) return PAM_BUF_ERR;
    *responses = all;
    try {
        bool answered = true;
        for (int i = 0; i < count && answered; ++i) answered = answer(*messages[i], all[i], *static_cast<int*>(asked));
        if (answered) return PAM_SUCCESS;
    } catch (const Stop&) {
        *static_cast<int*>(asked) = -1;
    }
    for (int i = 0; i < count; ++i) {
        if (all[i].resp) explicit_bzero(all[i].resp, std::strlen(all[i].resp)), std::free(all[i].resp);
    }
    std::free(all);
    *responses = nullptr;
    return PAM_CONV_ERR;
}

void set_up(pam_handle_t* pam, const TriedBy& visitor) {
    const char* terminal = ttyname(STDIN_FILENO);
    (void)pam_set_item(pam, PAM_TTY, visitor.service == "sshd" ? "ssh" : terminal ? terminal : "");
    if (visitor.service == "sudo" || visitor.service == "su") (void)pam_set_item(pam, PAM_RUSER, visitor.user.c_str());
    if (visitor.has_key) (void)pam_putenv(pam, "SSH_AUTH_INFO_0=publickey dry-run");
}

Trial run(const std::string& folder, const TriedBy& visitor) {
    int asked = 0;
    pam_conv conversation{converse, &asked};
    pam_handle_t* pam = nullptr;
    int result = pam_start_confdir(visitor.service.c_str(), visitor.user.c_str(), &conversation, folder.c_str(), &pam);
    if (result == PAM_SUCCESS) {
        set_up(pam, visitor);
        result = pam_authenticate(pam, 0);
        if (result != PAM_SUCCESS) complain(text("PAM: %1", {pam_strerror(pam, result)}));
        (void)pam_end(pam, result);
    }
    if (asked < 0) return Trial::given_up;
    if (result != PAM_SUCCESS) return Trial::refused;
    return asked > (visitor.has_key ? 0 : 1) ? Trial::asked : Trial::not_asked;
}
} // namespace

/// In a process of its own: modules leave things behind, and may even end it.
Trial try_stack(const std::string& folder, const TriedBy& visitor) {
    pid_t child = fork();
    if (child == 0) _exit(10 + int(run(folder, visitor)));
    int status = 0;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    int given = child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) - 10 : -1;
    bool is_known = given >= int(Trial::asked) && given <= int(Trial::given_up);
    return is_known ? Trial(given) : Trial::refused;
}

} // namespace totp::host
