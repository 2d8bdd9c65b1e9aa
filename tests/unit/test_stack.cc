// SPDX-License-Identifier: Apache-2.0
// A PAM service as libpam reads it: what stands in place of an include, what a control says, and what a run comes to.
#include "../../tools/host/stack.h"
#include "../support/cmocka.h"
#include <map>
#include <security/pam_appl.h>

using namespace totp::host;

namespace {
using Files = std::map<std::string, std::string>;

Read reader(const Files& files) {
    return [files](const std::string& path) -> std::optional<std::string> {
        auto found = files.find(path);
        return found == files.end() ? std::nullopt : std::optional(found->second);
    };
}

Stack stack_of(const std::string& text) { return read_stack(reader({{"/etc/pam.d/x", text}}), "x"); }

/// Each line as FILE:NUMBER LEVEL NAME, with newlines between.
std::string shown(const Stack& stack) {
    std::string out;
    for (const Line& line : stack.lines) {
        out += line.place() + " " + std::to_string(line.level) + " " + (line.kind == Line::broken ? "!" : "") + line.name() + "\n";
    }
    return out;
}

/// What the stack comes to when the module named `a` returns 0, `b` PAM_AUTH_ERR, `i` PAM_IGNORE; the names of those called.
std::string outcome(const std::string& text) {
    Stack stack = stack_of(text);
    std::string called;
    Run made = run(stack.lines, [&](size_t i) {
        std::string name = stack.lines[i].name();
        called += name + " ";
        return name[0] == 'a' ? PAM_SUCCESS : name[0] == 'b' ? PAM_AUTH_ERR : PAM_IGNORE;
    });
    return called + std::to_string(made.result);
}

void puts_what_is_included_in_the_place_of_its_line(void**) {
    Stack stack = read_stack(reader({{"/etc/pam.d/x", "auth required one.so\n@include common\nauth substack sub\nauth required z.so\n"},
                                     {"/etc/pam.d/common", "account required acct.so\nauth [success=1 default=ignore] two.so nullok\n"},
                                     {"/usr/lib/pam.d/sub", "auth include deep\nsession required s.so\n"},
                                     {"/usr/etc/pam.d/deep", "-auth optional /lib/security/three.so a=b\n"}}),
                             "x");
    assert_text_equal(shown(stack), "/etc/pam.d/x:1 0 one\n/etc/pam.d/common:2 0 two\n/etc/pam.d/x:3 0 sub\n"
                                    "/usr/etc/pam.d/deep:1 1 three\n/etc/pam.d/x:4 0 z\n");
    assert_true(stack.lines[2].kind == Line::substack);
    assert_true(stack.lines[1].has("nullok") && !stack.lines[1].has("null"));
    assert_text_equal(stack.lines[3].value("a").value_or("?"), "b");
    assert_true(stack.lines[3].is_quiet);
    assert_text_equal(stack.file, "/etc/pam.d/x");
}

void takes_the_administrators_file_before_the_vendors(void**) {
    Files files{{"/usr/lib/pam.d/x", "auth required old.so\n"}, {"/etc/pam.d/x", "auth required new.so\n"}};
    assert_text_equal(shown(read_stack(reader(files), "x")), "/etc/pam.d/x:1 0 new\n");
}

void takes_other_for_what_a_service_says_nothing_of(void**) {
    Files files{{"/etc/pam.d/x", "account required a.so\n"}, {"/etc/pam.d/other", "auth required pam_deny.so\n"}};
    Stack stack = read_stack(reader(files), "x");
    assert_true(stack.is_other);
    assert_text_equal(shown(stack), "/etc/pam.d/other:1 0 pam_deny\n");
    assert_text_equal(shown(read_stack(reader(files), "x", "account")), "/etc/pam.d/x:1 0 a\n");
}

void joins_lines_and_leaves_comments_out(void**) {
    Stack stack = stack_of("# auth required no.so\n\n  auth \\\n\trequired a.so \\\n one # two\nauth required b.so#c\n");
    assert_text_equal(shown(stack), "/etc/pam.d/x:3 0 a\n/etc/pam.d/x:6 0 b\n");
    assert_true(stack.lines[0].has("one") && !stack.lines[0].has("two"));
}

void refuses_in_the_place_of_a_line_that_is_none(void**) {
    assert_text_equal(shown(stack_of("auth include gone\nauht required a.so\nauth required\nauth\n")),
                      "/etc/pam.d/x:1 0 !gone\n/etc/pam.d/x:2 0 !a\n/etc/pam.d/x:3 0 !\n/etc/pam.d/x:4 0 !\n");
    assert_text_equal(outcome("auth required a.so\nauth include gone\n"), "a 6");
    assert_text_equal(outcome("auth required a.so\nauth [success=okay] a2.so\n"), "a a2 6"); // "ok", and "ay" is no value
    assert_text_equal(outcome("auth [success=0 default=ignore] a.so\n"), "a 6");
    assert_text_equal(outcome("auth sufficient a.so\n@include gone\n"), "6"); // pam_start(3) fails
    Stack round = read_stack(reader({{"/etc/pam.d/x", "auth include x\n"}}), "x");
    assert_int_equal(round.lines.size(), 1); // it ends, and refuses
    assert_true(round.lines[0].kind == Line::broken);
}

void comes_to_what_the_four_words_say(void**) {
    assert_text_equal(outcome("auth required b.so\nauth required a.so\n"), "b a 7");
    assert_text_equal(outcome("auth requisite b.so\nauth required a.so\n"), "b 7");
    assert_text_equal(outcome("auth sufficient a.so\nauth required b.so\n"), "a 0");
    assert_text_equal(outcome("auth required b.so\nauth sufficient a.so\nauth required a2.so\n"), "b a a2 7");
    assert_text_equal(outcome("auth optional b.so\nauth required i.so\n"), "b i 6");
    assert_text_equal(outcome("auth optional a.so\nauth required i.so\n"), "a i 0");
    assert_text_equal(outcome("auth required i.so\n"), "i 6");
}

void jumps_over_lines_and_over_a_substack_as_one(void**) {
    assert_text_equal(outcome("auth [success=1 default=ignore] a.so\nauth required b.so\nauth required a2.so\n"), "a a2 0");
    assert_text_equal(outcome("auth [success=2] a.so\nauth required b.so\n"), "a 6");
    Files files{{"/etc/pam.d/x", "auth [success=1] a.so\nauth substack s\nauth required i.so\nauth sufficient a3.so\n"},
                {"/etc/pam.d/s", "auth required b.so\nauth required b2.so\n"}};
    Stack stack = read_stack(reader(files), "x");
    size_t calls = 0;
    Run made = run(stack.lines, [&](size_t i) { return ++calls, stack.lines[i].name() == "i" ? PAM_IGNORE : PAM_SUCCESS; });
    assert_int_equal(made.result, 0);
    assert_int_equal(calls, 3);
}

void ends_a_substack_alone_with_done_and_die(void**) {
    auto run_with = [](const std::string& sub) {
        Files files{{"/etc/pam.d/x", "auth substack s\nauth required a9.so\n"}, {"/etc/pam.d/s", sub}};
        Stack stack = read_stack(reader(files), "x");
        std::string called;
        Run made = run(stack.lines, [&](size_t i) {
            called += stack.lines[i].name() + " ";
            return stack.lines[i].name()[0] == 'a' ? PAM_SUCCESS : PAM_AUTH_ERR;
        });
        return called + std::to_string(made.result);
    };
    assert_text_equal(run_with("auth sufficient a.so\nauth required b.so\n"), "a a9 0");
    assert_text_equal(run_with("auth requisite b.so\nauth required b2.so\n"), "b a9 7");
    assert_text_equal(run_with("auth required b.so\nauth [success=reset] a.so\n"), "b a a9 0");
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(puts_what_is_included_in_the_place_of_its_line),
        cmocka_unit_test(takes_the_administrators_file_before_the_vendors),
        cmocka_unit_test(takes_other_for_what_a_service_says_nothing_of),
        cmocka_unit_test(joins_lines_and_leaves_comments_out),
        cmocka_unit_test(refuses_in_the_place_of_a_line_that_is_none),
        cmocka_unit_test(comes_to_what_the_four_words_say),
        cmocka_unit_test(jumps_over_lines_and_over_a_substack_as_one),
        cmocka_unit_test(ends_a_substack_alone_with_done_and_die),
    };
    return cmocka_run_group_tests_name("stack", tests, nullptr, nullptr);
}
