// SPDX-License-Identifier: Apache-2.0
// pam-totp: sets up a second factor and looks after it. It has no privilege: see helper.h.
#include "command.h"
#include <algorithm>
#include <cstdio>
#include <iostream>

namespace {
using namespace totp;

const std::vector<Command> commands{
    {"setup", "set up codes on a phone, or set them up anew",
     "  --name NAME          what the token is called here (phone)\n"
     "  --uri                also print the otpauth URI, for a phone that cannot scan its own screen\n"
     "  --png FILE           also write the QR code as a PNG picture\n"
     "  --svg FILE           also write the QR code as an SVG picture\n"
     "  --codes-only         backup codes and no token\n"
     "  --algorithm NAME     sha1, sha256 or sha512 (sha1)\n"
     "  --digits N           6, 7 or 8 (6)\n"
     "  --period SECONDS     15 to 120 (30)\n"
     "  --hotp               counter-based instead of time-based\n"
     "  --counter N          counter-based: where the device stands (0)\n"
     "  --issuer NAME        as the app shows it (the settings', or the host's name)\n"
     "  --secret-file FILE   a key in base32 instead of a new one; - is standard input\n"
     "  --no-confirm         root: without the proof by a code\n"
     "  --if-missing         root: change nothing when codes are set up already\n"
     "Example: pam-totp setup --png code.png\n",
     {"--name", "--uri", "--png", "--svg", "--codes-only", "--algorithm", "--digits", "--period", "--hotp", "--counter",
      "--issuer", "--secret-file", "--no-confirm", "--if-missing"},
     run_setup},
    {"status", "what protects the account", "Example: pam-totp status --json\n", {}, run_status},
    {"verify", "try a code; it is used up by that", "Example: pam-totp verify\n", {}, run_verify},
    {"codes", "new backup codes; the old ones end", "Example: pam-totp codes\n", {}, run_codes},
    {"remove", "take the second factor away",
     "  --all                everything that is set up\nExample: pam-totp remove --all\n", {"--all"}, run_remove},
    {"init", "root: make the host key and the store", "Example: pam-totp init\n", {}, run_init},
};

void print_usage() {
    std::cout << "usage: pam-totp COMMAND [OPTION…]\n\n";
    for (const Command& c : commands) std::printf("  %-8s %s\n", c.name, c.summary);
    std::cout << "\nfor all of them:\n"
                 "  -u, --user NAME      root: whose record (your own)\n"
                 "  --json               facts for programs, on one line\n"
                 "  --store DIR --key FILE --conf FILE   other places\n"
                 "\npam-totp COMMAND --help says more.\n"
                 "Exit status: 0 done, 1 refused, 2 usage, 3 not set up, 4 store or key, 5 two codes needed.\n";
}

const Command* find(const std::string& name) {
    for (const Command& c : commands) {
        if (name == c.name) return &c;
    }
    return nullptr;
}

int unknown_command(const std::string& name) {
    std::vector<std::string> names;
    for (const Command& c : commands) names.push_back(c.name);
    std::string near = nearest(name, names);
    complain("'" + name + "' is not a command" +
             (near.empty() ? "; see: pam-totp --help" : "; did you mean '" + near + "'?"));
    return exit_usage;
}
} // namespace

int main(int argc, char** argv) {
    std::vector<std::string> words(argv + 1, argv + argc);
    if (words.empty()) return print_usage(), exit_usage;
    if (words[0] == "--help" || words[0] == "-h" || words[0] == "help") return print_usage(), exit_done;
    if (words[0] == "--version") return std::cout << "pam-totp " TOTP_VERSION "\n", exit_done;
    const Command* command = find(words[0]);
    if (!command) return unknown_command(words[0]);
    words.erase(words.begin());
    if (std::count(words.begin(), words.end(), "--help")) {
        std::cout << "pam-totp " << command->name << ": " << command->summary << "\n\n" << command->help;
        return exit_done;
    }
    Arguments arguments;
    arguments.request.token.name = Text<32>(string_view("phone"));
    if (!read_arguments(*command, words, arguments)) return exit_usage;
    return command->run(arguments);
}
