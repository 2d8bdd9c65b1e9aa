// SPDX-License-Identifier: Apache-2.0
#include "conversation.h"
#include <stdlib.h>
#include <string.h>

namespace totp {
namespace {

/// Owns what a conversation gave back: wiped and freed on every way out, also beside an error.
struct Reply {
    pam_response* response = nullptr; // a conversation may leave it alone
    Reply() = default;
    Reply(const Reply&) = delete;
    Reply& operator=(const Reply&) = delete;
    ~Reply() {
        if (!response) return;
        if (response->resp) {
            OPENSSL_cleanse(response->resp, strlen(response->resp));
            free(response->resp);
        }
        free(response);
    }
};

int converse(pam_handle_t* pam, int style, const char* text, Reply& reply) {
    const void* item = nullptr;
    if (pam_get_item(pam, PAM_CONV, &item) != PAM_SUCCESS || !item) return PAM_CONV_ERR;
    auto conv = static_cast<const pam_conv*>(item);
    if (!conv->conv) return PAM_CONV_ERR;
    pam_message message{style, text};
    const pam_message* list = &message;
    return conv->conv(1, &list, &reply.response, conv->appdata_ptr);
}
} // namespace

int ask(pam_handle_t* pam, const char* prompt, bool echo, Secret<longest_reply>& typed) {
    Reply reply;
    int result = converse(pam, echo ? PAM_PROMPT_ECHO_ON : PAM_PROMPT_ECHO_OFF, prompt, reply);
    if (result != PAM_SUCCESS || !reply.response || !reply.response->resp) return PAM_CONV_ERR;
    string_view text(reply.response->resp);
    // Too long to be anything of ours: cut, so that it is still told from no answer.
    (void)typed.assign(bytes_of(slice(text, 0, longest_reply)));
    return PAM_SUCCESS;
}

void tell(pam_handle_t* pam, int flags, const char* text) {
    if ((flags & PAM_SILENT) || !*text) return;
    Reply reply;
    (void)converse(pam, PAM_TEXT_INFO, text, reply);
}

} // namespace totp
