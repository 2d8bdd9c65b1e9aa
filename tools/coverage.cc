// SPDX-License-Identifier: Apache-2.0
#include "coverage.h"
#include "terminal.h"
#include "text.h"

namespace totp {

Coverage Coverage::of_service(const Arguments& arguments, const std::string& service) {
    constexpr size_t most_names = 5;
    Coverage found;
    Arguments question;
    question.take_places(arguments);
    question.request.service = Text<64>(service);
    int status = look_at_people(question, [&](const Somebody& somebody) {
        if (!somebody.account.has_shell) return;
        ++found.count[size_t(somebody.standing)];
        bool is_open = somebody.standing == Standing::open && found.open.size() < most_names;
        if (is_open) found.open.push_back(shown(somebody.account.user.view()));
    });
    if (status != exit_done) throw Stop(status, "");
    return found;
}

std::string Coverage::json() const {
    std::string out;
    for (Standing s : standings) out += (out.empty() ? "{\"" : ",\"") + std::string(word(s)) + "\":" + std::to_string(of(s));
    return out + "}";
}

void Coverage::say() const {
    totp::say(text("By the rules: %1 give a code, %2 set up at a login, %3 are exempt, %4 have nothing set up and still get\n"
                   "in, %5 have nothing set up and no longer get in.\n",
                   {std::to_string(of(Standing::covered)), std::to_string(of(Standing::enrolling)),
                    std::to_string(of(Standing::exempt)), std::to_string(of(Standing::open)),
                    std::to_string(of(Standing::refused))}));
    if (open.empty()) return;
    std::string names;
    for (const std::string& name : open) names += (names.empty() ? "" : ", ") + name;
    bool is_all = open.size() == of(Standing::open);
    totp::say(is_all ? text("Not set up, and still let in: %1.\n", {names})
                     : text("Not set up, and still let in: %1 and others; see: pam-totp report\n", {names}));
}

} // namespace totp
