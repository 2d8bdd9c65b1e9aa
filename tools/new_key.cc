// SPDX-License-Identifier: Apache-2.0
#include "new_key.h"
#include "core/base32.h"
#include "core/uri.h"
#include "json.h"
#include "terminal.h"
#include "text.h"
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace totp {
namespace {

class File {
  public:
    explicit File(const std::string& path) : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)) {
        if (fd_ < 0) throw Stop(exit_usage, path + ": " + std::strerror(errno));
        struct stat found = {};
        bool open_to_others = fstat(fd_, &found) == 0 && S_ISREG(found.st_mode) && (found.st_mode & 077);
        if (open_to_others) complain(text("%1: others can read this key, too; chmod 0600 it", {path}));
    }
    ~File() { close(fd_); }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    int fd() const { return fd_; }

  private:
    int fd_;
};

/// The account as the URI names it: between the label's colon and the parameters.
SecretText account_in(string_view uri) {
    size_t label = uri.find("//"), end = uri.find('?');
    size_t colon = label == string_view::npos ? label : uri.find(':', label);
    SecretText account(256, '\0');
    size_t size = 0;
    bool fits = colon < end && unescape(slice(uri, colon + 1, end - colon - 1), account, size);
    account.resize(fits ? size : 0);
    return account;
}

void warn_of_apps(const Token& token) {
    bool usual =
        token.hash == Hash::sha1 && token.digits == 6 && (token.period == 30 || token.type == Type::hotp);
    if (usual) return;
    say(text("Note: some apps ignore the algorithm, the number of digits or the period, and\n"
             "then show wrong codes: Google Authenticator on Android, Microsoft Authenticator,\n"
             "Authy, Duo. Aegis, FreeOTP+, 2FAS and Ente Auth heed them.\n\n"));
}

std::string why_no_code(const QrCode& code) {
    if (!code) return text("(The address is too long for a QR code.)\n\n");
    return talks_to_terminal()
               ? text("(This terminal is too small for the QR code: enlarge it, or use --png FILE.)\n\n")
               : text("(No terminal to show a QR code on: --png FILE makes a picture.)\n\n");
}
} // namespace

void read_key_file(const std::string& path, Secret<most_key>& key) {
    Secret<256> typed;
    bool read = false;
    if (path == "-") {
        read = isatty(STDIN_FILENO) ? ask(text("Key (base32): "), typed) : read_line(STDIN_FILENO, typed);
    } else {
        read = read_line(File(path).fd(), typed);
    }
    string_view line = typed.reveal_text();
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    if (!read || !read_base32(line, key) || key.size() < least_key) {
        throw Stop(exit_usage, text("--secret-file: the first line must be a key in base32, 16 to 103 characters"));
    }
}

bool NewKey::take(string_view line, const Arguments& a) {
    if (!uri_.empty() || !read_key(line, key_)) return false;
    uri_ = key_.uri.view();
    if (!a.issuer.empty()) rewrite_uri(a);
    write_pictures(a);
    if (a.json && !a.request.confirm)
        warn_of_apps(a.request.token);
    else
        show(a);
    return true;
}

/// With another issuer the URI is written anew: the helper knows the host's alone.
void NewKey::rewrite_uri(const Arguments& a) {
    Token token;
    token.copy_from(a.request.token);
    (void)read_base32(key_.secret.reveal_text(), token.key);
    SecretText account = account_in(uri_);
    SecretText room(longest_uri, '\0');
    Writer out(room);
    write_uri(token, a.issuer, account, a.request.counter, out);
    if (!out.ok()) throw Stop(exit_usage, text("--issuer: too long"));
    uri_ = out.view();
}

void NewKey::write_pictures(const Arguments& a) {
    if (a.png.empty() && a.svg.empty()) return;
    QrCode code(uri_);
    if (!a.png.empty()) pictures_.write_png(code, a.png);
    if (!a.svg.empty()) pictures_.write_svg(code, a.svg);
}

/// The QR code comes last: then it and the question stand on one screen of 80x24.
void NewKey::show(const Arguments& a) const {
    QrCode code(uri_);
    unsigned columns = 80, rows = 24;
    terminal_size(columns, rows);
    SecretText picture;
    if (talks_to_terminal()) picture = qr_text(code, has_colour(), has_utf8(), columns, rows - 1);
    bool scan = !picture.empty() || !a.png.empty() || !a.svg.empty();
    warn_of_apps(a.request.token);
    say(scan ? text("Install an authenticator app on your phone, such as Aegis, FreeOTP+, 2FAS,\nGoogle Authenticator "
                    "or Ente Auth. Scan the QR code with it. Or type the key:\n")
             : text("Install an authenticator app on your phone, such as Aegis, FreeOTP+, 2FAS,\nGoogle Authenticator "
                    "or Ente Auth. Type the key:\n"));
    show_text();
    if (a.uri || !scan) say(uri_), say("\n\n");
    say(picture.empty() && a.png.empty() && a.svg.empty() ? SecretText(why_no_code(code)) : picture);
    for (const std::string* path : {&a.png, &a.svg}) {
        if (!path->empty()) say(text("The QR code is in %1: remove it when it was scanned.\n", {*path}));
    }
}

/// In groups of four, eight of them a line.
void NewKey::show_text() const {
    string_view secret = key_.secret.reveal_text();
    for (size_t i = 0; i < secret.size(); i += 4) {
        say(i % 32 ? " " : i == 0 ? "    " : "\n    ");
        say(slice(secret, i, 4));
    }
    say("\n\n");
}

SecretText NewKey::json_uri() const { return uri_.empty() ? SecretText("null") : json_string(uri_); }

SecretText NewKey::json_secret() const {
    return uri_.empty() ? SecretText("null") : json_string(key_.secret.reveal_text());
}

} // namespace totp
