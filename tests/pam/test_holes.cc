// SPDX-License-Identifier: Apache-2.0
// Holes and faults that were found in modules of this kind, tried on this one: files. SECURITY.md has the table.
#include "bed.h"
#include "log.h"
#include "session.h"
#include <algorithm>
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>

using namespace bed;

namespace {

/// All files that a login relies on.
std::vector<std::string> files_of(const Bed& b) {
    return {b.journal(), b.credential(), b.key, b.top + "/conf", b.store + "/.store"};
}

/// A login that must be refused with the path in the log; `what` when it is not. `nullok` must not help.
std::string refusal(const Bed& b, const std::string& path, const std::string& what) {
    time_t begin = time(nullptr);
    int result = b.login({b.code()}, "nullok after=password");
    std::string line = last_log_line();
    if (result != PAM_AUTHINFO_UNAVAIL) return what + " in place of " + path + ": " + pam_strerror(nullptr, result);
    if (time(nullptr) - begin > 5) return what + " in place of " + path + ": took long";
    // Of a person's files it says the journal's path, of the sentinel the store's.
    std::string named = path.substr(0, path.find("/.store"));
    if (path == b.credential()) named = b.journal();
    bool said = line.find("verdict=error") != std::string::npos && line.find("path=" + named) != std::string::npos;
    return said ? "" : what + " in place of " + path + ": the log says " + line;
}

bool put_fifo(const std::string& path) { return mkfifo(path.c_str(), 0600) == 0; }
bool put_directory(const std::string& path) { return mkdir(path.c_str(), 0700) == 0; }
bool put_device(const std::string& path) { return mknod(path.c_str(), S_IFCHR | 0600, makedev(1, 5)) == 0; }
bool put_shadow(const std::string& path) { return symlink("/etc/shadow", path.c_str()) == 0; }
bool put_nothing_behind(const std::string& path) { return symlink("/nonexistent", path.c_str()) == 0; }
bool put_socket(const std::string& path) {
    sockaddr_un address{AF_UNIX, {}};
    if (path.size() >= sizeof address.sun_path) return false;
    strcpy(address.sun_path, path.c_str());
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    bool bound = bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    close(fd);
    return bound;
}

/// Whatever `put` puts in place of each file is refused, and nothing is lost by it.
void refused_in_place_of_each(const char* what, bool (*put)(const std::string&)) {
    Bed b;
    b.enrol();
    b.settings("window = 1\n");
    std::string wrong;
    bool all_put = true;
    for (const std::string& path : files_of(b)) {
        std::string away = b.top + "/away";
        (void)rename(path.c_str(), away.c_str());
        // The sentinel is looked at where there is no journal alone.
        bool of_store = path == b.store + "/.store";
        if (of_store) (void)rename(b.journal().c_str(), (b.top + "/journal").c_str());
        all_put = put(path) && all_put;
        wrong += refusal(b, path, what);
        (void)remove(path.c_str());
        (void)rename(away.c_str(), path.c_str());
        if (of_store) (void)rename((b.top + "/journal").c_str(), b.journal().c_str());
    }
    int after = b.login({b.code()});
    assert_true(all_put);
    assert_text_equal(wrong, "");
    assert_int_equal(after, PAM_SUCCESS);
}

void cve_2024_22365_a_fifo_is_refused_at_once(void**) { refused_in_place_of_each("a FIFO", put_fifo); }
void cve_2024_22365_a_device_is_refused_at_once(void**) { refused_in_place_of_each("a device", put_device); }
void cve_2024_22365_a_directory_is_refused_at_once(void**) { refused_in_place_of_each("a directory", put_directory); }
void cve_2024_22365_a_socket_is_refused_at_once(void**) { refused_in_place_of_each("a socket", put_socket); }

void cve_2019_12209_a_link_to_shadow_is_refused(void**) {
    refused_in_place_of_each("a link to /etc/shadow", put_shadow);
    refused_in_place_of_each("a link to nothing", put_nothing_behind);
}

void cve_2012_6140_files_that_others_can_read_or_own_are_refused(void**) {
    Bed b;
    b.enrol();
    b.settings("window = 1\n");
    std::string wrong;
    for (const std::string& path : {b.journal(), b.credential(), b.key}) {
        for (mode_t mode : {0644, 0660, 0602, 0700, 04600}) {
            bool group_may = path == b.key && mode == 0640;
            (void)chmod(path.c_str(), mode);
            if (!group_may) wrong += refusal(b, path, "mode " + std::to_string(mode));
        }
        (void)chmod(path.c_str(), 0600);
        (void)!chown(path.c_str(), 12345, gid_t(-1));
        wrong += refusal(b, path, "another's");
        (void)!chown(path.c_str(), geteuid(), gid_t(-1));
    }
    (void)!chown((b.top + "/conf").c_str(), 12345, gid_t(-1));
    wrong += refusal(b, b.top + "/conf", "another's");
    (void)!chown((b.top + "/conf").c_str(), geteuid(), gid_t(-1));
    int after = b.login({b.code()});
    assert_text_equal(wrong, "");
    assert_int_equal(after, PAM_SUCCESS);
}

void duo_240_a_settings_file_that_is_named_and_missing_refuses(void**) {
    Bed b;
    b.enrol();
    Talk talk;
    talk.answers = {b.code()};
    std::string stack = b.line("nullok after=password conf=" + b.top + "/none");
    int result = b.login_through(stack, talk);
    std::string line = last_log_line();
    assert_int_equal(result, PAM_AUTHINFO_UNAVAIL);
    assert_non_null(strstr(line.c_str(), "reason=settings_missing"));
    assert_non_null(strstr(line.c_str(), (b.top + "/none").c_str()));
}

/// What is in a directory, byte for byte.
std::string contents(const std::string& directory) {
    std::string all;
    DIR* list = opendir(directory.c_str());
    std::vector<std::string> names;
    while (const dirent* entry = readdir(list)) names.push_back(entry->d_name);
    closedir(list);
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) {
        struct stat found = {};
        (void)lstat((directory + "/" + name).c_str(), &found);
        all += name + " " + std::to_string(found.st_mode) + " " + std::to_string(found.st_nlink) + "\n";
        if (!S_ISREG(found.st_mode)) continue;
        std::ifstream file(directory + "/" + name);
        all.append(std::istreambuf_iterator<char>(file), {});
    }
    return all;
}

