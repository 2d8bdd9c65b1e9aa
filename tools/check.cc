// SPDX-License-Identifier: Apache-2.0
// pam-totp check: what is dangerous on this host, before anybody else finds it.
#include "facts.h"
#include "host/image.h"
#include "host/judge_sshd.h"
#include "host/judge_stack.h"
#include "host/judge_sudo.h"
#include "host/records.h"
#include "host/sshd_text.h"
#include "json.h"
#include "talk.h"
#include "terminal.h"
#include "text.h"
#include <algorithm>
#include <ctime>
#include <set>
#include <unistd.h>

namespace totp {
namespace {
using namespace host;
using Found = host::Finding; // the judge of codes has a Finding, too

constexpr size_t most_asked = 20; ///< people of whom sshd is asked: each is a program that runs

class Check {
  public:
    Check(Arguments& a) : a_(a), image_(a.root), now_(u64(std::time(nullptr))) {}
    Findings run();

  private:
    void add(const Findings& more);
    void read_rules();
    void read_records();
    void read_stacks();
    Stack* stack(const std::string& service);
    std::vector<std::string> people() const;
    std::string skipping(const std::string& user) const;
    bool ask_sshd_about(std::vector<Visitor>& visitors);
    void read_matches();
    void judge_stacks();
    void judge_sudo();
    void judge_places();
    std::string or_usual(const std::string& given, const char* usual) const {
        return given.empty() ? usual : given;
    }

