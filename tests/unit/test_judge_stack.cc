// SPDX-License-Identifier: Apache-2.0
// What is found in the stacks that systems ship, as INSTALL changes them, and changed by mistake: tests/stacks.
#include "../../tools/host/judge_stack.h"
#include "../support/cmocka.h"
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

using namespace totp::host;

namespace {
const std::string top = "tests/stacks/";

std::optional<std::string> file_text(const std::string& path) {
    std::ifstream file(path);
    if (!file) return std::nullopt;
    return std::string(std::istreambuf_iterator<char>(file), {});
}

/// A system's own files, with some of them changed.
struct System {
    std::string name;
    std::map<std::string, std::string> changed;
    std::string text(const std::string& file) const {
        auto found = changed.find(file);
        return found != changed.end() ? found->second : file_text(top + name + "/" + file).value_or("");
    }
    Read read() const {
        return [this](const std::string& path) -> std::optional<std::string> {
            std::string file = path.substr(path.rfind('/') + 1);
            if (!path.starts_with("/etc/pam.d/")) return std::nullopt;
            auto found = changed.find(file);
            return found != changed.end() ? std::optional(found->second) : file_text(top + name + "/" + file);
        };
    }
};

/// The ids of what is no note, in the order of the alphabet.
std::string ids(const Findings& findings) {
    std::set<std::string> out;
    for (const Finding& finding : findings) {
        if (finding.level != Finding::note) out.insert(finding.id);
    }
    std::string joined;
    for (const std::string& id : out) joined += (joined.empty() ? "" : " ") + id;
    return joined;
}

struct Case {
    std::string title, service, expected;
    System system;
    Around around;
};

/// Applies `- line` and `+ line` to a text, in turn.
struct Edit {
    std::string text;
    size_t at = std::string::npos; ///< where the next `+` goes; at the end
    bool fits = true;
    void drop(const std::string& line) {
        size_t found = ("\n" + text).find("\n" + line + "\n");
        fits = fits && found != std::string::npos;
        if (found != std::string::npos) text.erase(found, line.size() + 1), at = found;
    }
    void add(const std::string& line) {
        at = std::min(at, text.size());
        text.insert(at, line + "\n");
        at += line.size() + 1;
    }
};

Case case_of(const std::string& line) {
    Case made{line, "", "", {"", {}}, {}};
    std::istringstream words(line.substr(1));
    words >> made.system.name >> made.service;
    std::set<std::string> wanted;
    for (std::string word; words >> word;) {
        if (word == "known") made.around.is_known = true;
        else if (word == "one-field") made.around.one_field = true;
        else if (word != "clean") wanted.insert(word);
    }
    for (const std::string& id : wanted) made.expected += (made.expected.empty() ? "" : " ") + id;
    return made;
}

std::vector<Case> read_cases(bool& fit) {
    std::vector<Case> cases;
    std::ifstream file(top + "changes.txt");
    std::string name;
    Edit edit;
    auto put = [&] {
        if (!name.empty()) cases.back().system.changed[name] = edit.text;
        fit = fit && edit.fits;
    };
    for (std::string line; std::getline(file, line);) {
        if (line.empty() || line[0] == '#') continue;
        if (line[0] == '-') edit.drop(line.substr(2));
        else if (line[0] == '+') edit.add(line.substr(2));
        else {
            put();
            if (line[0] == '=') cases.push_back(case_of(line));
            name = line[0] == '=' ? "" : line;
            edit = {name.empty() ? "" : cases.back().system.text(name)};
        }
    }
    put();
    return cases;
}

void finds_in_each_changed_stack_what_is_wrong_and_nothing_else(void**) {
    bool fit = true;
    std::vector<Case> cases = read_cases(fit);
    std::set<std::string> expected;
    unsigned broken = 0, differ = 0;
    for (const Case& one : cases) {
        Findings findings = judge_stack(read_stack(one.system.read(), one.service), one.around);
        std::string found = ids(findings);
        broken += !one.expected.empty();
        expected.insert(one.expected);
        if (found == one.expected) continue;
        ++differ;
        print_error("%s\n  found: %s\n", one.title.c_str(), found.c_str());
        for (const Finding& f : findings) print_error("    %s: %s. %s\n", f.where.c_str(), f.what.c_str(), f.why.c_str());
    }
    assert_true(fit);
    assert_int_equal(differ, 0);
    assert_true(broken >= 20);
    assert_true(cases.size() - broken >= 14);
}

void finds_nothing_wrong_in_what_systems_ship(void**) {
    std::string said;
    unsigned looked_at = 0;
    for (const char* name : {"debian-12", "debian-13", "fedora", "rhel-9", "arch", "opensuse"}) {
        System system{name, {}};
        std::vector<Stack> stacks;
        for (const char* service : {"sshd", "sudo", "sudo-i", "su", "su-l", "login", "other"}) {
            stacks.push_back(read_stack(system.read(), service));
            looked_at += !stacks.back().lines.empty();
            said += ids(judge_stack(stacks.back(), {}));
        }
        Findings open = judge_coverage(stacks);
        said += ids(open) + (open.size() == 4 ? "" : " some is taken for covered");
    }
    assert_int_equal(looked_at, 6 * 7);
    assert_text_equal(said, "");
}

void finds_the_other_name_of_a_program_open(void**) {
    System system{"debian-12", {}};
    system.changed["sudo"] = system.text("sudo") + "auth required pam_totp.so after=password\n";
    std::vector<Stack> stacks{read_stack(system.read(), "sudo"), read_stack(system.read(), "sudo-i")};
    Findings found = judge_coverage(stacks);
    assert_text_equal(ids(found), "sibling_open");
    assert_text_equal(found[0].where, "/etc/pam.d/sudo-i");
    system.changed["sudo-i"] = system.text("sudo-i") + "auth required pam_totp.so after=password\n";
    stacks[1] = read_stack(system.read(), "sudo-i");
    assert_text_equal(ids(judge_coverage(stacks)), "");
}

void finds_the_other_name_open_that_has_no_file_of_its_own(void**) {
    System system{"debian-12", {}};
    auto without_su_l = [&](const std::string& path) {
        return path == "/etc/pam.d/su-l" ? std::nullopt : system.read()(path);
    };
    system.changed["su"] = system.text("su") + "auth required pam_totp.so after=password\n";
    std::vector<Stack> stacks{read_stack(without_su_l, "su"), read_stack(without_su_l, "su-l")};
    Findings found = judge_coverage(stacks);
    assert_text_equal(ids(found), "sibling_open");
    assert_text_equal(found[0].where, "/etc/pam.d/su-l");
    system.changed["other"] = "auth required pam_deny.so\n";
    stacks[1] = read_stack(without_su_l, "su-l");
    assert_text_equal(ids(judge_coverage(stacks)), "");
}

void names_the_line_and_writes_the_one_to_put(void**) {
    System system{"debian-12", {}};
    system.changed["su"] = "auth sufficient pam_rootok.so\n@include common-auth\nauth optional pam_totp.so  window=2\n";
    Findings found = judge_stack(read_stack(system.read(), "su"), {});
    std::string shown;
    for (const Finding& f : found) shown += std::string(word(f.level)) + " " + f.where + " " + f.fix + "\n";
    assert_text_equal(shown, "danger /etc/pam.d/su:3 auth required pam_totp.so window=2\n"
                             "warning /etc/pam.d/su:3 auth required pam_totp.so window=2 after=password\n");
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(finds_in_each_changed_stack_what_is_wrong_and_nothing_else),
        cmocka_unit_test(finds_nothing_wrong_in_what_systems_ship),
        cmocka_unit_test(finds_the_other_name_of_a_program_open),
        cmocka_unit_test(finds_the_other_name_open_that_has_no_file_of_its_own),
        cmocka_unit_test(names_the_line_and_writes_the_one_to_put),
    };
    return cmocka_run_group_tests_name("judge_stack", tests, nullptr, nullptr);
}
