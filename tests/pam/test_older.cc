// SPDX-License-Identifier: Apache-2.0
// Issue 330 of pam-u2f: an update that tightened a check locked people out. Here the stores stand as each version left
// them (tests/formats), and their owner gets in with this one.
#include "../unit/vectors.h"
#include "past.h"

using namespace bed;

namespace {
const std::filesystem::path formats = "tests/formats";

/// The store of a version as somebody left it.
struct Old : Bed {
    Old(const std::filesystem::path& version, const char* life) {
        std::filesystem::remove_all(store);
        std::filesystem::copy(version / life, store);
        std::filesystem::copy(version / "key", key, std::filesystem::copy_options::overwrite_existing);
        chmod(store.c_str(), 0700);
        chmod(key.c_str(), 0640);
        for (const auto& file : std::filesystem::directory_iterator(store)) {
            chmod(file.path().c_str(), file.path().filename() == ".store" ? 0640 : 0600);
        }
        (void)token.key.assign(bytes_of(given::rfc_key));
    }
    std::string open() {
        Error error = open_host(place(), host);
        return std::string(word(error == Error::none ? open_record(host, record) : error));
    }
    /// Right after its last entry.
    u64 now() const { return record.state().last_answer + 30; }
    Verdict verdict_of(const std::string& typed, u64 at) {
        Answer read;
        read_answer(typed, read);
        Finding finding;
        Verdict verdict = Verdict::none;
        State after;
        if (examine(record.credential, record.state(), read, at, {}, finding) != Error::none) return Verdict::none;
        if (!finding.append) return finding.verdict;
        Error error = append(host, record.account, record.journal, finding.entry, verdict, after);
        return error == Error::none ? verdict : Verdict::none;
    }
};

/// What does not hold of the versions, by name. Fails when there is none.
template <typename Look> void of_every_version(Look look) {
    std::string wrong;
    int versions = 0;
    for (const auto& one : std::filesystem::directory_iterator(formats)) {
        if (!one.is_directory()) continue;
        ++versions;
        std::string amiss = look(one.path());
        if (!amiss.empty()) wrong += one.path().filename().string() + ": " + amiss + "\n";
    }
    assert_int_not_equal(versions, 0);
    assert_text_equal(wrong, "");
}

void u2f_330_a_record_of_every_version_lets_its_owner_in(void**) {
    of_every_version([](const std::filesystem::path& version) {
        Old b(version, "lived");
        Credential now;
        past::add_phone(now);
        const Token& button = past::add_button(now);
        std::string wrong;
        auto comes_to = [&](const char* what, const std::string& answer, int result) {
            if (b.login({answer}) != result) wrong += std::string(what) + " ";
        };
        comes_to("a wrong code", b.wrong(), PAM_AUTH_ERR);
        comes_to("a counter that was used", given::code(button, 0), PAM_AUTH_ERR);
        comes_to("a backup code that was used", given::backup_code(0), PAM_AUTH_ERR);
        comes_to("a code", b.code(), PAM_SUCCESS);
        comes_to("the same code again", b.code(), PAM_AUTH_ERR);
        comes_to("the next counter", given::code(button, 1), PAM_SUCCESS);
        comes_to("another backup code", given::backup_code(1), PAM_SUCCESS);
        return wrong;
    });
}

void guesses_that_were_made_before_an_upgrade_are_counted(void**) {
    of_every_version([](const std::filesystem::path& version) -> std::string {
        Old b(version, "lived");
        if (b.open() != "none") return "it does not open";
        u64 now = b.now();
        const Token& phone = b.record.credential.tokens[0];
        if (b.verdict_of(given::code(phone, now / 30), now) != Verdict::two_needed) return "a single code is looked at";
        if (b.record.state().wrong != Bucket().guesses + 1) return "wrong codes are not told";
        bool in = b.verdict_of(given::two_codes(phone, now / 30), now) == Verdict::accepted;
        return in ? "" : "two codes in a row are refused";
    });
}

void who_was_not_asked_again_before_an_upgrade_is_not_after_it(void**) {
    of_every_version([](const std::filesystem::path& version) -> std::string {
        Old b(version, "lived");
        u64 place = 0, there = 0;
        if (b.open() != "none") return "it does not open";
        const KeySet& set = b.host.keyring.newest();
        bool made = make_place(set, b.record.account, "sshd", past::elsewhere, place) &&
                    make_place(set, b.record.account, "sshd", "192.0.2.8", there);
        const State& state = b.record.state();
        if (!made || !is_remembered(state, place, b.now(), u32(past::day_long))) return "it is forgotten";
        if (is_remembered(state, place, b.now() + past::day_long, u32(past::day_long))) return "it has no end";
        return is_remembered(state, there, b.now(), u32(past::day_long)) ? "another place is remembered" : "";
    });
}

void a_recovery_that_was_begun_before_an_upgrade_goes_on(void**) {
    of_every_version([](const std::filesystem::path& version) -> std::string {
        Old b(version, "recovering");
        if (b.login({given::backup_code(0)}) != PAM_AUTH_ERR) return "years later it lets in";
        if (b.open() != "none") return "it does not open";
        u64 begun = b.record.credential.created, over = b.record.credential.recovery_until;
        if (b.verdict_of(given::backup_code(0), begun + 60) != Verdict::recovery) return "its code permits nothing";
        if (b.verdict_of(given::backup_code(1), begun + 60) != Verdict::wrong) return "any code permits";
        return b.verdict_of(given::backup_code(0), over) == Verdict::recovery_over ? "" : "it has no end";
    });
}

void a_set_up_that_was_begun_before_an_upgrade_is_shown_again(void**) {
    of_every_version([](const std::filesystem::path& version) -> std::string {
        Old b(version, "begun");
        if (b.open() != "no_record") return "it does not open";
        Credential found;
        Error error = open_pending(b.host, b.record, past::from, given::noon + 60, found);
        return error == Error::none && found.has_key(bytes_of(given::rfc_key)) ? "" : "another key: " + std::string(word(error));
    });
}

/// What a version leaves behind, into a directory of tests/formats.
int write_formats(const std::filesystem::path& to) {
    struct {
        const char* name;
        void (Past::*life)();
    } lives[] = {{"lived", &Past::live}, {"recovering", &Past::lose_all}, {"begun", &Past::begin}};
    std::filesystem::create_directories(to);
    for (const auto& one : lives) {
        Past past;
        (past.*one.life)();
        std::filesystem::copy(past.store, to / one.name);
        std::filesystem::copy(past.key, to / "key", std::filesystem::copy_options::overwrite_existing);
    }
    return 0;
}
} // namespace

int main(int argc, char** argv) {
    find_module(argv[0]);
    if (argc == 3 && std::string(argv[1]) == "--write") return write_formats(argv[2]);
    const CMUnitTest tests[] = {
        cmocka_unit_test(u2f_330_a_record_of_every_version_lets_its_owner_in),
        cmocka_unit_test(guesses_that_were_made_before_an_upgrade_are_counted),
        cmocka_unit_test(who_was_not_asked_again_before_an_upgrade_is_not_after_it),
        cmocka_unit_test(a_recovery_that_was_begun_before_an_upgrade_goes_on),
        cmocka_unit_test(a_set_up_that_was_begun_before_an_upgrade_is_shown_again),
    };
    return cmocka_run_group_tests_name("older", tests, nullptr, nullptr);
}
