// SPDX-License-Identifier: Apache-2.0
// pam-totp: sets up a second factor and looks after it. It has no privilege: see helper.h.
#include "command.h"
#include "terminal.h"
#include "text.h"
#include <algorithm>
#include <new>

namespace {
using namespace totp;

constexpr const char* token_options =
    message("  --uri                also print the otpauth URI, to copy\n"
            "  --png FILE           also write the QR code as a PNG picture\n"
            "  --svg FILE           also write the QR code as an SVG picture\n"
            "  --algorithm NAME     sha1, sha256 or sha512 (sha1)\n"
            "  --digits N           6, 7 or 8 (6)\n"
            "  --period SECONDS     15 to 120 (30)\n"
            "  --hotp               counter-based instead of time-based\n"
            "  --counter N          counter-based: where the device stands (0)\n"
            "  --issuer NAME        as the app shows it (the settings', or the host's name)\n"
            "  --secret-file FILE   a key in base32 instead of a new one; - is standard input\n"
            "  --no-confirm         root: without the proof by a code\n");

const std::vector<Command> commands{
    {"setup",
     message("set up codes on a phone, or set them up anew"),
     {message("  --name NAME          what the token is called here (phone)\n"
              "  --codes-only         backup codes and no token\n"
              "  --if-missing         root: change nothing when codes are set up already\n"),
      token_options},
     "pam-totp setup --png code.png",
     {"--name", "--uri", "--png", "--svg", "--codes-only", "--algorithm", "--digits", "--period", "--hotp",
      "--counter", "--issuer", "--secret-file", "--no-confirm", "--if-missing"},
     nullptr,
     run_setup},
    {"status", message("what protects the account"), {}, "pam-totp status --json", {}, nullptr, run_status},
    {"verify", message("try a code; it is used up by that"), {}, "pam-totp verify", {}, nullptr, run_verify},
    {"add",
     message("one more phone or device, beside what is set up"),
     {token_options},
     "pam-totp add tablet",
     {"--uri", "--png", "--svg", "--algorithm", "--digits", "--period", "--hotp", "--counter", "--issuer",
      "--secret-file", "--no-confirm"},
     "NAME",
     run_add},
    {"remove",
     message("take one token away, or the whole second factor"),
     {message("  --all                everything that is set up\n")},
     "pam-totp remove tablet",
     {"--all"},
     "[NAME]",
     run_remove},
    {"codes", message("new backup codes; the old ones end"), {}, "pam-totp codes", {}, nullptr, run_codes},
    {"resync",
     message("a device whose clock or counter is out of step"),
     {message("It takes two codes in a row: the one shown now, and the next.\n")},
     "pam-totp resync fob",
     {},
     "[NAME]",
     run_resync},
    {"forget",
     message("ask for a code everywhere again"),
     {},
     "pam-totp forget",
     {},
     nullptr,
     run_forget},
    {"explain",
     message("who must give a code: which rule decides, and why"),
     {message("  --service NAME       of which login (sshd)\n"
              "  --from ADDRESS       from where (none)\n")},
     "pam-totp explain -u alice --service sshd --from 10.20.1.1",
     {"--service", "--from"},
     nullptr,
     run_explain},
    {"report",
     message("root: who must give a code, who has none yet, and why"),
     {message("  --service NAME       at which login (sshd)\n"
              "  --from ADDRESS       from where (none)\n"
              "  --group NAME         of this group alone\n"
              "  --all                also accounts without a login shell\n")},
     "pam-totp report --service sudo --group staff",
     {"--service", "--from", "--group", "--all"},
     nullptr,
     run_report},
    {"check",
     message("root: what is dangerous on this host, and the line to change"),
     {message("  --root DIR           an image of a host, below that directory\n"
              "  --restored           also what to do after the store came from a backup\n"
              "With -u of that account only. Exit status of its own: 0 all is well, 1 warnings,\n"
              "2 somebody can be let in, or is kept out; 2 with a message on standard error and\n"
              "nothing on standard output: usage.\n")},
     "pam-totp check --json",
     {"--root", "--restored"},
     nullptr,
     run_check},
    {"list", message("root: everybody who has codes set up"), {}, "pam-totp list --json", {}, nullptr, run_list},
    {"unlock",
     message("root: forget the wrong codes that were typed"),
     {},
     "pam-totp unlock -u alice",
     {},
     nullptr,
     run_unlock},
    {"recover",
     message("root: a code with which somebody sets up anew"),
     {message("For who has neither phone nor backup codes. What was set up ends at once. The\n"
              "code permits one set-up within 24 hours, at a login or by pam-totp setup.\n")},
     "pam-totp recover -u alice",
     {},
     nullptr,
     run_recover},
    {"export",
     message("root: the keys of somebody's tokens"),
     {message("Whoever reads them can make the codes.\n")},
     "pam-totp export -u alice",
     {},
     nullptr,
     run_export},
    {"enable",
     message("root: ask for a code at sshd, sudo, su or login"),
     {message("  --key-and-code       sshd: a key, then a code (unless it asks already)\n"
              "  --password-and-code  a password, then a code\n"
              "  --group NAMES        these groups alone\n"
              "  --except-group NAMES not these groups\n"
              "  --undo-after TIME    30s to 1h (5m)\n"
              "  --yes                without questions; then: pam-totp keep\n"
              "  --dry-run            show and check it, and change nothing\n")},
     "pam-totp enable sshd --dry-run",
     {"--key-and-code", "--password-and-code", "--group", "--except-group", "--undo-after", "--yes", "--dry-run"},
     "SERVICE",
     run_enable},
    {"keep",
     message("root: keep what enable changed"),
     {message("  --unproved           although nobody has logged in with a code since\n")},
     "pam-totp keep",
     {"--unproved"},
     nullptr,
     run_keep},
    {"undo",
     message("root: take back what enable changed"),
     {message("  --at-deadline        when its time is over, or after a restart\n")},
     "pam-totp undo",
     {"--at-deadline"},
     nullptr,
     run_undo},
    {"disable",
     message("root: ask for no code there any more"),
     {message("  --yes                without questions\n"
              "  --dry-run            show it, and change nothing\n")},
     "pam-totp disable sshd",
     {"--yes", "--dry-run"},
     "SERVICE",
     run_disable},
    {"edit",
     message("root: change the settings; mistakes are found first"),
     {message("The editor is $VISUAL or $EDITOR, else vi.\n")},
     "pam-totp edit",
     {},
     nullptr,
     run_edit},
    {"init",
     message("root: make the host key and the store"),
     {message("What is there already stays as it is.\n")},
     "pam-totp init",
     {},
     nullptr,
     run_init},
    {"rekey",
     message("root: a new host key, for all records"),
     {message("The older key stays in the host key file until it is dropped, and logins go on.\n"
              "What was interrupted goes on with the next run.\n"
              "  --drop-old           drop the older keys, once nothing needs them\n")},
     "pam-totp rekey",
     {"--drop-old"},
     nullptr,
     run_rekey},
    {"rebind",
     message("root: the record of an account that has another name or uid now"),
     {message("  --from NAME          the name that it had (the same)\n")},
     "pam-totp rebind --from alice -u alice2",
     {"--from"},
     nullptr,
     run_rebind},
    {"prune",
     message("root: remove the records that have no account any more"),
     {message("Shows them, and asks. With -u that one alone, also when another has its uid now.\n"
              "A later account of such a name begins with nothing set up.\n"
              "  --dry-run            show them and remove nothing\n"
              "  --yes                do not ask; refused when most records would go\n")},
     "pam-totp prune --dry-run",
     {"--dry-run", "--yes"},
     nullptr,
     run_prune},
};

constexpr const char* common_help = message("  -u, --user NAME      root: whose record (your own)\n"
                                            "  --json               facts for programs, on one line\n"
                                            "  --store DIR, --key FILE, --conf FILE\n"
                                            "                       other places than the usual ones\n");

void say_usage() {
    say(text("usage: pam-totp COMMAND [OPTION...]\n\n"));
    for (const Command& c : commands) {
        std::string name = c.name;
        say("  " + name + std::string(8 - name.size(), ' ') + " " + text(c.summary) + "\n");
    }
    say(text("\nfor all of them:\n"));
    say(text(common_help));
    say(text("\npam-totp COMMAND --help says more; pam-totp --version says which this is.\n"
             "Exit status: 0 done, 1 refused, 2 usage, 3 not set up, 4 store or key,\n"
             "5 two codes needed.\n"));
}

void say_help(const Command& command) {
    std::string operand = command.operand ? std::string(" ") + command.operand : "";
    say("pam-totp " + std::string(command.name) + operand + ": " + text(command.summary) + "\n\n");
    for (const char* part : command.help) say(text(part));
    say(text(common_help));
    say(text("\nExample: %1\n", {command.example}));
}

const Command& find(const std::string& name) {
    std::vector<std::string> names{"help"};
    for (const Command& c : commands) {
        if (name == c.name) return c;
        names.emplace_back(c.name);
    }
    throw Stop(exit_usage, text("'%1' is not a command;", {name}) + " " +
                               suggest(name, names, text("see: pam-totp --help")));
}

bool asks_for_help(const std::string& word) { return word == "--help" || word == "-h"; }

int run(std::vector<std::string> words) {
    if (words.empty()) throw Stop(exit_usage, text("which command? See: pam-totp --help"));
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
    choose_language();
    try {
        int status = run({argv + 1, argv + argc});
        if (all_was_said()) return status;
        complain(text("not all that there was to say could be written; see: pam-totp status"));
        return status == exit_done ? exit_store : status;
    } catch (const Stop& stop) {
        if (*stop.what()) complain(stop.what());
        return stop.status;
    } catch (const std::bad_alloc&) {
        complain(text("no memory"));
        return exit_store;
    }
}