/// Runs `action` again and again in another process while `meanwhile` runs here.
void while_another_runs(const std::function<void()>& action, const std::function<void()>& meanwhile) {
    pid_t other = fork();
    if (other == 0) {
        for (;;) action();
    }
    meanwhile();
    kill(other, SIGKILL);
    waitpid(other, nullptr, 0);
}

/// A directory of root's outside, with files of the same names as the store's.
std::string make_outside(const Bed& b) {
    std::string outside = b.top + "/outside";
    (void)!system(("cp -a " + b.store + " " + outside).c_str());
    return outside;
}

/// Logins, and then changes and logins, whatever they come to.
void logins_and_changes(const Bed& b) {
    for (int i = 0; i < 200; ++i) {
        (void)b.login({b.code()});
        Host host;
        Record record;
        record.account = b.record.account;
        if (i < 100 || open_host(b.place(), host) != Error::none || open_record(host, record) != Error::none) continue;
        Credential next;
        next.tokens.grow()->copy_from(b.token);
        if (rotate(host, record, &next, {}) != Error::none) continue;
    }
}

void cve_2024_47191_a_store_that_is_swapped_for_a_link_touches_nothing_outside(void**) {
    Bed b;
    b.enrol();
    std::string outside = make_outside(b), before = contents(outside), aside = b.top + "/aside";
    while_another_runs(
        [&] {
            (void)rename(b.store.c_str(), aside.c_str());
            (void)!symlink(outside.c_str(), b.store.c_str());
            (void)unlink(b.store.c_str());
            (void)rename(aside.c_str(), b.store.c_str());
        },
        [&] { logins_and_changes(b); });
    (void)unlink(b.store.c_str());
    (void)rename(aside.c_str(), b.store.c_str());
    bool untouched = contents(outside) == before;
    assert_true(untouched);
}

void cve_2024_47191_links_planted_in_place_of_files_touch_nothing_outside(void**) {
    Bed b;
    b.enrol();
    std::string outside = make_outside(b), before = contents(outside), journal = b.journal(), aside = b.top + "/aside";
    std::string behind = outside + journal.substr(b.store.size());
    while_another_runs(
        [&] {
            (void)rename(journal.c_str(), aside.c_str());
            (void)!symlink(behind.c_str(), journal.c_str());
            (void)unlink(journal.c_str());
            (void)mkfifo(journal.c_str(), 0600);
            (void)rename(aside.c_str(), journal.c_str());
        },
        [&] { logins_and_changes(b); });
    bool untouched = contents(outside) == before;
    assert_true(untouched);
}

/// The descriptors of this process, and whether a program that it runs would get them.
std::string descriptors() {
    std::string all;
    for (int fd = 0; fd < 256; ++fd) {
        int flags = fcntl(fd, F_GETFD);
        if (flags >= 0) all += std::to_string(fd) + (flags & FD_CLOEXEC ? " " : "* ");
    }
    return all;
}

std::string at_the_question; // descriptors()

int look_and_answer(int count, const pam_message** messages, pam_response** replies, void* data) {
    at_the_question = descriptors();
    return converse(count, messages, replies, data);
}

/// In `now` and not in `before`.
std::string more(const std::string& before, const std::string& now) {
    std::string all;
    for (size_t at = 0, end; at < now.size(); at = end + 1) {
        end = now.find(' ', at);
        std::string one = now.substr(at, end - at + 1);
        if ((" " + before).find(" " + one) == std::string::npos) all += one;
    }
    return all;
}

