# SPDX-License-Identifier: Apache-2.0
"""What the source says there is: commands, options, arguments, settings, exit statuses, the protocol."""
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def text(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def words(pattern, path):
    """All that matches in the file; none is a pattern that fits no more."""
    found = re.findall(pattern, text(path), re.S)
    if not found:
        raise AssertionError(f"nothing like {pattern!r} in {path}")
    return found


def quoted(code):
    return re.findall(r'"([^"]*)"', code)


def common_options():
    """`-h` is not in the list: it is looked for before any option is read."""
    return {*quoted(words(r"common\{(.*?)\};", "tools/arguments.cc")[0]),
            *quoted(words(r"asks_for_help\(const std::string& word\) \{(.*?)\}", "tools/main.cc")[0])}


def commands():
    """Each command's own options, by its name."""
    table = words(r"commands\{\n(.*?)\n\};", "tools/main.cc")[0]
    found = {name: set(re.findall(r'"(--[a-z-]+)"', row))
             for name, row in re.findall(r'^    \{"([a-z]+)",(.*?)run_\w+\}', table, re.S | re.M)}
    if len(found) < 10 or not found["setup"]:
        raise AssertionError(f"the table of commands is not as it was: {found}")
    return found


def hashes():
    return set(words(r'return "(sha\d+)"', "pam_totp/core/otp.cc"))


def digits():
    least, most = words(r"least_digits = (\d), most_digits = (\d)", "pam_totp/core/otp.h")[0]
    return {str(number) for number in range(int(least), int(most) + 1)}


def exit_statuses():
    return set(words(r"exit_\w+ = (\d)", "tools/command.h"))


def module_arguments():
    return set(words(r'name == "(\w+)"', "pam_totp/pam/options.cc"))


def settings():
    return set(quoted(words(r"names\[\] = \{(.*?)\}", "pam_totp/core/settings.cc")[0]))


def return_values():
    return set(words(r"\bPAM_[A-Z_]+\b", "pam_totp/pam/module.cc"))


def errors():
    return set(words(r'return \{"(\w+)",', "pam_totp/core/error.cc")) - {"unknown"}


def verdicts():
    return set(words(r'return "(\w+)";', "pam_totp/core/state.cc")) - {"unknown"}


def log_verdicts():
    """What stands behind `verdict=` in the log: an answer's, or that there was none to judge."""
    made = quoted(" ".join(words(r"log_verdict\(pam_, line_, (.*?)\);", "pam_totp/pam/login.cc")))
    return (verdicts() - {"none"}) | set(made) | set(words(r'add_who\(out, line, "(\w+)"\)', "pam_totp/pam/log.cc"))


def log_names():
    return set(words(r'\badd_(?:word|number)\(out, "(\w+)"', "pam_totp/pam/log.cc"))


def change_names():
    return set(words(r'\badd_word\(out, "(\w+)"', "pam_totp/helper/log.cc"))


def change_events():
    return set(quoted(_function("event_of", text("pam_totp/helper/log.cc")))) | set(
        words(r'send\(s, "(\w+)"', "pam_totp/helper/log.cc") + words(r'note_event\(s, "(\w+)"', "pam_totp/helper/rekey.cc"))


def _function(name, code):
    head = rf"\n(?:\w+ )+{name}\([^\n]*"
    found = re.search(rf"{head}\}}\n|{head}\n.*?\n\}}\n", code, re.S)
    if not found:
        raise AssertionError(f"no function {name} in the protocol")
    return found.group(0)


FIELD = r'(?:words\.\w+\(|\(words, |write_value\(|write_flag\()"(\w+)"|(read_token_words)|(read_verdict)|(read_error)'


def fields(function, code):
    """The names that a line has, in their order."""
    found = []
    for name, token, verdict, error in re.findall(FIELD, _function(function, code)):
        if token:
            found += ["token", "type", "hash", "digits", "period"]
        else:
            found.append(name or (verdict and "verdict") or (error and "error"))
    return found


def lines():
    """Every line of the protocol but requests: the names of its values, by its word."""
    code = text("pam_totp/core/protocol.cc")
    readers = re.findall(r'^bool (read_\w+)\([^{]*\{\n    Words words = begin\(line, "(\w+)"\)', code, re.M)
    return {word: fields(reader, code) for reader, word in readers}


def requests():
    """Every request, in the same way."""
    code = text("pam_totp/core/protocol.cc")
    verbs = quoted(words(r"verbs\[\] = \{(.*?)\}", "pam_totp/core/protocol.cc")[0])
    # Of all; of remove and resync; of explain, report and logins; of the first two and enroll; of report; of enroll; of
    # logins; of rebind; of prune; of setup and add.
    user, name, service, rhost, group, replaces, since, source, unattended, *described = fields("read_request", code)
    named = re.findall(r"Verb::(\w+)", _function("names_a_token", code))
    describing = re.findall(r"Verb::(\w+)", _function("describes_a_token", code))
    own = {verb: [name] for verb in named} | {verb: described for verb in describing} | {
        "explain": [service, rhost], "report": [service, rhost, group], "enroll": [rhost, replaces],
        "logins": [service, since], "rebind": [source], "prune": [unattended]}
    return {verb: [user, *own.get(verb, [])] for verb in verbs}


def questions():
    return set(quoted(words(r"questions\[\] = \{(.*?)\}", "pam_totp/core/protocol.cc")[0]))


def places():
    """Where `make install` puts things by default."""
    makefile = text("Makefile")
    value = dict(re.findall(r"^(\w+) +\?= (\S+)$", makefile, re.M))

    def path(name):
        return re.sub(r"\$\((\w+)\)", lambda inner: path(inner.group(1)), value[name])
    return {path("STATEDIR"), path("KEYFILE"), path("CONFFILE"), path("CONFFILE") + ".d", path("UNDOFILE"), path("LIBEXECDIR") + "/pam_totp_helper"}
