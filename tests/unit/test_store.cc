// SPDX-License-Identifier: Apache-2.0
// Records on the disk: races of real processes, changes as compare-and-set, what killed set-ups leave.
#include "../pam/bed.h"
#include <dirent.h>
#include <csignal>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>

using namespace bed;

namespace {

/// Runs `child` in so many processes at once and gives how many said yes.
template <typename Child> int in_parallel(int count, Child child) {
    int gate[2], yes = 0;
    if (pipe(gate) != 0) abort();
    std::vector<pid_t> pids;
    for (int i = 0; i < count; ++i) {
        pid_t pid = fork();
        if (pid == 0) {
            char go;
            close(gate[1]);
            (void)!read(gate[0], &go, 1); // all begin when the other end closes
            _exit(child(i) ? 1 : 0);
        }
        pids.push_back(pid);
    }
    close(gate[0]);
    close(gate[1]);
    for (pid_t pid : pids) {
        int status = 0;
        waitpid(pid, &status, 0);
        yes += WIFEXITED(status) && WEXITSTATUS(status) == 1;
    }
    return yes;
}

std::vector<std::string> files(const Bed& b) {
    std::vector<std::string> names;
    DIR* list = opendir(b.store.c_str());
    while (const dirent* entry = readdir(list)) {
        if (entry->d_name[0] != '.') names.push_back(entry->d_name);
    }
    closedir(list);
    return names;
}

/// One attempt with the code of counter `counter`, through a record opened for it.
Verdict attempt(const Bed& b, Kind kind, u32 counter) {
    Record record;
    record.account = b.record.account;
    if (open_record(b.host, record) != Error::none) return Verdict::none;
    Entry entry;
    entry.kind = kind;
    entry.form = kind == Kind::backup ? Form::backup_code : Form::one_code;
    entry.credential = record.state().credential;
    entry.spent[0] = kind == Kind::right ? counter : 0;
    entry.backup_index = kind == Kind::backup ? u8(0) : no_slot;
    entry.time = 1000000;
    Verdict verdict = Verdict::none;
    State after;
    Error error = append(b.host, record.account, record.journal, entry, verdict, after);
    return error == Error::none ? verdict : Verdict::none;
}

void once_a_code_is_accepted_by_many_processes(void**) {
    Bed b;
    b.enrol();
    int wrong_rounds = 0;
    for (u32 round = 1; round <= 30; ++round) {
        int accepted = in_parallel(32, [&](int) { return attempt(b, Kind::right, round) == Verdict::accepted; });
        wrong_rounds += accepted != 1;
    }
    assert_int_equal(wrong_rounds, 0);
}

void once_a_backup_code_is_accepted_by_many_processes(void**) {
    Bed b;
    b.enrol();
    int accepted = in_parallel(32, [&](int) { return attempt(b, Kind::backup, 0) == Verdict::accepted_backup; });
    assert_int_equal(accepted, 1);
}

void counts_every_wrong_code_of_many_processes(void**) {
    Bed b;
    b.enrol();
    in_parallel(32, [&](int) { return attempt(b, Kind::wrong, 0) != Verdict::none; });
    Error error = open_record(b.host, b.record);
    assert_int_equal(int(error), int(Error::none));
    assert_int_equal(b.record.state().wrong, 32);
}

Error set_up_anew(const Bed& b, Record& record) {
    Credential next;
    next.tokens.grow()->copy_from(b.token);
    return rotate(b.host, record, &next, {});
}

void once_a_first_setup_wins(void**) {
    Bed b;
    b.token.name = Text<32>(string_view("phone"));
    (void)b.token.key.assign(bytes_of("12345678901234567890"));
    int won = in_parallel(16, [&](int) {
        Record record;
        record.account = b.record.account;
        return open_record(b.host, record) == Error::no_record && set_up_anew(b, record) == Error::none;
    });
    Record record;
    record.account = b.record.account;
    Error opened = open_record(b.host, record);
    assert_int_equal(won, 1);
    assert_int_equal(int(opened), int(Error::none));
    assert_int_equal(files(b).size(), 2); // the journal and the one credential
}

void refuses_a_change_of_what_is_not_in_force_any_more(void**) {
    Bed b;
    b.enrol();
    Record first, second;
    first.account = second.account = b.record.account;
    bool opened = open_record(b.host, first) == Error::none && open_record(b.host, second) == Error::none;
    Error one = set_up_anew(b, first), two = set_up_anew(b, second);
    assert_true(opened);
    assert_int_equal(int(one), int(Error::none));
    assert_int_equal(int(two), int(Error::stale));
    assert_int_equal(files(b).size(), 2);
}

void refuses_a_first_setup_held_open_over_a_removal(void**) {
    Bed b;
    b.enrol();
    Record removed, later;
    removed.account = later.account = b.record.account;
    bool gone = open_record(b.host, removed) == Error::none && rotate(b.host, removed, nullptr, {}) == Error::none;
    bool none = open_record(b.host, later) == Error::no_record;
    Record held;
    held.account = b.record.account;
    none = none && open_record(b.host, held) == Error::no_record;
    bool set = set_up_anew(b, later) == Error::none;
    bool removed_again = open_record(b.host, removed) == Error::none && rotate(b.host, removed, nullptr, {}) == Error::none;
    Error late = set_up_anew(b, held); // computed from the removal before
    assert_true(gone && none && set && removed_again);
    assert_int_equal(int(late), int(Error::stale));
}

void removes_what_a_killed_setup_left(void**) {
    Bed b;
    b.enrol();
    std::string left = b.credential().substr(0, b.credential().size() - 16) + "00000000000000aa";
    std::string text = "pam_totp-credential-1 key=0000000000000001 id=00000000000000aa replaces=00000000000000bb uid=" +
                       std::to_string(b.record.account.uid) + " name=" + std::string(b.record.account.file.view());
    std::ofstream(left) << text << "\n";
    std::ofstream(left + ".first") << "";
    Error error = set_up_anew(b, b.record);
    assert_int_equal(int(error), int(Error::none));
    assert_int_equal(files(b).size(), 2);
}

void frees_what_no_fold_needs_and_still_knows_every_code(void**) {
    Bed b;
    b.enrol();
    Verdict first = attempt(b, Kind::right, 5000);
    for (int i = 0; i < 600; ++i) (void)attempt(b, Kind::right, 1); // replays, appended all the same
    Verdict again = attempt(b, Kind::right, 5000), next = attempt(b, Kind::right, 5001);
    struct stat found = {};
    (void)stat(b.journal().c_str(), &found);
    assert_int_equal(int(first), int(Verdict::accepted));
    assert_int_equal(int(again), int(Verdict::replayed));
    assert_int_equal(int(next), int(Verdict::accepted));
    assert_true(found.st_size > 600 * 256);
    assert_true(found.st_blocks * 512 < 128 * 1024 + 4096); // what is kept and the room kept beyond the end
    int fd = open(b.journal().c_str(), O_RDONLY);
    off_t hole = lseek(fd, found.st_size - off_t(2 * fold_window), SEEK_HOLE);
    close(fd);
    assert_true(hole >= found.st_size); // what a fold that began a window ago may still read
}

void keeps_the_owner_able_to_get_in_behind_any_number_of_void_bytes(void**) {
    Bed b;
    b.enrol();
    Verdict first = attempt(b, Kind::right, 100);
    std::string torn(3 << 20, 'P'); // what thousands of writes with a file size limit leave
    std::ofstream(b.journal(), std::ios::app) << torn;
    Verdict again = attempt(b, Kind::right, 100), next = attempt(b, Kind::right, 101);
    assert_int_equal(int(first), int(Verdict::accepted));
    assert_int_equal(int(again), int(Verdict::replayed));
    assert_int_equal(int(next), int(Verdict::accepted));
}

void refuses_a_journal_whose_beginning_is_gone(void**) {
    Bed b;
    b.enrol();
    struct stat found = {};
    (void)stat(b.journal().c_str(), &found);
    (void)!truncate(b.journal().c_str(), 0);
    Error empty = open_record(b.host, b.record);
    (void)!truncate(b.journal().c_str(), 512);
    Error zeros = open_record(b.host, b.record);
    assert_int_equal(int(empty), int(Error::journal_damaged));
    assert_int_equal(int(zeros), int(Error::journal_damaged));
}

void once_a_short_write_gives_no_verdict_and_loses_nothing(void**) {
    Bed b;
    b.enrol();
    struct stat before = {}, after = {};
    (void)stat(b.journal().c_str(), &before);
    int spoke = in_parallel(1, [&](int) { // as su has it from a hostile caller
        signal(SIGXFSZ, SIG_IGN);
        struct rlimit limit = {rlim_t(before.st_size + 36), rlim_t(before.st_size + 36)};
        return setrlimit(RLIMIT_FSIZE, &limit) != 0 || attempt(b, Kind::right, 100) != Verdict::none;
    });
    (void)stat(b.journal().c_str(), &after);
    Verdict first = attempt(b, Kind::right, 100), again = attempt(b, Kind::right, 100);
    assert_int_equal(spoke, 0);
    assert_int_equal(after.st_size - before.st_size, 36);
    assert_int_equal(int(first), int(Verdict::accepted));
    assert_int_equal(int(again), int(Verdict::replayed));
}

/// Whether a login finds the credential in force, whatever is being changed meanwhile.
bool opens(const Bed& b) {
    Record record;
    record.account = b.record.account;
    return open_record(b.host, record) == Error::none;
}

void keeps_the_credential_in_force_while_many_change_it(void**) {
    Bed b;
    b.enrol();
    std::vector<pid_t> changers;
    for (int i = 0; i < 6; ++i) {
        pid_t pid = fork();
        for (; pid == 0;) {
            Record record;
            record.account = b.record.account;
            if (open_record(b.host, record) == Error::none) (void)set_up_anew(b, record);
        }
        changers.push_back(pid);
    }
    int missing = 0;
    for (int round = 0; round < 300; ++round) {
        pid_t one = changers[size_t(round) % changers.size()];
        kill(one, SIGSTOP);
        missing += !opens(b);
        usleep(2000);
        kill(one, SIGCONT);
    }
    for (pid_t pid : changers) kill(pid, SIGKILL), waitpid(pid, nullptr, 0);
    missing += !opens(b);
    bool changed = opens(b) && set_up_anew(b, b.record) != Error::none; // b.record is long stale
    assert_int_equal(missing, 0);
    assert_true(changed);
}

std::string contents(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void refuses_an_older_credential_under_the_name_of_the_one_in_force(void**) {
    Bed b;
    b.enrol();
    std::string old = contents(b.credential());
    Error changed = set_up_anew(b, b.record);
    std::ofstream(b.credential(), std::ios::binary) << old;
    Error error = open_record(b.host, b.record);
    assert_int_equal(int(changed), int(Error::none));
    assert_int_equal(int(error), int(Error::credential_foreign));
}

void refuses_a_credential_with_any_byte_changed(void**) {
    Bed b;
    b.enrol();
    std::string whole = contents(b.credential());
    size_t opened = 0;
    for (size_t i = 0; i < whole.size(); ++i) {
        std::string bent = whole;
        bent[i] = char(bent[i] ^ 1);
        std::ofstream(b.credential(), std::ios::binary) << bent;
        opened += opens(b);
    }
    std::ofstream(b.credential(), std::ios::binary) << whole;
    bool again = opens(b);
    assert_int_equal(opened, 0);
    assert_true(again);
}

/// A login beside a change: the credential that it has just opened is removed.
void keeps_what_was_opened_readable_when_it_is_replaced(void**) {
    Bed b;
    b.enrol();
    Fd fd;
    bool opened = open_at(AT_FDCWD, b.credential().c_str(), O_RDONLY, fd) == Error::none;
    unlink(b.credential().c_str());
    u64 size = 0;
    Error error = look_at(fd.get(), {geteuid()}, Error::record_unsafe, size);
    assert_true(opened);
    assert_int_equal(int(error), int(Error::none));
}

void keeps_a_key_that_is_there(void**) {
    Bed b;
    b.enrol();
    Host host, none;
    Error again = init_host(b.place(), gid_t(-1), host);
    Error opened = open_record(b.host, b.record);
    rename(b.key.c_str(), (b.top + "/away").c_str());
    Error without = init_host(b.place(), gid_t(-1), none); // a new key could not read the records
    assert_int_equal(int(again), int(Error::none));
    assert_int_equal(int(opened), int(Error::none));
    assert_int_equal(int(without), int(Error::key_missing));
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(once_a_code_is_accepted_by_many_processes),
        cmocka_unit_test(once_a_backup_code_is_accepted_by_many_processes),
        cmocka_unit_test(counts_every_wrong_code_of_many_processes),
        cmocka_unit_test(once_a_first_setup_wins),
        cmocka_unit_test(refuses_a_change_of_what_is_not_in_force_any_more),
        cmocka_unit_test(refuses_a_first_setup_held_open_over_a_removal),
        cmocka_unit_test(removes_what_a_killed_setup_left),
        cmocka_unit_test(frees_what_no_fold_needs_and_still_knows_every_code),
        cmocka_unit_test(keeps_the_owner_able_to_get_in_behind_any_number_of_void_bytes),
        cmocka_unit_test(refuses_a_journal_whose_beginning_is_gone),
        cmocka_unit_test(once_a_short_write_gives_no_verdict_and_loses_nothing),
        cmocka_unit_test(keeps_the_credential_in_force_while_many_change_it),
        cmocka_unit_test(refuses_an_older_credential_under_the_name_of_the_one_in_force),
        cmocka_unit_test(refuses_a_credential_with_any_byte_changed),
        cmocka_unit_test(keeps_what_was_opened_readable_when_it_is_replaced),
        cmocka_unit_test(keeps_a_key_that_is_there),
    };
    return cmocka_run_group_tests_name("store", tests, nullptr, nullptr);
}