/// A login looked at while its question is open; what is wrong with its descriptors, or nothing.
std::string descriptors_amiss(const Bed& b) {
    Talk talk;
    talk.answers = {b.code()};
    std::string before = descriptors();
    (void)Session(b, b.line(""), talk, look_and_answer).authenticate();
    std::string opened = more(before, at_the_question);
    if (descriptors() != before) return "left open: " + more(before, descriptors());
    if (opened.empty()) return "none was seen";
    if (opened[0] == '0') return "0 is a record's";
    return opened.find('*') == std::string::npos ? "" : "not closed on exec: " + opened;
}

void cve_2019_12210_and_2018_9275_no_descriptor_goes_to_what_a_login_starts(void**) {
    Bed b;
    b.enrol();
    std::string usual = descriptors_amiss(b);
    int kept = fcntl(0, F_DUPFD_CLOEXEC, 100);
    close(0); // a host without a standard input must not get a record there
    std::string without_input = descriptors_amiss(b);
    dup2(kept, 0);
    close(kept);
    assert_text_equal(usual, "");
    assert_text_equal(without_input, "");
}

void cve_2025_23013_a_process_that_may_open_no_more_files_is_refused(void**) {
    Bed b;
    b.enrol();
    std::string permit = "auth required pam_permit.so\n"; // what is ignored lets in beside it
    int free_now = dup(0), refused_ = 0, accepted = 0;
    close(free_now);
    struct rlimit limit = {}, few = {};
    (void)getrlimit(RLIMIT_NOFILE, &limit);
    for (int more_files = 1; more_files < 12; ++more_files) {
        Talk talk;
        talk.answers = {b.code(1)}; // used up by the first that is accepted
        few = {rlim_t(free_now + more_files), limit.rlim_max};
        std::string stack = b.line("nullok after=password") + permit;
        Session session(b, stack, talk);
        (void)setrlimit(RLIMIT_NOFILE, &few);
        int result = session.authenticate();
        (void)setrlimit(RLIMIT_NOFILE, &limit);
        (result == PAM_SUCCESS ? accepted : refused_) += 1;
    }
    assert_int_equal(accepted, 1);
    assert_int_equal(refused_, 10);
}

bool names_fail = false; // getpwnam_r does, below

void cve_2025_23013_a_name_that_cannot_be_looked_up_is_refused(void**) {
    Bed b;
    b.enrol();
    Talk talk;
    talk.answers = {b.code(), b.code()};
    std::string stack = b.line("nullok after=password") + "auth required pam_permit.so\n";
    names_fail = true;
    int refused_ = b.login_through(stack, talk);
    names_fail = false;
    int accepted = b.login_through(stack, talk);
    assert_int_equal(refused_, PAM_AUTH_ERR);
    assert_int_equal(accepted, PAM_SUCCESS);
}
} // namespace

/// As with the directory service down. libpam calls it.
extern "C" [[gnu::visibility("default")]] int getpwnam_r(const char* name, passwd* entry, char* room, size_t size,
                                                         passwd** found) {
    using Function = int (*)(const char*, passwd*, char*, size_t, passwd**);
    static auto real = reinterpret_cast<Function>(dlsym(RTLD_NEXT, "getpwnam_r"));
    return names_fail ? (*found = nullptr, EIO) : real(name, entry, room, size, found);
}

int main(int, char** argv) {
    char* own = realpath(argv[0], nullptr);
    std::string path(own);
    free(own);
    module_path() = path.substr(0, path.rfind("/tests/")) + "/pam_totp.so";
    const CMUnitTest tests[] = {
        cmocka_unit_test(cve_2024_22365_a_fifo_is_refused_at_once),
        cmocka_unit_test(cve_2024_22365_a_device_is_refused_at_once),
        cmocka_unit_test(cve_2024_22365_a_directory_is_refused_at_once),
        cmocka_unit_test(cve_2024_22365_a_socket_is_refused_at_once),
        cmocka_unit_test(cve_2019_12209_a_link_to_shadow_is_refused),
        cmocka_unit_test(cve_2012_6140_files_that_others_can_read_or_own_are_refused),
        cmocka_unit_test(duo_240_a_settings_file_that_is_named_and_missing_refuses),
        cmocka_unit_test(cve_2024_47191_a_store_that_is_swapped_for_a_link_touches_nothing_outside),
        cmocka_unit_test(cve_2024_47191_links_planted_in_place_of_files_touch_nothing_outside),
        cmocka_unit_test(cve_2019_12210_and_2018_9275_no_descriptor_goes_to_what_a_login_starts),
        cmocka_unit_test(cve_2025_23013_a_process_that_may_open_no_more_files_is_refused),
        cmocka_unit_test(cve_2025_23013_a_name_that_cannot_be_looked_up_is_refused),
    };
    return cmocka_run_group_tests_name("holes", tests, nullptr, nullptr);
}
