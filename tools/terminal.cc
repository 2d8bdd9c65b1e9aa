// SPDX-License-Identifier: Apache-2.0
#include "terminal.h"
#include <clocale>
#include <cstdlib>
#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace totp {
namespace {
int talk = STDOUT_FILENO;
}

void talk_on_stderr() { talk = STDERR_FILENO; }

void say(string_view text, bool) {
    while (!text.empty()) {
        ssize_t put = write(talk, text.data(), text.size());
        if (put <= 0) return;
        text.remove_prefix(size_t(put));
    }
}

void say(const std::string& text) { say(string_view(text), false); }

bool read_typed(const char* question, Secret<128>& typed) {
    say(string_view(question), false);
    typed.wipe();
    for (char c = 0; read(STDIN_FILENO, &c, 1) == 1;) {
        if (c == '\n') return true;
        (void)typed.push(u8(c));
    }
    say(string_view("\n"), false);
    return !typed.empty();
}

bool talks_to_terminal() { return isatty(talk) == 1; }

bool has_colour() {
    const char* term = getenv("TERM");
    const char* no = getenv("NO_COLOR");
    return talks_to_terminal() && (!no || !*no) && term && string_view(term) != "dumb";
}

bool has_utf8() {
    setlocale(LC_CTYPE, "");
    return string_view(nl_langinfo(CODESET)) == "UTF-8";
}

void terminal_size(unsigned& columns, unsigned& rows) {
    winsize size = {};
    bool known = ioctl(talk, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    columns = known ? size.ws_col : 80;
    rows = known ? size.ws_row : 24;
}

} // namespace totp
