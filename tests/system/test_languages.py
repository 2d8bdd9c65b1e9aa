#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""People read their own language; programs, logs and sshd's clients never see another one than English."""
import gettext
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from promises import check, keep_all, promise, require_sandbox  # noqa: E402

require_sandbox()
import screen  # noqa: E402
from bed import HOST, KEY, PROMPT, Bed, as_user, run, write  # noqa: E402
from own import NOT_SET_UP, PROOF, UTF8, proof_from_the_screen  # noqa: E402
from ptydrive import Driven, drive  # noqa: E402
from sshd import Sshd, authorize  # noqa: E402

DOMAIN, CATALOGUES = "pam_totp", "/usr/share/locale"
LOCALES = {"de": "de_DE.UTF-8", "fr": "fr_FR.UTF-8", "es": "es_ES.UTF-8"}
LATIN_1 = "de_DE.ISO-8859-1"
PASSWORD = "(?i)(password|passwort|mot de passe|contraseña)[^\n]*: "
TOO_LARGE = "File too large"


def make_locales():
    """Where programs that ignore LOCPATH, as sudo and su do, find them: the sandbox forgets them.

    One of each character set: the catalogue follows from the name alone, and each costs localedef seconds.
    """
    if not os.path.exists("/usr/share/i18n/locales/de_DE"):
        print("needs the package locales")
        sys.exit(77)
    for name in (LOCALES["de"], LATIN_1):
        run("localedef", "--no-archive", "-i", "de_DE", "-f", name.split(".")[1], f"/usr/lib/locale/{name}")
    for name in (LOCALES["fr"], LOCALES["es"]):
        os.symlink(LOCALES["de"], f"/usr/lib/locale/{name}")


def make_catalogue(domain, texts):
    """A German catalogue of somebody else's, the machine's own or not."""
    said = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n'
    said += "".join(f'msgid "{english}"\nmsgstr "{german}"\n' for english, german in texts.items())
    os.makedirs(f"{CATALOGUES}/de/LC_MESSAGES", exist_ok=True)
    run("msgfmt", "-o", f"{CATALOGUES}/de/LC_MESSAGES/{domain}.mo", "-", input=said)


def in_language(language, english, *values):
    """What the installed catalogue says for a text, and that it is not the text itself."""
    catalogue = gettext.translation(DOMAIN, CATALOGUES, [language])
    found = catalogue.gettext(english)
    if found == english:  # one that has a plural, too
        found = catalogue.ngettext(english, english, 1)
    check(found != english, f"{language} has nothing for {english!r}")
    for number, value in enumerate(values, 1):
        found = found.replace(f"%{number}", value)
    return found


def tool(person, locale, *words, answers=()):
    """pam-totp on the person's own terminal, in that locale."""
    return drive(as_user(person.name, "env", f"LC_ALL={locale}", "TERM=xterm", "pam-totp", *words), answers, UTF8)


def output(*words, **environment):
    """By root, without a terminal: exit status, standard output and errors, in bytes."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "LANG"))}
    done = run("pam-totp", *words, check=False, text=False, env={**clean, **environment})
    return done.returncode, done.stdout, done.stderr


def su(locale, before=""):
    """su to `target`, up to the password; `before` is what the caller's shell does first."""
    command = f"{before}LC_ALL={locale} exec su target -c 'echo ran as $(id -un)'"
    session = Driven(as_user("caller", "sh", "-c", command), UTF8)
    check(session.expect(PASSWORD), session.seen)
    session.answer(target.password)
    return session


def sudo(locale):
    session = Driven(as_user("target", "env", f"LC_ALL={locale}", "sudo", "sh", "-c", "echo ran as $(id -un)"), UTF8)
    check(session.expect(PASSWORD), session.seen)
    session.answer(target.password)
    return session


def log_of_su(locale, answer="111111", before=""):
    """What the log says of one login, without the number of the process; and what the person read."""
    mark = bed.syslog.mark()
    session = su(locale, before)
    if session.expect("[Cc][oó]de: |\n.*[.]\n"):
        session.answer(answer)
    line = bed.syslog.find(r"pam_totp\(su:auth\): ", mark)
    session.end()  # a refusal would be delayed
    return line[line.index("pam_totp("):], session.seen


bed = Bed()
make_locales()
for service in ("su", "sudo"):
    bed.pam(service, "@include common-auth", "auth required pam_totp.so after=password")
bed.add_user("caller")
target = bed.setup_user(bed.add_user("target"), "--hotp")


@promise
def a_person_sets_up_and_looks_after_it_in_their_language():
    for language, locale in LOCALES.items():
        person, phones = bed.add_user(f"person-{language}"), []
        transcript, status = tool(person, locale, "status")
        check(status == NOT_SET_UP and in_language(
            language, "no codes are set up for %1. Run: pam-totp setup", person.name) in transcript, transcript)
        prompt = in_language(language, PROOF)
        transcript, status = tool(person, locale, "setup",
                                  answers=[(re.escape(prompt), proof_from_the_screen(phones))])
        done = in_language(language, "\nDone: %1 has a second factor now.\n", person.name)
        check(status == 0 and done in transcript and "Backup codes," not in transcript, transcript)
        person.phone, person.backup_codes = phones[0], screen.backup_codes_on(transcript)
        transcript, status = tool(person, locale, "verify", answers=[("[Cc][oó]d[^\n]*: ", person.spare_code)])
        right = in_language(language, "That backup code is right. It is used up now.\n")
        check(status == 0 and right in transcript, transcript)
        transcript, status = tool(person, locale, "status")
        has_one = in_language(language, "%1 has a second factor.\n\n", person.name)
        check(status == 0 and has_one in transcript, transcript)
        rows = [line for line in transcript.split("\n") if line.startswith("  ")]
        check(len(rows) == 6 and all(line[16] == " " != line[17] for line in rows), transcript)


