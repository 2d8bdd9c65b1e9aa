// SPDX-License-Identifier: Apache-2.0
// A set-up begun at a login: the same key for an hour, and only for the record that it was begun for.
#include "calls.h"
#include "scene.h"
#include "store/pending.h"

using namespace bed;

namespace {
constexpr u64 now = 1800000000;
constexpr Address here{1, 2, 3}, elsewhere{1, 2, 4};

struct Begun : Scene {
    std::string path = store + "/" + std::string(record.account.file.view()) + ".pending";

    Begun() {
        token.name = Text<32>(string_view("phone"));
        (void)token.key.assign(bytes_of("12345678901234567890"));
        if (open() != Error::no_record) abort();
    }
    Error keep(u64 created = now) {
        Credential next;
        next.created = created;
        next.tokens.grow()->copy_from(token);
        return keep_pending(host, record, here, next);
    }
    /// "" for the key that was kept, else the error.
    std::string found(u64 at = now, const Address& from = here) {
        Credential credential;
        Error error = open_pending(host, record, from, at, credential);
        if (error != Error::none) return credential.tokens.empty() ? std::string(word(error)) : "a key was left";
        return credential.has_key(token.key.reveal()) && credential.tokens.size() == 1 ? "" : "another key";
    }
};

void gives_the_same_key_for_an_hour(void**) {
    Begun s;
    assert_text_equal(s.found(), "no_record");
    assert_int_equal(s.keep(), Error::none);
    assert_text_equal(s.found(), "");
    assert_text_equal(s.found(now + pending_life - 1), "");
    assert_text_equal(s.found(now + pending_life), "no_record");
    bool gone = access(s.path.c_str(), F_OK) != 0;
    assert_true(gone);
}

/// Somebody who has the password may have looked at it, and gone away.
void a_key_that_was_shown_elsewhere_is_not_shown_again(void**) {
    Begun s;
    assert_int_equal(s.keep(), Error::none);
    assert_text_equal(s.found(now, elsewhere), "no_record");
    assert_text_equal(s.found(), "no_record"); // it is gone
    assert_int_equal(s.keep(), Error::none);
    assert_text_equal(s.found(now, Address{}), "no_record");
}

void refuses_a_key_of_the_future(void**) {
    Begun s;
    assert_int_equal(s.keep(now + 1), Error::none);
    assert_text_equal(s.found(), "no_record");
}

void the_first_of_two_stays(void**) {
    Begun s;
    assert_int_equal(s.keep(), Error::none);
    std::string first = contents(s.path);
    assert_int_equal(s.keep(), Error::stale);
    assert_true(contents(s.path) == first);
}

/// What was set up and removed meanwhile was removed for a reason.
void a_change_in_between_ends_it(void**) {
    Begun s;
    assert_int_equal(s.keep(), Error::none);
    assert_int_equal(change(s, false).error, Error::none);
    assert_int_equal(change(s, true).error, Error::none);
    assert_int_equal(s.open(), Error::no_record);
    assert_text_equal(s.found(), "no_record");
}

void refuses_what_is_planted_or_damaged_and_takes_it_away(void**) {
    Begun s;
    assert_int_equal(s.keep(), Error::none);
    std::string good = contents(s.path);
    for (size_t at : {size_t(0), good.size() / 2, good.size() - 1}) {
        std::string bad = good;
        bad[at] = char(bad[at] ^ 1);
        std::ofstream(s.path, std::ios::binary) << bad;
        chmod(s.path.c_str(), 0600);
        assert_text_equal(s.found(), "no_record");
        assert_int_not_equal(access(s.path.c_str(), F_OK), 0);
    }
    std::ofstream(s.path, std::ios::binary) << good;
    chmod(s.path.c_str(), 0644);
    assert_text_equal(s.found(), "no_record");
    std::ofstream(s.path, std::ios::binary) << good;
    chmod(s.path.c_str(), 0600);
    assert_text_equal(s.found(), ""); // else nothing was shown here
    assert_int_equal(chown(s.path.c_str(), 12345, gid_t(-1)), 0);
    assert_text_equal(s.found(), "no_record");
    assert_int_equal(symlink("/etc/hostname", s.path.c_str()), 0);
    assert_text_equal(s.found(), "no_record");
}

/// Each call of keeping and of opening fails once: an error, and never another key than the one that was kept.
void refuses_when_a_call_fails(void**) {
    Begun s;
    size_t wrong = 0, cases = 0;
    for (size_t at = 0; at < 200; ++at) {
        drop_pending(s.host, s.record.account);
        Error error = calls::during({at, EIO}, [&] { return s.keep(); });
        if (calls::made.size() <= at) break;
        std::string after = s.found();
        wrong += error == Error::none ? after != "" : after != "no_record";
        ++cases;
    }
    drop_pending(s.host, s.record.account);
    assert_int_equal(s.keep(), Error::none);
    for (size_t at = 0; at < 200; ++at) {
        if (access(s.path.c_str(), F_OK) != 0) (void)s.keep();
        std::string said = calls::during({at, EIO}, [&] { return s.found(); });
        if (calls::made.size() <= at) break;
        wrong += said == "another key";
        ++cases;
    }
    assert_int_equal(wrong, 0);
    assert_in_range(cases, 15, 100);
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_same_key_for_an_hour),
        cmocka_unit_test(a_key_that_was_shown_elsewhere_is_not_shown_again),
        cmocka_unit_test(refuses_a_key_of_the_future),
        cmocka_unit_test(the_first_of_two_stays),
        cmocka_unit_test(a_change_in_between_ends_it),
        cmocka_unit_test(refuses_what_is_planted_or_damaged_and_takes_it_away),
        cmocka_unit_test(refuses_when_a_call_fails),
    };
    return cmocka_run_group_tests_name("pending", tests, nullptr, nullptr);
}
