// SPDX-License-Identifier: Apache-2.0
// pam-totp prune: removes records without an account, and what killed changes left, by root.
#include "json.h"
#include "left.h"
#include "talk.h"
#include "terminal.h"
#include "text.h"

namespace totp {
namespace {

/// A line for each account and reason, before the question.
class Files {
  public:
    explicit Files(bool json) : json_(json) {}
    bool take(string_view line);
    bool any_would_go() const { return any_; }
    const SecretText& json() const { return all_; }

  private:
    bool json_, any_ = false;
    std::string last_;
    SecretText all_;
};

bool Files::take(string_view line) {
    LeftLine left;
    if (!read_left_line(line, left)) return false;
    all_ += (all_.empty() ? "" : ",") + json_left(left);
    any_ = any_ || (left.why != Why::renamed && left.why != Why::unnamed && left.why != Why::half_moved);
    std::string said = describe_left(left);
    if (!json_ && said != last_) say(said + "\n");
    last_ = said;
    return true;
}

void conclude(const Files& files, const Arguments& a, const Done& done) {
    if (done.changed) {
        say(text("Done. An account that gets such a name later begins with nothing set up, and is treated as the rules say.\n"));
    } else if (!files.any_would_go()) {
        say(text("There is nothing to remove.\n"));
    } else {
        say(a.has("--dry-run") ? text("This would be removed.\n") : text("Nothing was removed.\n"));
    }
}
} // namespace

int run_prune(Arguments& a) {
    a.request.verb = Verb::prune;
    a.request.unattended = a.yes && !a.has("--dry-run");
    if (a.json) talk_beside_json();
    Files files(a.json);
    Done done;
    int status = converse(a, done, [&files](string_view line) { return files.take(line); });
    if (status != exit_done) return status;
    if (!a.json) return conclude(files, a, done), status;
    print_line((done.changed ? "{\"removed\":true,\"files\":[" : "{\"removed\":false,\"files\":[") + files.json() + "]}");
    return status;
}

} // namespace totp
