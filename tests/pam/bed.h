// SPDX-License-Identifier: Apache-2.0
// The bed of the module tests: a store of its own, a stack in a directory of its own, and the real libpam.
#pragma once
#include "../support/cmocka.h"
#include "../support/one_code.h"
#include "store/record.h"
#include <cstdlib>
#include <memory>
#include <cstring>
#include <ctime>
#include <fstream>
#include <pwd.h>
#include <security/pam_appl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace bed {
using namespace totp;

inline std::string& module_path() {
    static std::string path;
    return path;
}

/// The module that was built beside the test.
inline void find_module(const char* test) {
    std::unique_ptr<char, decltype(&free)> path(realpath(test, nullptr), free);
    std::string own(path.get());
    module_path() = own.substr(0, own.rfind("/tests/")) + "/pam_totp.so";
}

/// What the application answers, and what it was asked.
struct Talk {
    std::vector<std::string> answers;
    std::vector<std::string> prompts, notes;
    int result = PAM_SUCCESS;
    bool no_reply = false;
};

inline int converse(int count, const pam_message** messages, pam_response** replies, void* data) {
    auto& talk = *static_cast<Talk*>(data);
    if (count != 1) return PAM_CONV_ERR;
    bool asks = messages[0]->msg_style == PAM_PROMPT_ECHO_OFF || messages[0]->msg_style == PAM_PROMPT_ECHO_ON;
    (asks ? talk.prompts : talk.notes).push_back(messages[0]->msg);
    if (talk.result != PAM_SUCCESS) return talk.result;
    if (talk.no_reply) return *replies = nullptr, PAM_SUCCESS;
    *replies = static_cast<pam_response*>(calloc(1, sizeof(pam_response)));
    if (asks) {
        std::string answer = talk.answers.empty() ? "" : talk.answers.front();
        if (!talk.answers.empty()) talk.answers.erase(talk.answers.begin());
        (*replies)->resp = strdup(answer.c_str());
    }
    return PAM_SUCCESS;
}

/// A store with one person who has a token and a backup code, gone at the end.
struct Bed {
    std::string top, store, key, stacks;
    Host host;
    Record record;
    Token token;
    Secret<15> backup;
    std::string user;

    explicit Bed(const std::string& under = "/tmp") : top(under + "/pam_totp.XXXXXX") {
        if (!mkdtemp(top.data())) abort();
        store = top + "/store";
        key = top + "/key";
        stacks = top + "/pam.d";
        mkdir(stacks.c_str(), 0755);
        user = getpwuid(geteuid())->pw_name;
        bool made = init_host(place(), gid_t(-1), host) == Error::none &&
                    make_account(user, geteuid(), record.account) == Error::none;
        if (!made) abort();
    }
    ~Bed() { (void)!system(("rm -rf " + top).c_str()); }
    Place place() const { return {store.c_str(), key.c_str(), geteuid()}; }

    /// Puts the token and one backup code in force; with the RFCs' key when the token has none.
    void enrol() {
        token.name = Text<32>(string_view("phone"));
        if (token.key.empty()) (void)token.key.assign(bytes_of("12345678901234567890"));
        Credential next;
        next.tokens.grow()->copy_from(token);
        next.backup.rounds = 10;
        (void)read_backup_code("0123456789abcde", backup);
        (void)backup_digest(next.backup, backup, *next.backup.digests.grow());
        Error opened = open_record(host, record);
        Change own;
        own.caller = Caller::helper; // what the owner begins is no news at the first login
        if (opened != Error::no_record || rotate(host, record, &next, own) != Error::none) abort();
        if (open_record(host, record) != Error::none) abort();
    }
    std::string journal() const { return store + "/" + std::string(record.account.file.view()); }
    std::string credential() const {
        return store + "/" + name_in_store(record.account, record.state().credential, "").c_str();
    }

    std::string code(long away = 0) const {
        u32 value = 0;
        u64 step = u64(long(step_of(token, u64(time(nullptr)))) + away);
        if (!code_of(token, step, value)) abort();
        std::string text = std::to_string(value);
        return std::string(token.digits - text.size(), '0') + text;
    }
    /// A code that no step near now has.
    std::string wrong() const {
        for (int i = 0;; ++i) {
            std::string text = std::to_string(100000 + i);
            bool near = false;
            for (long away = -3; away <= 4; ++away) near = near || code(away) == text;
            if (!near) return text;
        }
    }

    std::string line(const std::string& arguments) const {
        return "auth required " + module_path() + " store=" + store + " key=" + key + " conf=" + top + "/conf " +
               arguments + "\n";
    }
    void settings(const std::string& text) const { std::ofstream(top + "/conf") << text; }

    /// The stack of the logins to come.
    void put_stack(const std::string& stack) const {
        std::ofstream(stacks + "/test") << stack;
        if (access((top + "/conf").c_str(), F_OK) != 0) settings("");
    }
    /// An application's handle to the stack that was put; nullptr when libpam refuses.
    pam_handle_t* begin(const pam_conv& conv, const std::string& who, const std::string& service = "test") const {
        pam_handle_t* pam = nullptr;
        if (pam_start_confdir(service.c_str(), who.c_str(), &conv, stacks.c_str(), &pam) != PAM_SUCCESS) return nullptr;
        (void)pam_set_item(pam, PAM_FAIL_DELAY, reinterpret_cast<const void*>(+[](int, unsigned, void*) {}));
        return pam;
    }
    /// One pam_authenticate.
    int authenticate(const pam_conv& conv, const std::string& who = "", const std::string& service = "test") const {
        pam_handle_t* pam = begin(conv, who.empty() ? user : who, service);
        if (!pam) return PAM_ABORT;
        int result = pam_authenticate(pam, 0);
        if (result == PAM_SUCCESS) result = pam_setcred(pam, PAM_ESTABLISH_CRED);
        pam_end(pam, result);
        return result;
    }
    int login_through(const std::string& stack, Talk& talk, const std::string& who = "") const {
        put_stack(stack);
        return authenticate({converse, &talk}, who);
    }
    int login(const std::vector<std::string>& answers, const std::string& arguments = "") const {
        Talk talk;
        talk.answers = answers;
        return login_through(line(arguments), talk);
    }
};

} // namespace bed
