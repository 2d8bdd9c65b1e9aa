// SPDX-License-Identifier: Apache-2.0
// Issue 330 of pam-u2f: an update that tightened a check locked people out. Here the store of somebody with a past
// stands as each version wrote it, and he gets in with this one. `test_older --write` prints it as this version does,
// for tests/vectors/records; a release adds such a file, and none is ever changed.
#include "../unit/given.h"
#include "../unit/vectors.h"
#include "bed.h"
#include <filesystem>

using namespace bed;

namespace {

constexpr u64 noon = given::noon;
const std::filesystem::path records = "tests/vectors/records";

/// What a past is made of: a phone alone at first, a button added to it, and every kind of answer.
struct Past : Bed {
    u64 now = noon;

    void put(const Credential* next, const Change& change) {
        if (rotate(host, record, next, change) != Error::none) abort();
        if (open_record(host, record) != Error::none) abort();
    }
    void set_up() {
        Credential phone;
        add_phone(phone);
        Change first;
        first.time = now;
        (void)open_record(host, record);
        put(&phone, first);
        Credential both;
        add_phone(both);
        given::add_token(both, "button", "abcdefghijklmnopqrst", Type::hotp, 8);
        Change second;
        second.time = now += 30;
        second.continues[0] = 0;
        put(&both, second);
    }
    static void add_phone(Credential& credential) {
        given::add_token(credential, "phone", given::rfc_key);
        given::add_backup_codes(credential, 3);
        credential.created = noon;
    }
    void answer(const std::string& typed) {
        Answer read;
        read_answer(typed, read);
        Finding finding;
        Verdict verdict = Verdict::none;
        State after;
        Error error = examine(record.credential, record.state(), read, now += 30, {}, finding);
        if (error != Error::none || !finding.append) abort();
        if (append(host, record.account, record.journal, finding.entry, verdict, after) != Error::none) abort();
    }
    void live() {
        set_up();
        answer(given::code(record.credential.tokens[0], (now + 30) / 30));
        answer(given::code(record.credential.tokens[1], 0));
        answer(given::backup_code(0));
        answer("999999");
        Entry unlock;
        unlock.kind = Kind::unlock;
        unlock.time = now += 30;
        Verdict verdict = Verdict::none;
        State after;
        if (append(host, record.account, record.journal, unlock, verdict, after) != Error::none) abort();
    }
};

std::string hex_of(const std::string& path) {
    std::ifstream file(path);
    std::string text;
    for (std::istreambuf_iterator<char> at(file), end; at != end; ++at) {
        char two[3];
        snprintf(two, sizeof two, "%02x", unsigned(u8(*at)));
        text += two;
    }
    return text;
}

/// A line for each file: its name and what is in it.
void write_past() {
    Past b;
    b.live();
    printf("# The store of root (uid 0) as version %s wrote it, in hexadecimal: see tests/pam/test_older.cc.\n",
           TOTP_VERSION);
    printf("key %s\n", hex_of(b.key).c_str());
    for (const auto& file : std::filesystem::directory_iterator(b.store)) {
        printf("%s %s\n", file.path().filename().c_str(), hex_of(file.path()).c_str());
    }
}

void lay_out(const Bed& b, const std::string& file) {
    std::filesystem::remove_all(b.store);
    mkdir(b.store.c_str(), 0700);
    for (const auto& row : read_vectors(file)) {
        bool is_key = row[0] == "key", of_host = is_key || row[0] == ".store";
        std::string path = is_key ? b.key : b.store + "/" + row[0], bytes(row[1].size() / 2, '\0');
        if (!read_hex(row[1], {reinterpret_cast<u8*>(bytes.data()), bytes.size()})) abort();
        std::ofstream(path) << bytes;
        chmod(path.c_str(), of_host ? 0640 : 0600);
    }
}

/// What does not hold of a record of that version.
std::string amiss(const std::string& file) {
    Bed b;
    lay_out(b, "records/" + file);
    Credential now;
    Token& phone = given::add_token(now, "phone", given::rfc_key);
    Token& button = given::add_token(now, "button", "abcdefghijklmnopqrst", Type::hotp, 8);
    b.token.copy_from(phone);
    std::string wrong;
    auto comes_to = [&](const char* what, const std::string& answer, int result) {
        if (b.login({answer}) != result) wrong += file + ": " + what + "\n";
    };
    comes_to("a wrong code", b.wrong(), PAM_AUTH_ERR);
    comes_to("a counter that was used", given::code(button, 0), PAM_AUTH_ERR);
    comes_to("a backup code that was used", given::backup_code(0), PAM_AUTH_ERR);
    comes_to("a code", b.code(), PAM_SUCCESS);
    comes_to("the next counter", given::code(button, 1), PAM_SUCCESS);
    comes_to("another backup code", given::backup_code(1), PAM_SUCCESS);
    return wrong;
}

void u2f_330_a_record_of_every_version_lets_its_owner_in(void**) {
    std::string wrong;
    int versions = 0;
    for (const auto& file : std::filesystem::directory_iterator(records)) {
        ++versions;
        wrong += amiss(file.path().filename().string());
    }
    assert_int_not_equal(versions, 0);
    assert_text_equal(wrong, "");
}
} // namespace

int main(int argc, char** argv) {
    find_module(argv[0]);
    if (argc > 1 && std::string(argv[1]) == "--write") return write_past(), 0;
    const CMUnitTest tests[] = {
        cmocka_unit_test(u2f_330_a_record_of_every_version_lets_its_owner_in),
    };
    return cmocka_run_group_tests_name("older", tests, nullptr, nullptr);
}