    Arguments& a_;
    Image image_;
    u64 now_;
    Rules rules_;
    std::vector<RecordAt> records_;
    std::vector<Stack> stacks_;
    Matched matched_;
    Findings found_;
    std::set<std::string> said_;
};

void Check::add(const Findings& more) {
    for (const Found& one : more) {
        if (said_.insert(one.id + " " + one.where + " " + one.what).second) found_.push_back(one);
    }
}

void Check::read_rules() {
    std::string conf = or_usual(a_.conf, TOTP_CONF), beside = conf + ".d";
    Findings mistakes;
    for (const std::string& name : image_.names_in(beside)) {
        auto content = name.ends_with(".conf") ? image_.text(beside + "/" + name) : std::nullopt;
        if (content) rules_.add(beside + "/" + name, *content, mistakes);
    }
    if (auto content = image_.text(conf)) rules_.add(conf, *content, mistakes);
    add(mistakes);
    add(judge_rules(rules_, image_.names(), now_));
}

/// One line of the helper's list.
bool take(string_view line, std::vector<RecordAt>& records) {
    AccountLine account;
    Token token;
    RecordLine record;
    if (read_account_line(line, account)) {
        records.push_back({std::string(account.user.view()), account.error, {}, 0, 0, 0, account.older_key, std::string(account.now.view())});
        return true;
    }
    if (records.empty()) return false;
    RecordAt& last = records.back();
    if (read_token_line(line, token)) {
        ++last.tokens;
        if (token.type == Type::hotp) last.counters.emplace_back(token.name.view());
        return true;
    }
    bool is_record = read_record_line(line, record);
    if (is_record) last.codes_left = record.codes_left, last.codes_made = record.codes_made;
    return is_record;
}

/// Through the helper; without root, or of an image, nobody may look.
void Check::read_records() {
    bool told = std::any_of(found_.begin(), found_.end(), [](const Found& one) {
        bool is_way =
            one.id.starts_with("key_") || one.id.starts_with("store_") || one.id.starts_with("settings_");
        return one.level != Found::note && (is_way || one.id == "helper_missing");
    });
    if (!image_.is_live() || getuid() != 0 || told) return;
    Arguments all; // of everybody, and without --json: what is printed are findings alone
    all.request.verb = Verb::list;
    all.store = a_.store, all.key = a_.key, all.conf = a_.conf;
    Done done;
    done.error = Error::helper_missing;
    int status = exit_store;
    try {
        status = converse(all, done, [this](string_view line) { return take(line, records_); });
    } catch (const Stop& stop) {
        if (*stop.what()) complain(stop.what());
    }
    if (status != exit_done) {
        add({{Found::warning, "records_unread", or_usual(a_.store, TOTP_STORE),
              text(advice(done.error).data()), text("Whose records are sound is not known."),
              "pam-totp list"}});
    }
    if (!a_.user.empty()) std::erase_if(records_, [&](const RecordAt& r) { return (r.now.empty() ? r.user : r.now) != a_.user; });
    if (a_.has("--restored")) add(after_restoring(records_));
    add(judge_records(records_));
}

void Check::read_stacks() {
    std::set<std::string> names{"sshd", "sudo", "sudo-i", "su", "su-l", "login"}, included;
    for (const std::string& name : image_.services()) names.insert(name);
    for (const std::string& name : names) {
        Stack stack = read_stack(image_.read(), name);
        for (const Line& line : stack.lines) {
            if (line.file != stack.file) included.insert(line.file);
        }
        bool is_door = name == "sudo-i" || name == "su-l"; // their programs come in by `other` then
        if (!stack.is_other || is_door) stacks_.push_back(stack);
    }
    // A file that others include is looked at where it is run, unless somebody comes in by it.
    std::erase_if(stacks_, [&](const Stack& stack) {
        bool is_door = stack.service == "su" || stack.service == "sudo" || stack.service == "sshd" ||
                       stack.service == "login";
        return !is_door && included.count(stack.file) != 0;
    });
}

Stack* Check::stack(const std::string& service) {
    auto found =
        std::find_if(stacks_.begin(), stacks_.end(), [&](const Stack& s) { return s.service == service; });
    return found == stacks_.end() ? nullptr : &*found;
}

/// The place of the rule that lets this person be, when it is one for people and not for addresses.
std::string Check::skipping(const std::string& user) const {
    for (const RuleAt& at : rules_.all()) {
        if (at.is_over(now_) || !at.is_for("sshd")) continue;
        bool is_for_all =
            at.rule.user.words.empty() && at.rule.group.words.empty() && at.rule.from.words.empty();
        if (is_for_all) return "";
        if (at.rule.demand != Demand::skip) continue;
        std::vector<std::string> users = words_of(at.rule.user), groups = words_of(at.rule.group);
        bool named = !at.rule.user.is_negated && std::find(users.begin(), users.end(), user) != users.end();
        bool member = !at.rule.group.is_negated && users.empty() &&
                      std::any_of(groups.begin(), groups.end(),
                                  [&](const std::string& group) { return image_.member_of(group) == user; });
        if (named || member) return at.place();
    }
    return "";
}

/// sshd is asked about people; what it does with some connections of theirs stands in its files alone.
void Check::read_matches() {
    std::vector<std::string> paths{sshd_config};
    for (const std::string& name : image_.names_in(sshd_folder)) paths.push_back(std::string(sshd_folder) + "/" + name);
    for (const std::string& path : paths) {
        if (path.ends_with(".conf") || path == paths[0]) look_for_matches(path, image_.text(path).value_or(""), matched_);
    }
    for (const Matched::At& at : matched_.by_connection) {
        add({{Found::warning, "sshd_match", at.where, text("some connections get in without a code: %1", {at.line}),
              text("It stands in a Match that is not about people alone, and nothing else was asked about it."),
              "AuthenticationMethods publickey,keyboard-interactive:pam"}});
    }
}

/// Root, those of whom a rule or sshd's Match speaks, and those who have codes set up.
std::vector<std::string> Check::people() const {
    if (!a_.user.empty()) return {a_.user};
    std::vector<std::string> names{"root"};
    auto add = [&](const std::string& name) {
        bool is_new = std::find(names.begin(), names.end(), name) == names.end();
        if (is_new && !name.empty() && names.size() < most_asked && image_.names().user(name) == Match::yes)
            names.push_back(name);
    };
    for (const RuleAt& at : rules_.all()) {
        if (at.is_over(now_) || !at.is_for("sshd")) continue;
        for (const std::string& user : words_of(at.rule.user)) add(user);
        for (const std::string& group : words_of(at.rule.group)) add(image_.member_of(group));
    }
    for (const std::string& user : matched_.users) add(user);
    for (const std::string& group : matched_.groups) add(image_.member_of(group));
    for (const RecordAt& r : records_) {
        if (r.is_set_up()) add(r.user);
    }
    return names;
}

/// Why sshd does not say: it cannot, or it would not start either.
Findings unasked(std::string complaint) {
    bool is_setting = complaint.find("sshd_config") != std::string::npos ||
                      complaint.find("AuthenticationMethods") != std::string::npos;
    if (complaint.empty()) complaint = text("/usr/sbin/sshd was not there, or did not answer");
    while (!complaint.empty() && complaint.back() == '\n') complaint.pop_back();
    if (is_setting) {
        return {{Found::danger, "sshd_broken", sshd_config,
                 text("sshd does not take its settings: %1", {shown(complaint)}),
                 text("It does not start with them again, and lets nobody in then."), "sshd -t"}};
    }
    return {{Found::warning, "sshd_not_asked", "/usr/sbin/sshd",
             text("sshd does not say what it does: %1", {shown(complaint)}),
             text("Whether a key alone lets in is not known."), "sshd -t"}};
}

bool Check::ask_sshd_about(std::vector<Visitor>& visitors) {
    for (const std::string& name : people()) {
        Visitor visitor{name, {}, false, skipping(name)};
        std::string complaint;
        if (!ask_sshd({name, image_.root(), ""}, visitor.sshd, complaint)) {
            add(unasked(complaint));
            return false;
        }
        visitor.is_set_up = std::any_of(records_.begin(), records_.end(),
                                        [&](const RecordAt& r) { return r.user == name && r.is_set_up(); });
        visitors.push_back(visitor);
    }
    return true;
}

template <typename True> bool all_of(const std::vector<Visitor>& visitors, True is_true) {
    return std::all_of(visitors.begin(), visitors.end(), [&](const Visitor& v) { return is_true(v.sshd); });
}

void Check::judge_stacks() {
    const Stack* sshd = stack("sshd");
    bool known = true, needs_key = true;
    if (sshd && has_our_line(*sshd)) {
        std::vector<Visitor> visitors;
        read_matches();
        bool root_asks = (image_.is_live() || getuid() == 0) && ask_sshd_about(visitors);
        std::string where =
            image_.look()(sshd_folder) ? std::string(sshd_folder) + "/10-pam-totp.conf" : sshd_config;
        if (root_asks) add(judge_sshd(visitors, rules_, where, now_));
        // With `any` the key is a way of its own, told above.
        known = !root_asks || all_of(visitors, [](const Sshd& s) { return s.proves_before() || s.ways().empty(); });
        needs_key = !root_asks || all_of(visitors, [](const Sshd& s) { return s.needs_key() || s.ways().empty(); });
    }
    for (const Stack& one : stacks_) {
        bool names_us = std::any_of(one.lines.begin(), one.lines.end(),
                                    [](const Line& line) { return line.name() == "pam_totp"; });
        bool is_sshd = one.service == "sshd";
        if (names_us) add(judge_stack(one, {is_sshd && known, is_sshd && needs_key, has_one_field(one.service)}));
    }
    add(judge_coverage(stacks_));
    const Stack* sudo = stack("sudo");
    if (sudo && has_our_line(*sudo)) judge_sudo();
}

void Check::judge_sudo() {
    const std::string file = "/etc/sudoers", folder = "/etc/sudoers.d";
    add(judge_sudoers(file, image_.text(file).value_or("")));
    for (const std::string& name : image_.names_in(folder)) {
        std::string path = folder + "/" + name;
        if (is_sudoers(name)) add(judge_sudoers(path, image_.text(path).value_or("")));
    }
}

void Check::judge_places() {
    const Text<200>& named = rules_.settings().key;
    std::string key = or_usual(a_.key, named.empty() ? TOTP_KEY : named.c_str());
    if (!image_.is_live() && key.starts_with("/run/")) key.clear();
    Places places{or_usual(a_.store, TOTP_STORE),
                  key,
                  or_usual(a_.conf, TOTP_CONF),
                  TOTP_HELPER,
                  image_.modules(),
                  TOTP_GROUP,
                  image_.group(TOTP_GROUP)};
    Findings files = judge_files(image_.look(), places);
    Findings disk = judge_disk(places.store, image_.disk(places.store));
    files.insert(files.end(), disk.begin(), disk.end());
    bool is_on = std::any_of(stacks_.begin(), stacks_.end(), has_our_line);
    for (Found& one : files) {
        if (!is_on && one.level == Found::danger) one.level = Found::warning; // nobody comes to it yet
    }
    add(files);
    if (image_.is_live()) add(judge_clock(clock_is_synchronised()));
}

Findings Check::run() {
    if (getuid() != 0) {
        add({{Found::warning, "not_root", "pam-totp check",
              text("only root sees keys, records and what sshd does"), text("Not all was looked at."),
              "sudo pam-totp check"}});
    }
    read_rules();
    read_stacks();
    judge_places();
    read_records();
    judge_stacks();
    std::stable_sort(found_.begin(), found_.end(),
                     [](const Found& one, const Found& other) { return one.level > other.level; });
    return found_;
}

std::string level_text(Found::Level level) {
    return level == Found::danger ? text("danger") : level == Found::warning ? text("warning") : text("note");
}

void say_finding(const Found& one) {
    say(level_text(one.level) + ": " + shown(one.where) + ": " + shown(one.what) + "  [" + one.id + "]\n");
    say("    " + shown(one.why) + "\n");
    if (!one.fix.empty()) say("    → " + shown(one.fix) + "\n");
}

void print_json(const Findings& found, const char* status) {
    SecretText out = "{\"status\":" + json_string(status) + ",\"findings\":[";
    for (const Found& one : found) {
        out += (&one == &found.front() ? "{\"level\":" : ",{\"level\":") + json_string(word(one.level)) +
               ",\"id\":" + json_string(one.id);
        out += ",\"where\":" + json_string(one.where) + ",\"what\":" + json_string(one.what);
        out += ",\"why\":" + json_string(one.why) + ",\"fix\":" + json_string(one.fix) + "}";
    }
    print_line(out + "]}");
}
} // namespace

int run_check(Arguments& a) {
    Findings found = Check(a).run();
    Found::Level worst = found.empty() ? Found::note : found.front().level;
    if (a.json) {
        print_json(found, worst == Found::note ? "clean" : word(worst));
    } else {
        for (const Found& one : found) say_finding(one);
        if (worst == Found::note) say(text("Nothing was found that is wrong.\n"));
    }
    return worst; // 0, 1 and 2 of its own: see the help
}

} // namespace totp
