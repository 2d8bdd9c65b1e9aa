// SPDX-License-Identifier: Apache-2.0
// What no error says: others who write in between, bytes that come back changed, a file that is taken away. The
// moment is a call of the attempt, so that each is exact (journal.h, MUST 3; record.cc, what a cleaner looks at).
#include "calls.h"
#include "scene.h"
#include "store/conf.h"

using namespace bed;

namespace {

/// The number of the `nth` call of this name among those that `run` makes, undisturbed.
template <typename Run> size_t place_of(const std::string& name, int nth, Run run) {
    (void)calls::during({}, run);
    for (size_t i = 0; i < calls::made.size(); ++i) {
        if (calls::made[i] == name && --nth == 0) return i;
    }
    return SIZE_MAX;
}

/// An attempt with the code `counter` in a scene that was opened; `fault` strikes at the `nth` call of `name`.
Result attempt_with(Scene& s, u32 counter, const std::string& name, int nth, calls::Fault fault) {
    auto run = [&] { return use_code(s, counter); };
    s.keep();
    fault.at = place_of(name, nth, run);
    s.restore();
    if (fault.at == SIZE_MAX || s.open() != Error::none) return {};
    return calls::during(fault, run);
}

/// What the others leave behind the own entry before it is read back.
calls::Fault others_write(const Scene& s, size_t bytes) {
    calls::Fault fault;
    fault.before = [path = s.journal(), bytes] { std::ofstream(path, std::ios::app) << std::string(bytes, 'P'); };
    return fault;
}

void refuses_when_others_went_on_further_than_can_be_judged(void**) {
    Scene s;
    s.enrol();
    Result just = attempt_with(s, 100, "pread", 1, others_write(s, fold_window));
    Result over = attempt_with(s, 200, "pread", 1, others_write(s, fold_window + 1));
    Result late = attempt_with(s, 300, "lseek", 2, others_write(s, fold_window + 1));
    assert_int_equal(int(just.error), int(Error::none));
    assert_int_equal(int(just.verdict), int(Verdict::accepted));
    assert_int_equal(int(over.error), int(Error::journal_overtaken));
    assert_int_equal(int(over.verdict), int(Verdict::none));
    assert_int_equal(int(late.error), int(Error::journal_overtaken));
}

void refuses_when_the_own_entry_is_not_what_was_written(void**) {
    Scene s;
    s.enrol();
    calls::Fault twist;
    twist.twists = true;
    Result result = attempt_with(s, 100, "pread", 1, twist);
    Verdict first = open_and_use_code(s, 100).verdict;
    assert_int_equal(int(result.error), int(Error::journal_damaged));
    assert_int_equal(int(result.verdict), int(Verdict::none));
    assert_int_equal(int(first), int(Verdict::replayed)); // it stood there all the same
}

void refuses_when_the_own_entry_is_taken_away(void**) {
    Scene s;
    s.enrol();
    calls::Fault fault;
    fault.before = [path = s.journal()] { (void)!truncate(path.c_str(), off_t(entry_size)); };
    Result result = attempt_with(s, 100, "pread", 1, fault);
    assert_int_equal(int(result.error), int(Error::journal_damaged));
    assert_int_equal(int(result.verdict), int(Verdict::none));
}

/// Another process uses the code.
calls::Fault another_uses(const Scene& s, u32 counter, Result& other) {
    calls::Fault fault;
    fault.before = [&s, &other, counter] {
        Record record;
        record.account = s.record.account;
        if (open_record(s.host, record) == Error::none) other = use_code(s.host, record, counter);
    };
    return fault;
}

void once_a_code_is_accepted_whoever_comes_between(void**) {
    Scene s;
    s.enrol();
    Result before, behind; // of its entry: between the look that a login begins with and the write, and after it
    Result second = attempt_with(s, 100, "write", 1, another_uses(s, 100, before));
    Result first = attempt_with(s, 200, "pread", 1, another_uses(s, 200, behind));
    assert_int_equal(int(before.verdict), int(Verdict::accepted));
    assert_int_equal(int(second.verdict), int(Verdict::replayed));
    assert_int_equal(int(first.verdict), int(Verdict::accepted));
    assert_int_equal(int(behind.verdict), int(Verdict::replayed));
}

void opens_what_grew_while_it_was_read(void**) {
    Scene s;
    s.enrol();
    Result used = use_code(s, 100);
    s.keep();
    auto run = [&] { return s.open(); };
    calls::Fault fault = others_write(s, fold_window + 1); // once: the second look is calm
    fault.at = place_of("pread", 1, run);
    Error opened = calls::during(fault, run);
    size_t looks = size_t(std::count(calls::made.begin(), calls::made.end(), "pread"));
    u32 last = s.record.state().last[0];
    assert_int_equal(int(used.verdict), int(Verdict::accepted));
    assert_int_equal(int(opened), int(Error::none));
    assert_true(looks > 1);
    assert_int_equal(last, 100);
}

/// A change is stopped while it cleans up; root discards the record, and the person sets up anew.
void keeps_what_was_set_up_after_a_discard_from_a_cleaner_that_was_stopped(void**) {
    Scene s;
    s.enrol();
    auto run = [&] { return change(s, false).error; };
    s.keep();
    calls::Fault fault;
    fault.at = place_of("readdir", 1, run);
    s.restore();
    Error discarded = Error::io, set = Error::io;
    fault.before = [&] {
        Record anew;
        anew.account = s.record.account;
        discarded = discard_record(s.host, anew.account);
        Credential next;
        next.tokens.grow()->copy_from(s.token);
        if (open_record(s.host, anew) == Error::no_record) set = rotate(s.host, anew, &next, {});
    };
    Error changed = calls::during(fault, run);
    Error opened = s.open();
    assert_int_equal(int(changed), int(Error::none));
    assert_int_equal(int(discarded), int(Error::none));
    assert_int_equal(int(set), int(Error::none));
    assert_int_equal(int(opened), int(Error::none));
}

void opens_the_credential_that_came_in_force_between_two_looks(void**) {
    Scene s;
    s.enrol();
    auto run = [&] { return s.open(); };
    calls::Fault fault;
    fault.at = place_of("openat", 2, run); // the first is the journal, the second its credential
    u64 old = s.record.state().credential;
    fault.before = [&] {
        Record other;
        other.account = s.record.account;
        Credential next;
        next.tokens.grow()->copy_from(s.token);
        if (open_record(s.host, other) == Error::none) (void)rotate(s.host, other, &next, {});
    };
    Error opened = calls::during(fault, run);
    bool is_new = s.record.state().credential != old;
    assert_int_equal(int(opened), int(Error::none));
    assert_true(is_new);
}

/// Half of the settings would be other settings.
void refuses_settings_that_become_shorter_while_they_are_read(void**) {
    Scene s;
    std::string path = s.top + "/conf";
    auto load = [&] {
        Conf conf;
        return load_conf(path.c_str(), geteuid(), true, nullptr, conf);
    };
    for (size_t padding : {size_t(0), size_t(5000)}) { // on the stack, and in pages of its own
        std::ofstream(path) << "window = 2\n" << std::string(padding, '\n') << "guesses = 3\n";
        calls::Fault fault;
        fault.at = place_of("read", 1, load);
        fault.before = [&] { (void)!truncate(path.c_str(), 11); };
        Error whole = load(), shorter = calls::during(fault, load);
        assert_int_equal(int(whole), int(Error::none));
        assert_int_equal(int(shorter), int(Error::io));
    }
}

void refuses_a_record_on_a_network(void**) {
    Scene s;
    s.enrol();
    auto run = [&] { return s.open(); };
    calls::Fault fault{place_of("fstatfs", 1, run)};
    int refused = 0;
    for (long type : {0x6969L, 0xFE534D42L, 0xFF534D42L, 0x517BL, 0x65735546L, 0x01021997L, 0x5346414FL, 0x73757245L,
                      0x00C36400L, 0x01161970L, 0x7461636FL}) { // as their kernels say, statfs(2)
        fault.filesystem = type;
        refused += calls::during(fault, run) == Error::store_remote;
    }
    Error local = calls::during({}, run);
    assert_int_equal(refused, 11);
    assert_int_equal(int(local), int(Error::none));
}

/// Where snapshots overwrite themselves a full disk would keep everybody out.
void forbids_copy_on_write_where_the_file_system_does_it(void**) {
    Scene s;
    s.token.name = Text<32>(string_view("phone"));
    (void)s.token.key.assign(bytes_of("12345678901234567890"));
    auto run = [&] { return change(s, false).error; };
    s.keep();
    calls::Fault fault{place_of("fstatfs", 1, run)};
    unsigned elsewhere = attributes;
    s.restore();
    fault.filesystem = 0x9123683E; // btrfs
    Error set = calls::during(fault, run);
    assert_int_equal(int(set), int(Error::none));
    assert_int_equal(elsewhere, 0);
    assert_int_equal(attributes, FS_NOCOW_FL);
}

/// A host that closed its standard streams would print into the record.
void opens_no_record_as_a_standard_stream(void**) {
    Scene s;
    s.enrol();
    int kept = dup(0);
    close(0);
    Error opened = s.open();
    int fd = s.record.journal.fd.get();
    bool is_free = ::fcntl(0, F_GETFD) < 0;
    dup2(kept, 0);
    close(kept);
    assert_int_equal(int(opened), int(Error::none));
    assert_true(fd > 2 && is_free);
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(refuses_when_others_went_on_further_than_can_be_judged),
        cmocka_unit_test(refuses_when_the_own_entry_is_not_what_was_written),
        cmocka_unit_test(refuses_when_the_own_entry_is_taken_away),
        cmocka_unit_test(once_a_code_is_accepted_whoever_comes_between),
        cmocka_unit_test(opens_what_grew_while_it_was_read),
        cmocka_unit_test(keeps_what_was_set_up_after_a_discard_from_a_cleaner_that_was_stopped),
        cmocka_unit_test(opens_the_credential_that_came_in_force_between_two_looks),
        cmocka_unit_test(refuses_settings_that_become_shorter_while_they_are_read),
        cmocka_unit_test(refuses_a_record_on_a_network),
        cmocka_unit_test(forbids_copy_on_write_where_the_file_system_does_it),
        cmocka_unit_test(opens_no_record_as_a_standard_stream),
    };
    return cmocka_run_group_tests_name("store_lying_calls", tests, nullptr, nullptr);
}
