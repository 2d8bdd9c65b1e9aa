// SPDX-License-Identifier: Apache-2.0
// A subcommand: its name, its help, what it does; and the arguments that all of them share.
#pragma once
#include "core/protocol.h"
#include <stdexcept>
#include <string>
#include <vector>

namespace totp {

enum Exit {
    exit_done = 0,
    exit_refused = 1,
    exit_usage = 2,
    exit_not_set_up = 3,
    exit_store = 4,
    exit_two_codes = 5
};

/// The end of the program: its exit status, and why, for main to say; nothing when it was said.
struct Stop : std::runtime_error {
    int status;
    Stop(int exit_status, const std::string& why) : std::runtime_error(why), status(exit_status) {}
};

struct Arguments {
    std::string user, store, key, conf;
    bool json = false, all = false, uri = false;
    bool yes = false, drop_old = false;
    u32 undo_after = 300; ///< seconds
    std::vector<std::string> groups, except_groups;
    std::string png, svg, issuer, secret_file;
    std::string root;               ///< of an image of a host; empty: this one
    std::string operand;            ///< also in request.token.name
    Request request;                ///< what setup's options say
    std::vector<std::string> given; ///< the options, by name
    bool has(const std::string& option) const;
    /// For another question to the same helper.
    void take_places(const Arguments& other) { store = other.store, key = other.key, conf = other.conf, json = other.json; }
};

struct Command {
    const char* name;
    const char* summary;            ///< it and `help` are for text()
    std::vector<const char*> help;    ///< its own options
    const char* example;
    std::vector<std::string> options; ///< beside the common ones
    const char* operand;              ///< "NAME" of a token, "[NAME]" when it may be left out, or nullptr
    int (*run)(Arguments&);
};

int run_init(Arguments&);
int run_setup(Arguments&);
int run_status(Arguments&);
int run_verify(Arguments&);
int run_add(Arguments&);
int run_remove(Arguments&);
int run_codes(Arguments&);
int run_resync(Arguments&);
int run_list(Arguments&);
int run_unlock(Arguments&);
int run_forget(Arguments&);
int run_export(Arguments&);
int run_explain(Arguments&);
int run_enable(Arguments&);
int run_disable(Arguments&);
int run_keep(Arguments&);
int run_undo(Arguments&);
int run_report(Arguments&);
int run_recover(Arguments&);
int run_edit(Arguments&);
int run_check(Arguments&);
int run_rekey(Arguments&);
int run_rebind(Arguments&);
int run_prune(Arguments&);

/// Reads the options behind the command's name. Throws Stop on a mistake: it says which and what is nearest.
void read_arguments(const Command& command, const std::vector<std::string>& words, Arguments& arguments);

/// `did you mean 'X'?` for the nearest of `known` to a mistyped word; when none is near, the other text.
std::string suggest(const std::string& word, const std::vector<std::string>& known,
                    const std::string& otherwise);

} // namespace totp
