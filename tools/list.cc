// SPDX-License-Identifier: Apache-2.0
// pam-totp list: everybody who has codes set up, one line each, as they come.
#include "facts.h"
#include "json.h"
#include "talk.h"
#include "terminal.h"
#include "text.h"
#include <memory>

namespace totp {
namespace {

/// One record at a time: it is printed when the next one begins, and at the end.
class Everybody {
  public:
    explicit Everybody(bool json) : json_(json) {}
    bool take(string_view line);
    void end();
    bool all_were_read() const { return unread_ == 0; }

  private:
    void print();
    void print_json();
    void print_row();

    bool json_, begun_ = false;
    size_t printed_ = 0, unread_ = 0;
    AccountLine account_;
    std::unique_ptr<Facts> facts_;
};

bool Everybody::take(string_view line) {
    AccountLine account;
    if (!read_account_line(line, account)) return begun_ && facts_->take(line);
    print();
    account_ = account;
    facts_ = std::make_unique<Facts>();
    begun_ = true;
    return true;
}

void Everybody::print_json() {
    SecretText out = printed_ ? ",{\"user\":" : "{\"users\":[{\"user\":";
    out += json_string(account_.user.view()) + ",\"uid\":";
    out += std::to_string(account_.uid);
    out += ",\"error\":" + json_string(word(account_.error)) + "," + facts_->json(account_.error == Error::none);
    print_text(out + "}");
}

void Everybody::print_row() {
    if (!printed_) say(text("ACCOUNT             TOKENS              BACKUP CODES  LAST ACCEPTED\n"));
    say(column(shown(account_.user.view()), 20));
    if (account_.error != Error::none) {
        say(account_.error == Error::bad_account ? text("no account has this name any more\n")
                                                 : advise(account_.error) + "\n");
        return;
    }
    if (facts_->record.recovery_until != 0) {
        say(text("must set up anew; recovery code until %1\n", {local_time(facts_->record.recovery_until)}));
        return;
    }
    std::string names;
    for (const Token& token : facts_->tokens) names += (names.empty() ? "" : ",") + std::string(token.name.view());
    const RecordLine& r = facts_->record;
    say(column(names.empty() ? "-" : names, 20));
    say(column(text("%1 of %2", {std::to_string(r.codes_left), std::to_string(r.codes_made)}), 14));
    say(local_time(r.last_success) + "\n");
}

void Everybody::print() {
    if (!begun_) return;
    if (account_.error != Error::none && account_.error != Error::bad_account) ++unread_;
    if (json_) print_json();
    else print_row();
    ++printed_;
}

void Everybody::end() {
    print();
    if (json_) print_line(printed_ ? "]}" : "{\"users\":[]}");
    else if (!printed_) say(text("Nobody has codes set up here.\n"));
}
} // namespace

int run_list(Arguments& a) {
    a.request.verb = Verb::list;
    Everybody list(a.json);
    Done done;
    int status = converse(a, done, [&list](string_view line) { return list.take(line); });
    if (status != exit_done) return status;
    list.end();
    return list.all_were_read() ? exit_done : exit_store;
}

} // namespace totp
