// SPDX-License-Identifier: Apache-2.0
// pam-totp setup: the key and its QR code, a proof by a code, and then the backup codes, once.
#include "core/base32.h"
#include "core/uri.h"
#include "helper.h"
#include "json.h"
#include "qr.h"
#include "terminal.h"
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <iostream>
#include <sys/stat.h>
#include <unistd.h>

namespace totp {
namespace {

/// What a set-up gave, until it is shown or printed. Its strings are wiped at the end.
struct Shown {
    Key key;
    std::string uri;
    std::array<Secret<17>, backup_codes_in_a_set> codes;
    size_t count = 0;
    ~Shown() {
        OPENSSL_cleanse(uri.data(), uri.size());
        OPENSSL_cleanse(&key.uri, sizeof key.uri);
    }
};

/// The first line of the file (or of standard input) is the key.
bool read_key_file(const std::string& path, Secret<most_key>& key) {
    int fd = path == "-" ? 0 : open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return complain(path + ": " + std::strerror(errno)), false;
    struct stat found = {};
    if (fd > 0 && fstat(fd, &found) == 0 && (found.st_mode & 077)) complain("others can read " + path);
    Secret<256> text;
    for (u8 c = 0; read(fd, &c, 1) == 1 && c != '\n';) {
        if (c != '\r') (void)text.push(c);
    }
    if (fd > 0) close(fd);
    bool fits = read_base32(text.reveal_text(), key) && key.size() >= least_key;
    if (!fits) complain("the key must be base32, 80 to 512 bits");
    return fits;
}

void warn_of_apps(const Token& token) {
    if (token.type == Type::hotp || (token.hash == Hash::sha1 && token.digits == 6 && token.period == 30)) return;
    say("Note: Google Authenticator and Microsoft Authenticator may ignore the algorithm, the number\n"
        "of digits or the period, and then show wrong codes. Aegis, FreeOTP+, 2FAS and Ente Auth heed them.\n\n");
}

/// With another issuer the URI is written anew; the helper knows the host's alone.
void take_uri(const Arguments& a, Shown& shown, const std::string& account) {
    shown.uri = shown.key.uri.view();
    if (a.issuer.empty()) return;
    Token token;
    token.copy_from(a.request.token);
    (void)read_base32(shown.key.secret.reveal_text(), token.key);
    std::array<char, longest_uri> room;
    Writer out(room);
    write_uri(token, a.issuer, account, a.request.counter, out);
    shown.uri = out.view();
    OPENSSL_cleanse(room.data(), room.size());
}

/// The account as the URI names it: between the first colon of the label and the parameters.
std::string account_in(string_view uri) {
    size_t colon = uri.find(':', uri.find("//")), end = uri.find('?');
    std::array<char, 256> room;
    size_t size = 0;
    (void)unescape(slice(uri, colon + 1, end - colon - 1), room, size);
    return {room.data(), size};
}

void say_key(const Shown& shown) {
    say("\nOr type the key:");
    string_view secret = shown.key.secret.reveal_text();
    for (size_t i = 0; i < secret.size(); i += 4) {
        if (i % 32 == 0) say("\n   ");
        say(string_view(" "), false);
        say(slice(secret, i, 4), true);
    }
    say("\n\n");
}

bool write_pictures(const Arguments& a, const Shown& shown) {
    std::string reason;
    bool done = (a.png.empty() || write_qr_png(shown.uri, a.png, reason)) &&
                (a.svg.empty() || write_qr_svg(shown.uri, a.svg, reason));
    if (!done) complain(reason);
    return done;
}

/// The key as QR code, as pictures, as text and as a line to copy.
bool show_key(const Arguments& a, string_view line, Shown& shown) {
    if (!read_key(line, shown.key)) return false;
    take_uri(a, shown, account_in(shown.key.uri.view()));
    if (!write_pictures(a, shown)) return false;
    if (!a.request.confirm && a.json) return true;
    say("Install an authenticator app on the phone, such as Aegis, FreeOTP+, 2FAS,\n"
        "Ente Auth or Google Authenticator, and scan this code with it:\n\n");
    warn_of_apps(a.request.token);
    unsigned columns = 80, rows = 24;
    terminal_size(columns, rows);
    std::string code = qr_text(shown.uri, has_colour(), has_utf8(), columns);
    say(code.empty() ? "(The terminal is too narrow for the code: use --png FILE.)\n" : code);
    OPENSSL_cleanse(code.data(), code.size());
    say_key(shown);
    if (a.uri) say(string_view(shown.uri), true), say("\n\n");
    return true;
}

bool say_skew(string_view line) {
    i64 seconds = 0;
    if (!read_skew(line, seconds)) return false;
    if (seconds != 0) {
        say("The phone's clock is about " + std::to_string(seconds < 0 ? -seconds : seconds) + " s " +
            (seconds < 0 ? "behind" : "ahead") + ". That is fine; automatic time is better.\n");
    }
    return true;
}

bool take_code(const Arguments& a, string_view line, Shown& shown) {
    if (shown.count == shown.codes.size() || !read_code(line, shown.codes[shown.count])) return false;
    ++shown.count;
    if (shown.count == shown.codes.size() && a.request.codes_only && !a.json) {
        say("\nBackup codes. Each works once:\n\n");
        for (size_t i = 0; i < shown.count; ++i) {
            say("    ");
            say(shown.codes[i].reveal_text(), true);
            say(i % 2 ? "\n" : "");
        }
        say("\n");
    }
    return true;
}

void print_json(const Done& done, const Shown& shown) {
    std::cout << "{\"user\":" << json_string(done.user.view()) << ",\"uri\":" << json_string(shown.uri)
              << ",\"secret\":" << json_string(shown.key.secret.reveal_text()) << ",\"backup_codes\":[";
    for (size_t i = 0; i < shown.count; ++i) {
        std::cout << (i ? "," : "") << json_string(shown.codes[i].reveal_text());
    }
    std::cout << "]}" << std::endl;
}

void say_end(const Done& done, const Shown& shown, bool codes_shown) {
    say("\nDone: " + std::string(done.user.view()) + " has a second factor now.\n");
    if (done.replaced) say("The phone that was set up before, and its backup codes, count no more.\n");
    if (codes_shown) return;
    say("\nBackup codes, for the day the phone is lost. Each works once. Write them down or\n"
        "print them: they are not shown again.\n\n");
    for (size_t i = 0; i < shown.count; ++i) {
        say("    ");
        say(shown.codes[i].reveal_text(), true);
        say(i % 2 ? "\n" : "");
    }
    say("\n");
}
} // namespace

int run_setup(Arguments& a) {
    a.request.verb = Verb::setup;
    if (a.json) talk_on_stderr();
    if (a.request.codes_only && !a.secret_file.empty()) return complain("--codes-only has no key"), exit_usage;
    if (!a.secret_file.empty() && !read_key_file(a.secret_file, a.request.token.key)) return exit_usage;
    Shown shown;
    Done done;
    auto take = [&](string_view line) {
        if (line.starts_with("key ")) return show_key(a, line, shown);
        return line.starts_with("skew ") ? say_skew(line) : take_code(a, line, shown);
    };
    int status = converse(a, done, take);
    if (status != exit_done) return status;
    if (!done.changed) return say("Codes are set up already: nothing was changed.\n"), status;
    if (a.json) print_json(done, shown);
    else say_end(done, shown, a.request.codes_only);
    return status;
}

int run_codes(Arguments& a) {
    a.request.verb = Verb::codes;
    if (a.json) talk_on_stderr();
    Shown shown;
    Done done;
    int status = converse(a, done, [&](string_view line) { return take_code(a, line, shown); });
    if (status != exit_done) return status;
    if (a.json) return print_json(done, shown), status;
    say("\nNew backup codes; the old ones count no more. Each works once. Write them down or\n"
        "print them: they are not shown again.\n\n");
    for (size_t i = 0; i < shown.count; ++i) {
        say("    ");
        say(shown.codes[i].reveal_text(), true);
        say(i % 2 ? "\n" : "");
    }
    return status;
}

} // namespace totp
