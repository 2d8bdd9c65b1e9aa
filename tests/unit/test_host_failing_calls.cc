// SPDX-License-Identifier: Apache-2.0
// Each call that the first use of a host, the look at its store and its settings make fails once: an error, no key
// is replaced, nothing half-made is in the way of the next.
#include "failures.h"
#include "store/conf.h"

using namespace bed;

namespace {

/// As a host is before its first use.
void strip(Scene& s) {
    for (const std::string& name : s.names()) unlink((s.store + "/" + name).c_str());
    rmdir(s.store.c_str());
    unlink(s.key.c_str());
}

Result init(Scene& s) {
    Host host;
    return {init_host(s.place(), getegid(), host)};
}
bool is_whole(Scene& s) {
    Host host;
    struct stat found = {};
    bool entered_by_group = stat(s.store.c_str(), &found) == 0 && (found.st_mode & 07777) == 01770;
    return entered_by_group && open_host(s.place(), host) == Error::none && check_sentinel(host) == Error::none;
}
/// A key that came about counts from then on: the next one goes on with it.
bool next_init_keeps_the_key(Scene& s) {
    std::string key = contents(s.key);
    return init(s).error == Error::none && is_whole(s) && (key.empty() || contents(s.key) == key);
}

void makes_a_host_after_a_call_of_it_failed(void**) {
    Scene s;
    strip(s);
    Cases cases = every_case(s, {init, is_whole, next_init_keeps_the_key, {}, strip});
    assert_true(cases.all_well() && cases.made_one("mkdir"));
}

/// With records and no key nothing may look as if there were none, or a key that reads none of them is made.
void keeps_from_making_a_key_when_the_records_cannot_be_listed(void**) {
    Scene s;
    s.enrol();
    unlink(s.key.c_str());
    auto run = [&] { return init(s).error; };
    Error undisturbed = calls::during({}, run);
    size_t calls_made = calls::made.size(), made = 0;
    for (size_t at = 0; at < calls_made; ++at) {
        (void)calls::during({at, EIO}, run);
        made += access(s.key.c_str(), F_OK) == 0;
    }
    assert_int_equal(int(undisturbed), int(Error::key_missing));
    assert_true(calls_made > 2);
    assert_int_equal(made, 0);
}

Result look(Scene& s) {
    Host host;
    Error error = open_host(s.place(), host);
    Journal journal;
    if (error == Error::none) error = open_journal(host, s.record.account, journal);
    return {error == Error::no_record ? Error::none : error};
}
bool can_be_looked_at(Scene& s) { return look(s).error == Error::none; }

void refuses_when_a_call_that_proves_there_is_no_record_fails(void**) {
    Scene s;
    Cases cases = every_case(s, {look, can_be_looked_at, can_be_looked_at, {}, [](Scene&) {}});
    assert_true(cases.all_well());
}

Result read_conf(Scene& s) {
    Conf conf;
    Error error = load_conf((s.top + "/conf").c_str(), geteuid(), true, nullptr, conf);
    return {error == Error::none && conf.settings.window != 3 ? Error::bad_setting : error};
}
bool conf_is_read(Scene& s) { return read_conf(s).error == Error::none; }

void refuses_when_a_call_for_the_settings_fails(void**) {
    Scene s;
    s.settings("window = 3\n");
    chmod((s.top + "/conf").c_str(), 0644);
    Cases cases = every_case(s, {read_conf, conf_is_read, conf_is_read, {}, [](Scene&) {}});
    assert_int_equal(cases.bad, 0);
    assert_true(cases.made_one("read"));
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(makes_a_host_after_a_call_of_it_failed),
        cmocka_unit_test(keeps_from_making_a_key_when_the_records_cannot_be_listed),
        cmocka_unit_test(refuses_when_a_call_that_proves_there_is_no_record_fails),
        cmocka_unit_test(refuses_when_a_call_for_the_settings_fails),
    };
    return cmocka_run_group_tests_name("host_failing_calls", tests, nullptr, nullptr);
}
