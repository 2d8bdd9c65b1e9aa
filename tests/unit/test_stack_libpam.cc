// SPDX-License-Identifier: Apache-2.0
// The same stacks through libpam itself: random ones of pam_debug, which returns and tells what
// its argument says.
#include "../../tools/host/stack.h"
#include "../support/cmocka.h"
#include <cstdlib>
#include <fstream>
#include <map>
#include <random>
#include <security/pam_appl.h>
#include <sstream>
#include <unistd.h>

using namespace totp::host;

// What libpam loses itself, of files that it cannot read to the end.
extern "C" [[gnu::visibility("default")]] const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:libpam.so"; }

namespace {
constexpr unsigned stacks = 300;
const std::map<std::string, int> returns{{"success", PAM_SUCCESS},
                                         {"auth_err", PAM_AUTH_ERR},
                                         {"ignore", PAM_IGNORE},
                                         {"user_unknown", PAM_USER_UNKNOWN},
                                         {"authinfo_unavail", PAM_AUTHINFO_UNAVAIL},
                                         {"new_authtok_reqd", PAM_NEW_AUTHTOK_REQD}};

/// Writes stacks that use every word of the grammar, mistakes too.
class Writer {
  public:
    Writer(unsigned seed, std::string top) : random_(seed), top_(std::move(top)) {}
    std::string file(unsigned depth) {
        std::string out;
        for (unsigned i = 1 + pick(6); i > 0; --i) out += line(depth);
        return out;
    }

  private:
    unsigned pick(unsigned below) { return std::uniform_int_distribution<unsigned>(0, below - 1)(random_); }
    std::string one_of(const std::vector<std::string>& words) { return words[pick(unsigned(words.size()))]; }
    std::string return_value() {
        return one_of({"success", "success", "success", "auth_err", "ignore", "user_unknown", "authinfo_unavail", "new_authtok_reqd"});
    }
    std::string control() {
        if (pick(3)) return one_of({"required", "requisite", "sufficient", "optional", "Required"});
        std::string out = "[";
        for (unsigned i = 1 + pick(3); i > 0; --i) {
            std::string action = one_of({"ok", "done", "bad", "die", "reset", "ignore", "1", "2", "3"});
            out += return_value() + one_of({"=", " = "}) + action + " ";
        }
        if (pick(4)) out += "default=" + one_of({"bad", "ignore", "die", "1", "ok"});
        return out + (pick(20) ? "]" : " nonsense=1]");
    }
    std::string line(unsigned depth) {
        std::string below = top_ + "/f" + std::to_string(depth + 1) + std::to_string(pick(2));
        switch (pick(depth < 3 ? 20 : 14)) {
        case 0: return "# auth required pam_deny.so\n\n";
        case 1: return "account required pam_deny.so\n";
        case 2: return pick(3) ? "" : one_of({"auth required\n", "auth\n", "auth include gone\n", "auth substack gone\n",
                                              "nonsense required pam_debug.so\n", "-auth optional pam_none_here.so\n"});
        case 3: return "auth " + control() + " \\\n  pam_debug.so auth=" + return_value() + " # so\n";
        case 14: case 15: return "auth include " + below + "\n";
        case 16: case 17: case 18: return "auth substack " + below + "\n";
        case 19: return "@include " + (pick(20) ? below : below + "gone") + "\n";
        default: return one_of({"auth ", "-auth\t", "AUTH "}) + control() + " pam_debug.so auth=" + return_value() + "\n";
        }
    }
    std::mt19937 random_;
    std::string top_; // names alone Debian's libpam looks up below /etc/pam.d, whatever pam_start_confdir(3) was told
};

/// A directory of services, each file also by its path below /etc/pam.d.
struct Services {
    std::string top = "/tmp/pam_totp.XXXXXX";
    std::map<std::string, std::string> files;
    Services() {
        if (!mkdtemp(top.data())) abort();
    }
    ~Services() { (void)!system(("rm -rf " + top).c_str()); }
    void put(const std::string& name, const std::string& text) {
        std::ofstream(top + "/" + name) << text;
        files["/etc/pam.d/" + name] = files[top + "/" + name] = text;
    }
    Read read() const {
        return [this](const std::string& path) -> std::optional<std::string> {
            auto found = files.find(path);
            return found == files.end() ? std::nullopt : std::optional(found->second);
        };
    }
};

/// What was returned in turn, and what it came to.
struct Told {
    std::string returned;
    int result = -1;
};

int hear(int count, const pam_message** messages, pam_response** responses, void* into) {
    for (int i = 0; i < count; ++i) static_cast<Told*>(into)->returned += std::string(messages[i]->msg) + " ";
    *responses = static_cast<pam_response*>(calloc(size_t(count), sizeof(pam_response)));
    return *responses ? PAM_SUCCESS : PAM_BUF_ERR;
}

Told by_libpam(const Services& services) {
    Told told;
    pam_conv conversation{hear, &told};
    pam_handle_t* pam = nullptr;
    told.result = pam_start_confdir("x", "root", &conversation, services.top.c_str(), &pam);
    if (told.result != PAM_SUCCESS) return {"", PAM_PERM_DENIED};
    told.result = pam_authenticate(pam, 0);
    pam_end(pam, told.result);
    return told;
}

Told by_run(const Services& services) {
    Stack stack = read_stack(services.read(), "x");
    Told told;
    told.result = run(stack.lines, [&](size_t i) {
        const Line& line = stack.lines[i];
        if (line.name() == "pam_deny") return int(PAM_AUTH_ERR);
        if (line.name() != "pam_debug") return int(PAM_MODULE_UNKNOWN);
        std::string returned = line.value("auth").value_or("success");
        told.returned += "auth=" + returned + " ";
        return returns.at(returned);
    }).result;
    return told;
}

void agrees_with_libpam_on_random_stacks(void**) {
    unsigned successes = 0, differ = 0;
    Services services;
    for (unsigned seed = 1; seed <= stacks; ++seed) {
        Writer writer(seed, services.top);
        services.put("other", "auth required pam_deny.so\n");
        services.put("x", writer.file(0));
        for (const char* name : {"f10", "f11"}) services.put(name, writer.file(1));
        for (const char* name : {"f20", "f21"}) services.put(name, writer.file(2));
        for (const char* name : {"f30", "f31"}) services.put(name, writer.file(3));
        Told theirs = by_libpam(services), ours = by_run(services);
        successes += theirs.result == PAM_SUCCESS;
        if (theirs.result == ours.result && theirs.returned == ours.returned) continue;
        ++differ;
        print_error("seed %u: libpam %d after %s; here %d after %s\n", seed, theirs.result, theirs.returned.c_str(), ours.result,
                    ours.returned.c_str());
        for (const auto& [path, text] : services.files) print_error("--- %s\n%s", path.c_str(), text.c_str());
    }
    assert_int_equal(differ, 0);
    assert_true(successes > stacks / 10); // else they are all alike
}
} // namespace

int main() {
    const CMUnitTest tests[] = {cmocka_unit_test(agrees_with_libpam_on_random_stacks)};
    return cmocka_run_group_tests_name("stack_libpam", tests, nullptr, nullptr);
}
