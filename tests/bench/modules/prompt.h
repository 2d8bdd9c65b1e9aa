// SPDX-License-Identifier: Apache-2.0
// Asks for a code and takes any answer.
#pragma once
#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <stdlib.h>

inline int prompt(pam_handle_t* pam) {
    char* answer = nullptr;
    int result = pam_prompt(pam, PAM_PROMPT_ECHO_OFF, &answer, "Verification code: ");
    free(answer);
    return result;
}
