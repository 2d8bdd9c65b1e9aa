// SPDX-License-Identifier: Apache-2.0
// The texts of every released version (tests/formats): its settings, the note of a change that waits, and what a module and
// the helper say to each other. A locker that has an older module loaded speaks with the helper of an upgrade.
#include "../../tools/host/change.h"
#include "../support/cmocka.h"
#include "core/protocol.h"
#include "core/settings.h"
#include <filesystem>
#include <fstream>

using namespace totp;

namespace {
const std::filesystem::path formats = "tests/formats";

std::string content(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

template <typename Message> std::string line_of(void (*write)(Message, Writer&), const std::type_identity_t<Message>& message) {
    std::array<char, longest_message> room;
    Writer out(room);
    write(message, out);
    return std::string(out.view());
}

/// The line as this version writes what it has read of it; nothing where it cannot be read.
template <typename Message> std::string again(string_view line, bool (*read)(string_view, Message&), void (*write)(const Message&, Writer&)) {
    Message message;
    return read(line, message) ? line_of<const Message&>(write, message) : "";
}
template <size_t N> std::string again(string_view line, bool (*read)(string_view, Secret<N>&), void (*write)(string_view, Writer&)) {
    Secret<N> text;
    return read(line, text) ? line_of<string_view>(write, text.reveal_text()) : "";
}

std::string said_again(const std::string& line) {
    std::string what = line.substr(0, line.find(' '));
    i64 skew = 0;
    if (what == "ask") return again(line, read_ask, write_ask);
    if (what == "key") return again(line, read_key, write_key);
    if (what == "row") return again(line, read_row, write_row);
    if (what == "token") return again(line, read_token_line, write_token_line);
    if (what == "record") return again(line, read_record_line, write_record_line);
    if (what == "done") return again(line, read_done, write_done);
    if (what == "skew") return read_skew(line, skew) ? line_of<i64>(write_skew, skew) : "";
    if (what == "answer") return again(line, read_answer_line, write_answer);
    return again(line, read_request, write_login_request);
}

/// What is said between a module and the helper, by this version.
std::string conversations() {
    Request verify, enroll;
    verify.verb = Verb::verify;
    enroll.verb = Verb::enroll;
    enroll.user = Text<255>(string_view("alice"));
    enroll.rhost = Text<64>(string_view("192.0.2.7"));
    Token token;
    token.name = Text<32>(string_view("phone"));
    RecordLine record{9, 10, 7, 10, 1700000025, 2, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7},
                      1690000000, 1695000000, 1000, {1700030000, 0}, 0};
    Key key;
    key.uri = Text<1024>(string_view("otpauth://totp/nas:alice?secret=GEZDGNBVGY3TQOJQ&issuer=nas"));
    (void)key.secret.assign(bytes_of("GEZDGNBVGY3TQOJQ"));
    key.name = token.name;
    Done accepted, failed;
    accepted.verdict = Verdict::accepted;
    accepted.user = enroll.user;
    failed.error = Error::key_missing;
    failed.detail = Text<512>(string_view("/etc/security/pam_totp.key"));
    return line_of<const Request&>(write_login_request, verify) + line_of<const Request&>(write_login_request, enroll) +
           line_of<string_view>(write_answer, "123 456") + line_of<const Token&>(write_token_line, token) +
           line_of<const RecordLine&>(write_record_line, record) + line_of<const Key&>(write_key, key) +
           line_of<string_view>(write_row, "  ##  ") + line_of<const Ask&>(write_ask, {For::proof, Verdict::wrong, -90, 0}) +
           line_of<const Ask&>(write_ask, {For::permission, Verdict::replayed, 0, 12}) + line_of<i64>(write_skew, -30) +
           line_of<const Done&>(write_done, accepted) + line_of<const Done&>(write_done, failed);
}

const std::string settings_text = R"(# every setting, and a rule of each kind with every key
window = 2
guesses = 20
guess_refill = 12h
issuer = example.org
self-setup = no
qr = ascii
key = /run/pam_totp/key
skip group=robots from=10.20.0.0/16 until=2027-03-31 reason="backup hosts"
require user!=root,admin service=sshd,sudo
enroll group=staff defer=2027-01-31
if-enrolled from=10.0.0.0/8,none remember=8h
enrol user=bob
optional user=carol
require
)";

const host::Note note{"sshd", "1700000025", 4711, "0f8e1c52", {{"/etc/pam.d/sshd", host::digest("before\n"), host::digest("after\n")}}};

template <typename Look> void of_every_version(Look look) {
    std::string wrong;
    int versions = 0;
    for (const auto& one : std::filesystem::directory_iterator(formats)) {
        if (!one.is_directory()) continue;
        ++versions;
        std::string amiss = look(one.path());
        if (!amiss.empty()) wrong += one.path().filename().string() + ": " + amiss + "\n";
    }
    assert_int_not_equal(versions, 0);
    assert_text_equal(wrong, "");
}

void a_module_that_an_upgrade_left_loaded_speaks_with_the_helper(void**) {
    of_every_version([](const std::filesystem::path& version) -> std::string {
        std::ifstream file(version / "conversations");
        int lines = 0;
        for (std::string line; std::getline(file, line); ++lines) {
            if (said_again(line) != line + "\n") return line + " is now " + said_again(line);
        }
        return lines >= 12 ? "" : "lines are missing";
    });
}

void settings_of_every_version_are_read(void**) {
    of_every_version([](const std::filesystem::path& version) -> std::string {
        Settings settings;
        Misfit misfit;
        if (!read_settings(content(version / "settings"), settings, misfit)) return std::string(misfit.reason);
        bool same = settings.window == 2 && settings.bucket.guesses == 20 && settings.bucket.refill == 43200 &&
                    settings.issuer == "example.org" && !settings.self_setup && settings.qr == Picture::ascii &&
                    settings.key == "/run/pam_totp/key";
        return same ? "" : "they say something else";
    });
}

void what_waits_across_an_upgrade_can_be_undone(void**) {
    of_every_version([](const std::filesystem::path& version) -> std::string {
        host::Note read;
        if (!host::read_note(content(version / "undo"), read)) return "the note is not read";
        bool same = read.service == note.service && read.deadline == note.deadline && read.boot == note.boot &&
                    read.made == note.made && read.files.size() == 1 && read.files[0].path == note.files[0].path &&
                    read.files[0].before == note.files[0].before && read.files[0].after == note.files[0].after;
        return same ? "" : "the note says something else";
    });
}

int write_formats(const std::filesystem::path& to) {
    std::filesystem::create_directories(to);
    std::ofstream(to / "conversations") << conversations();
    std::ofstream(to / "settings") << settings_text;
    std::ofstream(to / "undo") << host::note_text(note);
    return 0;
}
} // namespace

int main(int argc, char** argv) {
    if (argc == 3 && std::string(argv[1]) == "--write") return write_formats(argv[2]);
    const CMUnitTest tests[] = {
        cmocka_unit_test(a_module_that_an_upgrade_left_loaded_speaks_with_the_helper),
        cmocka_unit_test(settings_of_every_version_are_read),
        cmocka_unit_test(what_waits_across_an_upgrade_can_be_undone),
    };
    return cmocka_run_group_tests_name("formats", tests, nullptr, nullptr);
}
