// SPDX-License-Identifier: Apache-2.0
// How values come into a sentence that a person reads on a terminal.
#include "../support/cmocka.h"
#include "core/list.h"
#include "core/phrase.h"
#include <string>

using namespace totp;

namespace {
std::string filled(string_view form, std::initializer_list<string_view> values) {
    Text<200> text;
    fill_in(form, std::span(values.begin(), values.size()), text);
    return std::string(text.view());
}

void puts_each_value_where_its_number_stands(void**) {
    assert_text_equal(filled("%2 of %1, %1", {"a", "b"}), "b of a, a");
    assert_text_equal(filled("100 % of %3, %0 %", {"a"}), "100 % of , %0 %");
    assert_text_equal(filled("%1", {"%1%2"}), "%1%2");
}

void duo_shows_a_value_without_what_a_terminal_obeys(void**) {
    assert_text_equal(filled("'%1'\n", {"\033[2J\033]0;x\007"}), "'?[2J?]0;x?'\n");
    assert_text_equal(filled("%1", {"a\r\nb\tc\177"}), "a??b?c?");
    assert_text_equal(filled("%1", {"a\302\233" "1m"}), "a??1m"); // CSI in UTF-8
    assert_text_equal(filled("%1", {"a\233" "1m"}), "a?1m");         // in Latin-1
    assert_text_equal(filled("%1", {"\351\233" "31m"}), "??31m");         // behind a letter of it
    assert_text_equal(filled("%1", {"\303"}), "?");
    assert_text_equal(filled("%1", {string_view("a\0b", 3)}), "a?b");
    assert_text_equal(filled("%1", {"J\303\266rg \304\233 \342\202\254 \303\204"}), "J\303\266rg \304\233 \342\202\254 \303\204");
}
} // namespace

int main() {
    const CMUnitTest tests[] = {
        cmocka_unit_test(puts_each_value_where_its_number_stands),
        cmocka_unit_test(duo_shows_a_value_without_what_a_terminal_obeys),
    };
    return cmocka_run_group_tests_name("phrase", tests, nullptr, nullptr);
}
