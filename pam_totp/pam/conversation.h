// SPDX-License-Identifier: Apache-2.0
// Talking with the person through the application: one prompt, or one line of information.
#pragma once
#include "core/bytes.h"
#include "core/secret.h"
#include <security/pam_modules.h>

namespace totp {

constexpr size_t longest_reply = 512; ///< bytes, as PAM_MAX_RESP_SIZE

/// Puts one question; PAM_SUCCESS and what was typed, or PAM_CONV_ERR for a conversation that fails, is
/// aborted, or gives no reply. `echo` shows what is typed.
int ask(pam_handle_t* pam, const char* prompt, bool echo, Secret<longest_reply>& typed);

/// Shows a line, unless the application wants silence. Whether it was seen does not matter.
void tell(pam_handle_t* pam, int flags, const char* text);

} // namespace totp
