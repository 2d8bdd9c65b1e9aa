// SPDX-License-Identifier: Apache-2.0
// pam-totp: sets up a second factor and looks after it. It has no privilege: see helper.h.
#include "command.h"
#include "terminal.h"
#include <algorithm>
#include <new>

namespace {
using namespace totp;

const std::vector<Command> commands{
    {"setup",
     "set up codes on a phone, or set them up anew",
     "  --name NAME          what the token is called here (phone)\n"
     "  --uri                also print the otpauth URI, to copy\n"
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
     "  --if-missing         root: change nothing when codes are set up already\n",
     "pam-totp setup --png code.png",
     {"--name", "--uri", "--png", "--svg", "--codes-only", "--algorithm", "--digits", "--period", "--hotp",
      "--counter", "--issuer", "--secret-file", "--no-confirm", "--if-missing"},
     run_setup},
    {"status", "what protects the account", "", "pam-totp status --json", {}, run_status},
    {"verify", "try a code; it is used up by that", "", "pam-totp verify", {}, run_verify},
    {"codes", "new backup codes; the old ones end", "", "pam-totp codes", {}, run_codes},
    {"remove",
     "take the second factor away",
     "  --all                everything that is set up\n",
     "pam-totp remove --all",
     {"--all"},
     run_remove},
    {"init",
     "root: make the host key and the store",
     "What is there already stays as it is.\n",
     "pam-totp init",
     {},
     run_init},
};

constexpr const char* common_help = "  -u, --user NAME      root: whose record (your own)\n"
                                    "  --json               facts for programs, on one line\n"
                                    "  --store DIR, --key FILE, --conf FILE\n"
                                    "                       other places than the usual ones\n";

void say_usage() {
    say("usage: pam-totp COMMAND [OPTION…]\n\n");
    for (const Command& c : commands) {
        std::string name = c.name;
        say("  " + name + std::string(8 - name.size(), ' ') + " " + c.summary + "\n");
    }
    say("\nfor all of them:\n");
    say(common_help);
    say("\npam-totp COMMAND --help says more; pam-totp --version says which this is.\n"
        "Exit status: 0 done, 1 refused, 2 usage, 3 not set up, 4 store or key,\n"
        "5 two codes needed.\n");
}

void say_help(const Command& command) {
    say(std::string("pam-totp ") + command.name + ": " + command.summary + "\n\n");
    say(command.help);
    say(common_help);
    say(std::string("\nExample: ") + command.example + "\n");
}

const Command& find(const std::string& name) {
    std::vector<std::string> names{"help"};
    for (const Command& c : commands) {
        if (name == c.name) return c;
        names.emplace_back(c.name);
    }
    throw Stop(exit_usage,
               "'" + name + "' is not a command;" + suggest(name, names, " see: pam-totp --help"));
}

bool asks_for_help(const std::string& word) { return word == "--help" || word == "-h"; }

int run(std::vector<std::string> words) {
    if (words.empty()) throw Stop(exit_usage, "which command? See: pam-totp --help");
    if (words[0] == "--version") return say("pam-totp " TOTP_VERSION "\n"), exit_done;
    if (asks_for_help(words[0]) || words[0] == "help") {
        if (words.size() > 1)
            say_help(find(words[1]));
        else
            say_usage();
        return exit_done;
    }
    const Command& command = find(words[0]);
    words.erase(words.begin());
    if (std::any_of(words.begin(), words.end(), asks_for_help)) return say_help(command), exit_done;
    Arguments arguments;
    arguments.request.token.name = Text<32>(string_view("phone"));
    read_arguments(command, words, arguments);
    return command.run(arguments);
}
} // namespace

int main(int argc, char** argv) {
    prepare_terminal();
    try {
        int status = run({argv + 1, argv + argc});
        if (all_was_said()) return status;
        complain("not all that there was to say could be written; see: pam-totp status");
        return status == exit_done ? exit_store : status;
    } catch (const Stop& stop) {
        if (*stop.what()) complain(stop.what());
        return stop.status;
    } catch (const std::bad_alloc&) {
        complain("no memory");
        return exit_store;
    }
}
