// SPDX-License-Identifier: Apache-2.0
#include "field.h"
#include "core/answer.h"

namespace totp {
namespace {

/// Of a password that is all digits every login would cost a guess, so one code must have as many as the token's.
bool looks_like_a_code(string_view text, unsigned digits) {
    Answer answer;
    read_answer(text, answer);
    if (answer.form == Form::one_code || answer.form == Form::two_codes) return answer.digits == digits;
    return answer.form == Form::backup_code;
}

/// For the modules below, whether or not the code is right: nobody learns from them which of the two was wrong.
int forward(pam_handle_t* pam, string_view password) {
    Secret<longest_reply + 1> text;
    (void)text.assign(bytes_of(password));
    (void)text.push(0);
    return pam_set_item(pam, PAM_AUTHTOK, text.reveal().data()) == PAM_SUCCESS ? PAM_SUCCESS : PAM_AUTH_ERR;
}
} // namespace

string_view text_item(pam_handle_t* pam, int which) {
    const void* text = nullptr;
    if (pam_get_item(pam, which, &text) != PAM_SUCCESS || !text) return {};
    return static_cast<const char*>(text);
}

int Field::split(string_view typed, unsigned digits, Secret<longest_reply>& code) {
    Combined combined;
    (void)split_combined(typed, digits, combined);
    (void)code.assign(bytes_of(combined.code));
    return forward(pam_, combined.password);
}

/// What a module above has asked for, where it ends in a code; else it is left alone.
bool Field::take_first_pass(unsigned digits, Secret<longest_reply>& code) {
    Secret<longest_reply> typed; // the item goes when it is set anew
    (void)typed.assign(bytes_of(slice(text_item(pam_, PAM_AUTHTOK), 0, longest_reply)));
    Combined combined{{}, typed.reveal_text()};
    if (options_.forward_pass) (void)split_combined(typed.reveal_text(), digits, combined);
    if (!looks_like_a_code(combined.code, digits)) return false;
    (void)code.assign(bytes_of(combined.code));
    return !options_.forward_pass || forward(pam_, combined.password) == PAM_SUCCESS;
}

int Field::take(const char* prompt, unsigned digits, Secret<longest_reply>& code) {
    was_first_pass_ = !begun_ && options_.first_pass != FirstPass::ignore && take_first_pass(digits, code);
    begun_ = true;
    if (was_first_pass_) return PAM_SUCCESS;
    if (options_.first_pass == FirstPass::use_it) return PAM_AUTH_ERR;
    Secret<longest_reply> typed;
    int result = ask(pam_, prompt, options_.echo, typed);
    if (result != PAM_SUCCESS) return result;
    if (options_.forward_pass) return split(typed.reveal_text(), digits, code);
    string_view password = text_item(pam_, PAM_AUTHTOK);
    bool is_password = !password.empty() && equal_secrets(typed.reveal(), bytes_of(password));
    if (!is_password) (void)code.assign(typed.reveal());
    else code.wipe();
    return PAM_SUCCESS;
}

} // namespace totp
