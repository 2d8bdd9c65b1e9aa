// SPDX-License-Identifier: Apache-2.0
// A subcommand: its name, its help, what it does; and the arguments that all of them share.
#pragma once
#include "core/protocol.h"
#include <string>
#include <vector>

namespace totp {

enum Exit { exit_done = 0, exit_refused = 1, exit_usage = 2, exit_not_set_up = 3, exit_store = 4, exit_two_codes = 5 };

struct Arguments {
    std::string user, store, key, conf;
    bool json = false, all = false, uri = false;
    std::string png, svg, issuer, secret_file;
    Request request; ///< what setup's options say
};

struct Command {
    const char* name;
    const char* summary;
    const char* help; ///< options and an example
    std::vector<std::string> options; ///< beside the common ones
    int (*run)(Arguments&);
};

int run_init(Arguments&);
int run_setup(Arguments&);
int run_status(Arguments&);
int run_verify(Arguments&);
int run_codes(Arguments&);
int run_remove(Arguments&);

/// Reads the options behind the command's name; on a mistake says which and what is nearest, and gives false.
bool read_arguments(const Command& command, const std::vector<std::string>& words, Arguments& arguments);

/// The nearest of `known` to a mistyped word, or nothing when none is near.
std::string nearest(const std::string& word, const std::vector<std::string>& known);

/// `pam-totp: TEXT` on standard error.
void complain(const std::string& text);

} // namespace totp
