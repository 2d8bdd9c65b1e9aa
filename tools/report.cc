// SPDX-License-Identifier: Apache-2.0
// pam-totp report: everybody the host knows, and whether a code stands before their login.
#include "facts.h"
#include "json.h"
#include "people.h"
#include "talk.h"
#include "terminal.h"
#include "text.h"
#include <array>
#include <unistd.h>

namespace totp {
namespace {
constexpr size_t often = 500; ///< accounts between two words on how far it is

/// As they come: a host may know a million.
class Report {
  public:
    explicit Report(const Arguments& arguments) : a_(arguments) {}
    void take(const Somebody& somebody);
    void end();

  private:
    void print_row(const Somebody& somebody);
    void print_json(const Somebody& somebody);
    void say_sum();
    void say_how_far();

    const Arguments& a_;
    std::array<size_t, std::size(standings)> count_{};
    size_t printed_ = 0, left_out_ = 0;
    // Where the rows do not go to a terminal, somebody at one may wonder.
    bool tells_how_far_ = !isatty(STDOUT_FILENO) && isatty(STDERR_FILENO);
};

std::string in_words(const Somebody& somebody) {
    switch (somebody.standing) {
    case Standing::covered: return text("covered");
    case Standing::enrolling: return text("sets up");
    case Standing::exempt: return text("exempt");
    case Standing::open: return text("open");
    case Standing::refused: break;
    }
    return text("refused");
}

/// The day from which it is otherwise, if there is one.
std::string until(const Somebody& somebody) {
    bool waits = somebody.standing == Standing::enrolling;
    u64 end = waits ? somebody.rule.defer : somebody.rule.until;
    return end ? utc_day(end - 1) : "-";
}

std::string why(const Somebody& somebody) {
    Error error = somebody.account.error;
    std::string reason = shown(somebody.rule.reason.view());
    if (error != Error::none && error != Error::no_record && somebody.standing != Standing::exempt) return advise(error);
    std::string rule = somebody.rule.line ? place(somebody.rule) : text("no rule");
    return reason.empty() ? rule : rule + " (" + reason + ")";
}

void Report::print_row(const Somebody& somebody) {
    if (!printed_) say(text("ACCOUNT             LOGIN       UNTIL       BY\n"));
    say(column(shown(somebody.account.user.view()), 20) + column(in_words(somebody), 12) + column(until(somebody), 12) +
        why(somebody) + "\n");
}

void Report::print_json(const Somebody& somebody) {
    SecretText out = printed_ ? "," : "{\"service\":" + json_string(a_.request.service.view()) + ",\"users\":[";
    out += "{\"user\":" + json_string(somebody.account.user.view()) + ",\"uid\":";
    out += std::to_string(somebody.account.uid);
    out += ",\"login\":" + json_string(word(somebody.standing)) + ",\"error\":" + json_string(word(somebody.account.error));
    print_text(out + ",\"rule\":" + json_rule(somebody.rule) + "}");
}

void Report::say_how_far() {
    size_t seen = printed_ + left_out_;
    if (tells_how_far_ && seen % often == 0) complain(text("%1 accounts so far", {std::to_string(seen)}));
}

void Report::take(const Somebody& somebody) {
    if (!somebody.account.has_shell && !a_.all) {
        ++left_out_;
    } else {
        if (a_.json) print_json(somebody);
        else print_row(somebody);
        ++printed_;
        ++count_[size_t(somebody.standing)];
    }
    say_how_far();
}

void Report::say_sum() {
    if (!printed_) say(text("Nobody here has an account to log in with.\n"));
    say(text("\nAt %1: %2 covered, %3 set up, %4 exempt, %5 open, %6 refused.\n",
             {std::string(a_.request.service.view()), std::to_string(count_[0]), std::to_string(count_[1]),
              std::to_string(count_[2]), std::to_string(count_[3]), std::to_string(count_[4])}));
    if (left_out_) say(text("%1 account without a login shell is left out; see --all.\n",
                            "%1 accounts without a login shell are left out; see --all.\n", left_out_));
}

void Report::end() {
    if (!a_.json) return say_sum();
    if (!printed_) print_text("{\"service\":" + json_string(a_.request.service.view()) + ",\"users\":[");
    std::string sum;
    for (Standing s : standings) sum += (sum.empty() ? "\"" : ",\"") + std::string(word(s)) + "\":" + std::to_string(count_[size_t(s)]);
    print_line("],\"sum\":{" + sum + "},\"without_shell\":" + std::to_string(left_out_) + "}");
}
} // namespace

int run_report(Arguments& a) {
    if (!a.has("--service")) a.request.service = Text<64>(string_view("sshd"));
    Report report(a);
    int status = look_at_people(a, [&report](const Somebody& somebody) { report.take(somebody); });
    if (status == exit_done) report.end();
    return status;
}

} // namespace totp
