// SPDX-License-Identifier: Apache-2.0
// pam-totp rekey: a new host key, by root; and with --drop-old the older ones away.
#include "json.h"
#include "left.h"
#include "talk.h"
#include "terminal.h"
#include "text.h"

namespace totp {
namespace {

/// What was done to which record, and what stays as it is.
class Work {
  public:
    explicit Work(bool json) : json_(json) {}
    bool take(string_view line);
    int end(const Arguments& a, const Done& done);

  private:
    void take_account(const AccountLine& account);
    void print(const Done& done);

    bool json_;
    KeysLine keys_;
    unsigned moved_ = 0, failed_ = 0;
    SecretText left_; ///< as JSON
};

bool Work::take(string_view line) {
    AccountLine account;
    LeftLine left;
    KeysLine keys;
    if (read_keys_line(line, keys)) return keys_ = keys, true;
    if (read_account_line(line, account)) return take_account(account), true;
    if (!read_left_line(line, left)) return false;
    left_ += (left_.empty() ? "" : ",") + json_left(left);
    if (!json_) say(describe_left(left) + "\n");
    return true;
}

void Work::take_account(const AccountLine& account) {
    if (account.error == Error::none) return void(++moved_);
    if (account.error != Error::bad_account) ++failed_;
    left_ += (left_.empty() ? "{\"user\":" : ",{\"user\":") + json_string(account.user.view());
    left_ += ",\"why\":" + json_string(word(account.error)) + "}";
    std::string why = account.error == Error::bad_account ? text("no account has this name any more")
                                                          : advise(account.error);
    if (!json_) say(shown(account.user.view()) + ": " + why + "\n");
}

void Work::print(const Done& done) {
    SecretText out = "{\"made\":";
    out += keys_.made ? "true" : "false";
    out += ",\"resumed\":";
    out += done.replaced ? "true" : "false";
    out += ",\"moved\":" + std::to_string(moved_) + ",\"older\":" + std::to_string(keys_.older);
    print_line(out + ",\"left\":[" + left_ + "]}");
}

int Work::end(const Arguments& a, const Done& done) {
    int status = failed_ ? exit_store : exit_done;
    if (failed_) complain(text("One record was not moved.", "%1 records were not moved.", failed_));
    if (json_) return print(done), status;
    if (a.drop_old) {
        say(done.changed ? text("Done: the host key file holds one key. What was copied of the others opens nothing here.\n")
                         : text("The host key file holds one key: there is nothing to drop.\n"));
        return status;
    }
    if (moved_ == 0) say(text("No record was sealed anew.\n"));
    else say(text("One record was sealed anew.\n", "%1 records were sealed anew.\n", moved_));
    if (done.replaced) say(text("An earlier rekey is complete with that; no other key was made.\n"));
    if (!left_.empty()) say(text("What is named above stays with an older key, and that key in the file.\n"));
    say(text("Keep a copy of the host key file together with the records. When nothing went wrong for a\n"
             "while, the older keys can go: pam-totp rekey --drop-old\n"));
    return status;
}
} // namespace

int run_rekey(Arguments& a) {
    a.request.verb = a.drop_old ? Verb::drop_keys : Verb::rekey;
    Work work(a.json);
    Done done;
    int status = converse(a, done, [&work](string_view line) { return work.take(line); });
    return status == exit_done ? work.end(a, done) : status;
}

} // namespace totp
