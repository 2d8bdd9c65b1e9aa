// SPDX-License-Identifier: Apache-2.0
// 64 people who log in again and again while root changes the host key, is killed at it, and drops the old ones: each
// right code gets in, and none twice.
#include "crew.h"
#include "helper.h"
#include "view.h"

using namespace bed;

namespace {
bool has_view = false;

struct Board {
    std::atomic<bool> over{false};
    std::atomic<int> logins{0}, refused{0}, twice{0}, asked_again{0};
};

/// A person whose device shows one code after the other.
struct Phone {
    Token token;
    u32 counter = 0;
    explicit Phone(const Bed& b) {
        token.copy_from(b.token);
        token.type = Type::hotp;
    }
    std::string next() {
        u32 code = 0;
        if (!code_of(token, counter++, code)) abort();
        std::string text = std::to_string(code);
        return std::string(6 - text.size(), '0') + text;
    }
};

/// Somebody who looks for the phone, so that most of a login is the prompt.
int converse_slowly(int count, const pam_message** messages, pam_response** replies, void* data) {
    usleep(20000);
    return converse(count, messages, replies, data);
}

/// Types the same code again when it is asked for again.
int log_in(const Bed& b, const std::string& who, const std::string& code, Board& board) {
    Talk talk;
    talk.answers = {code, code};
    int result = b.authenticate({converse_slowly, &talk}, who);
    board.asked_again += talk.prompts.size() > 1;
    return result;
}

[[noreturn]] void log_in_on_and_on(const Bed& b, size_t number, Board& board) {
    Phone phone(b);
    std::string who = "person" + std::to_string(number);
    while (!board.over) {
        std::string code = phone.next();
        board.refused += log_in(b, who, code, board) != PAM_SUCCESS;
        board.twice += log_in(b, who, code, board) == PAM_SUCCESS;
        ++board.logins;
    }
    _exit(0);
}

void set_up_everybody(Bed& b) {
    b.token.type = Type::hotp;
    (void)b.token.key.assign(bytes_of("12345678901234567890"));
    b.token.name = Text<32>(string_view("phone"));
    for (size_t i = 0; i < crew_size; ++i) {
        Record record;
        Credential next;
        next.tokens.grow()->copy_from(b.token);
        bool made = make_account("person" + std::to_string(i), u32(first_person + i), record.account) == Error::none &&
                    open_record(b.host, record) == Error::no_record && rotate(b.host, record, &next, {}) == Error::none;
        if (!made) abort();
    }
}

/// One run of the helper; killed after so many lines, unless that is 0. Whether it made a key; -1 when it failed.
int change_keys(const Bed& b, Verb verb, int killed_after = 0) {
    Helper helper(b);
    Request request;
    request.verb = verb;
    helper.say<const Request&>(write_request, request);
    int made = -1;
    for (int lines = 1;; ++lines) {
        std::string line = helper.next();
        KeysLine keys;
        Done done;
        if (read_keys_line(line, keys)) made = keys.made;
        if (read_done(line, done)) return done.error == Error::none ? made : -1;
        if (line.empty()) return made;
        if (lines == killed_after) kill(helper.pid, SIGKILL);
    }
}

/// How many records are not sealed by the only key that is left.
int on_another_key(const Bed& b) {
    Host host;
    if (open_host(b.place(), host) != Error::none || host.keyring.sets.size() != 1) return -1;
    int others = 0;
    for (size_t i = 0; i < crew_size; ++i) {
        Record record;
        bool made = make_account("person" + std::to_string(i), u32(first_person + i), record.account) == Error::none &&
                    open_record(host, record) == Error::none;
        others += !made || record.head.key != host.keyring.newest().id;
    }
    return others;
}

void once_each_code_of_64_people_is_accepted_while_the_host_key_is_changed(void**) {
    if (!has_view) skip();
    Bed b("/dev/shm"); // thousands of entries, each flushed
    set_up_everybody(b);
    b.put_stack(b.line(""));
    auto& board = *shared<Board>();
    std::vector<pid_t> pids;
    for (size_t i = 0; i < crew_size; ++i) {
        pid_t pid = fork();
        if (pid == 0) log_in_on_and_on(b, i, board);
        pids.push_back(pid);
    }
    alarm(300);
    while (board.logins < int(2 * crew_size)) usleep(1000);
    int first = change_keys(b, Verb::rekey), killed = change_keys(b, Verb::rekey, 20);
    int resumed = change_keys(b, Verb::rekey), dropped = change_keys(b, Verb::drop_keys);
    int before = board.logins;
    while (board.logins < before + int(2 * crew_size)) usleep(1000);
    board.over = true;
    for (pid_t pid : pids) waitpid(pid, nullptr, 0);
    alarm(0);
    int logins = board.logins, refused = board.refused, twice = board.twice, again = board.asked_again;
    printf("%d logins, %d asked again\n", logins, again);
    assert_int_equal(twice, 0);
    assert_int_equal(refused, 0);
    assert_true(again > 0); // some were at their prompts
    assert_int_equal(first, 1);
    assert_int_equal(killed, 1);
    assert_int_equal(resumed, 0); // goes on with the key of the one that was killed
    assert_int_equal(dropped, 0);
    assert_int_equal(on_another_key(b), 0);
}

void keeps_a_second_change_of_keys_from_beginning_beside_the_first(void**) {
    Bed b;
    b.enrol();
    Host other;
    bool locked = open_host(b.place(), other) == Error::none && lock_store(other) == Error::none;
    int refused = change_keys(b, Verb::rekey);
    other.directory.close();
    int done = change_keys(b, Verb::rekey);
    assert_true(locked);
    assert_int_equal(refused, -1);
    assert_int_equal(done, 1);
}
} // namespace

int main(int, char** argv) {
    find_module(argv[0]);
    has_view = make_view(crew_size);
    const CMUnitTest tests[] = {
        cmocka_unit_test(once_each_code_of_64_people_is_accepted_while_the_host_key_is_changed),
        cmocka_unit_test(keeps_a_second_change_of_keys_from_beginning_beside_the_first),
    };
    return cmocka_run_group_tests_name("races_of_keys", tests, nullptr, nullptr);
}
