// SPDX-License-Identifier: Apache-2.0
// An error names the path that the call was about which failed: the administrator looks there first.
#include "calls.h"
#include "scene.h"

using namespace bed;

namespace {

/// What is done, and what goes before it so that it begins with the same each time.
struct Operation {
    Error (*run)(Scene&, Host&, Record&);
    void (*prepare)(Scene&) = [](Scene&) {};
};

const Operation making{[](Scene& s, Host& host, Record&) { return init_host(s.place(), gid_t(-1), host); },
                       [](Scene& s) {
                           for (const std::string& name : s.names()) unlink((s.store + "/" + name).c_str());
                           rmdir(s.store.c_str());
                           unlink(s.key.c_str());
                       }};
const Operation opening{[](Scene& s, Host& host, Record& record) {
    Error error = open_host(s.place(), host);
    return error == Error::none ? open_record(host, record) : error;
}};

/// The path that is named when the call of this name fails which is the `nth`, from 0.
std::string path_when_fails(Scene& s, const Operation& o, const std::string& name, int nth) {
    auto once = [&](size_t at, Host& host, Record& record) {
        o.prepare(s);
        record.account = s.record.account;
        return calls::during({at, EIO}, [&] { return o.run(s, host, record); });
    };
    Host undisturbed, host;
    Record made, record;
    (void)once(SIZE_MAX, undisturbed, made);
    size_t at = 0;
    while (at < calls::made.size() && (calls::made[at] != name || nth-- > 0)) ++at;
    if (at == calls::made.size()) return "no such call";
    Error error = once(at, host, record);
    return error == Error::io ? path_of(error, host, record).c_str() : "no failure";
}

struct Row {
    const char* call;
    int nth;
    std::string path;
};

/// What is named wrongly, a line each.
std::string wrong_of(Scene& s, const Operation& o, const std::vector<Row>& rows) {
    std::string wrong;
    for (const Row& row : rows) {
        std::string path = path_when_fails(s, o, row.call, row.nth);
        if (path != row.path) wrong += row.call + (" " + std::to_string(row.nth)) + ": " + path + "\n";
    }
    return wrong;
}

void names_the_key_or_the_store_when_making_it_failed(void**) {
    Scene s;
    std::string wrong = wrong_of(s, making,
                                 {{"opendir", 0, s.store},
                                  {"openat", 0, s.key},
                                  {"write", 0, s.key},
                                  {"fsync", 1, s.key}, // of the directory that the key is in
                                  {"mkdir", 0, s.store},
                                  {"read", 0, s.key},
                                  {"write", 1, s.store}});
    assert_text_equal(wrong, "");
}

void names_the_file_that_could_not_be_opened_or_read(void**) {
    Scene s;
    s.enrol();
    std::string wrong = wrong_of(s, opening,
                                 {{"openat", 0, s.key},
                                  {"statx", 0, s.key},
                                  {"read", 0, s.key},
                                  {"openat", 1, s.store},
                                  {"statx", 1, s.store},
                                  {"openat", 2, s.journal()},
                                  {"pread", 0, s.journal()},
                                  {"openat", 3, s.journal()}}); // which stands for the whole record
    assert_text_equal(wrong, "");
}

void names_the_store_when_it_cannot_prove_that_there_is_no_record(void**) {
    Scene s;
    std::string wrong =
        wrong_of(s, opening, {{"openat", 2, s.journal()}, {"openat", 3, s.store}, {"read", 1, s.store}});
    assert_text_equal(wrong, "");
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(names_the_key_or_the_store_when_making_it_failed),
        cmocka_unit_test(names_the_file_that_could_not_be_opened_or_read),
        cmocka_unit_test(names_the_store_when_it_cannot_prove_that_there_is_no_record),
    };
    return cmocka_run_group_tests_name("named_path", tests, nullptr, nullptr);
}
