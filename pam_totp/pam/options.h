// SPDX-License-Identifier: Apache-2.0
// The module's arguments in pam.d.
#pragma once
#include "core/settings.h"
#include "store/host.h"

namespace totp {

/// What to do with a password that a module above has asked for (PAM_AUTHTOK).
enum class FirstPass : u8 {
    ignore,
    try_it, ///< it may hold the code; ask when it does not
    use_it, ///< it must hold the code; never ask
};

struct Options {
    Place place{TOTP_STORE, TOTP_KEY};
    const char* conf = TOTP_CONF;
    bool conf_given = false;        ///< then the file must be there
    bool key_given = false;
    bool moved = false;             ///< store, key or conf is given
    bool after_password = false;    ///< the administrator's word: above this line a wrong password ends the stack
    const char* services = nullptr; ///< comma-separated; others are ignored
    bool nullok = false;            ///< who has nothing set up is not asked
    bool echo = false;              ///< show what is typed
    bool debug = false;
    unsigned tries = 1;             ///< prompts in one call, 1 to 5
    int window = -1;                ///< overrides the settings; -1: not given
    FirstPass first_pass = FirstPass::ignore;
    bool forward_pass = false;      ///< password and code come in one field; the password goes on to the modules below
    const char* prompt = nullptr;   ///< nullptr: the usual one, in the language of the application
};

/// Reads the arguments. False, with the one that does not fit and why.
bool read_options(int argc, const char** argv, Options& options, const char*& culprit, const char*& reason);

/// Whether `service` is one of the comma-separated `services`; all are when there is no list.
bool serves(const Options& options, string_view service);

} // namespace totp