@promise
def every_help_fits_a_screen_in_every_language():
    commands = re.findall(r"^  ([a-z]+) ", output("--help")[1].decode(), re.M)
    check(len(commands) > 8, commands)
    for language, locale in {**LOCALES, None: "C.UTF-8"}.items():
        for words in ([], *([command] for command in commands)):
            status, said, _ = output(*words, "--help", LC_ALL=locale)
            said, mark = said.decode(), "\nExample: %1\n" if words else "\nfor all of them:\n"
            check(status == 0 and max(map(len, said.split("\n"))) <= 80, said)
            check((in_language(language, mark) if language else mark).split("%")[0] in said, said)


@promise
def facts_for_programs_are_the_same_in_every_language():
    spoken = []
    for words in (["status", "-u", "target", "--json"], ["status", "-u", "caller", "--json"], ["list", "--json"],
                  ["export", "-u", "target", "--json"], ["remove", "fob", "-u", "target", "--json"],
                  ["status", "-u", "nobody-here", "--json"], ["setup", "--if-missing", "-u", "target", "--json"],
                  ["setup", "--digits", "3"], ["stauts"], []):
        status, said, complaint = output(*words, LC_ALL="C")
        check(status == 0 or complaint, words)
        for locale in (LOCALES["de"], LATIN_1):
            again = output(*words, LC_ALL=locale)
            check(again[:2] == (status, said), f"{locale}: {words}: {again}, not {(status, said)}")
            spoken += [again[2] != complaint] if complaint else []
    check(all(spoken) and len(spoken) > 8, f"{spoken.count(False)} complaints are in English")


@promise
def another_character_set_gets_its_own_bytes():
    status, said, _ = output("--help", LC_ALL=LATIN_1)
    check(in_language("de", "what protects the account") in said.decode("latin-1"), said)
    check(status == 0 and said.decode("latin-1").encode() == output("--help", LC_ALL=LOCALES["de"])[1], said)
    # Where the letters cannot be written at all, no byte of them is.
    for environment in ({"LC_CTYPE": "C", "LC_MESSAGES": LOCALES["fr"]}, {"LC_ALL": "C", "LANGUAGE": "de"},
                        {"LC_ALL": "nowhere_NW.UTF-8"}, {}):
        status, said, _ = output("--help", **environment)
        check(status == 0 and said.isascii() and b"pam-totp" in said, said)
        english = "LC_MESSAGES" not in environment
        check((said == output("--help", LC_ALL="C")[1]) == english, said)


def lets_in(session, language):
    """With the next code, asked for in that language."""
    check(session.expect(re.escape(in_language(language, PROMPT))) and PROMPT not in session.seen, session.seen)
    session.answer(target.phone.take())
    check(session.wait() == 0 and "ran as" in session.seen, session.seen)
    return session.seen


def refuse(session):
    check(session.expect("(?i)code: "), session.seen)
    session.answer(target.phone.wrong())
    check(session.wait() != 0, session.seen)


@promise
def su_and_sudo_ask_in_the_language_of_whom_they_talk_to():
    write("/etc/sudoers.d/target", "Defaults:target timestamp_timeout=0\ntarget ALL=(ALL) ALL\n", 0o440)
    for language, locale in LOCALES.items():
        lets_in(su(locale), language)
    lets_in(sudo(LOCALES["de"]), "de")


@promise
def a_refusal_is_explained_in_the_language_of_whom_it_meets():
    refuse(su(LOCALES["de"]))
    said = lets_in(su(LOCALES["fr"]), "fr")
    check(in_language("fr", "That code is not right. Open your app at '%1 (%2)'.\n", HOST, "target") in said, said)
    check(in_language("fr", "%1 wrong code since your last login.\n").split("%1")[-1] in said, said)


@promise
def a_prompt_comes_in_the_character_set_of_the_terminal():
    session = su(LATIN_1)
    check(session.expect("code: "), session.seen)
    session.end()
    check(session.raw.endswith(in_language("de", PROMPT).encode("latin-1")), session.raw)


def the_same_in_the_log(*args, **more):
    """The line of a login in C, and what is read in German, where the log says the same."""
    (english, _), (german, read) = log_of_su("C", *args, **more), log_of_su(LOCALES["de"], *args, **more)
    check(english == german, f"{english}\n{german}")
    return english, read


@promise
def the_log_is_the_same_in_every_language():
    make_catalogue("libc", {TOO_LARGE: "Datei zu groß"})
    os.chmod(KEY, 0o666)
    line, read = the_same_in_the_log()
    os.chmod(KEY, 0o640)
    check("reason=key_unsafe" in line and in_language(
        "de", "The second factor cannot be checked now. The administrator finds the reason in the log.") in read, read)
    line, _ = the_same_in_the_log(before="trap '' XFSZ; ulimit -f 0; ")
    check("reason=no_space" in line and line.endswith(TOO_LARGE), line)
    line, _ = the_same_in_the_log(lambda _: target.phone.take())
    check("verdict=accepted" in line, line)


@promise
def sshd_asks_in_english_whatever_its_own_locale():
    bed.pam("sshd", "auth required pam_totp.so")
    server = Sshd(2209)
    authorize(target)
    os.environ["LC_ALL"] = LOCALES["de"]
    server.start()
    del os.environ["LC_ALL"]
    transcript, status = server.login(target, (PROMPT, lambda _: target.phone.take()))
    server.stop()
    check(status == 0 and f"(target@127.0.0.1) {PROMPT}" in transcript, transcript)


if __name__ == "__main__":
    keep_all()
