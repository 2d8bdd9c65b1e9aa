// SPDX-License-Identifier: Apache-2.0
// The lines between pam-totp and its helper: one reader at most takes a line, and what it reads is written back
// so that it reads the same.
#include "core/protocol.h"
#include "fuzz.h"

using namespace totp;

namespace {
string_view without_newline(const std::string& text) { return slice(text, 0, text.size() - 1); }

// The texts that a value holds; its numbers are seen in what is written.
std::string texts(const Request& r) { return std::string(r.user.view()); }
std::string texts(const Secret<128>& typed) { return std::string(typed.reveal_text()); }
std::string texts(const Secret<17>& code) { return std::string(code.reveal_text()); }
std::string texts(const Key& key) { return std::string(key.uri.view()) + '\n' + std::string(key.secret.reveal_text()); }
std::string texts(const Done& done) { return std::string(done.user.view()) + '\n' + std::string(done.detail.view()); }
template <typename Value> std::string texts(const Value&) { return ""; }

/// Reads the line as one kind; true when it was taken. The written form must be a line, and read as itself.
template <typename Value, typename Read, typename Write> bool takes(string_view line, Read read, Write write) {
    Value value{}, again{};
    if (!read(line, value)) return false;
    std::string once = fuzz::written(write, value);
    MUST(once.find('\n') == once.size() - 1 && once.size() <= longest_message);
    MUST(read(without_newline(once), again));
    MUST(fuzz::written(write, again) == once && texts(again) == texts(value));
    return true;
}

void write_typed(const Secret<128>& typed, Writer& out) { write_answer(typed.reveal_text(), out); }
void write_grouped_code(const Secret<17>& code, Writer& out) { write_code(code.reveal_text(), out); }

void check_request(string_view line) {
    Request request;
    if (!read_request(line, request)) return;
    MUST(request.verb <= Verb::enroll && request.counter < UINT32_MAX);
    bool describes = request.verb == Verb::setup || request.verb == Verb::add;
    MUST((!describes && request.token.name.empty()) || fits_as_token_name(request.token.name.view()));
    MUST(request.token.key.empty() || request.token.key.size() >= least_key);
}
} // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size > longest_message) return 0;
    auto input = fuzz::exact(data, size);
    string_view line(input.get(), size);
    check_request(line);
    int taken = takes<Request>(line, read_request, write_request) + takes<Ask>(line, read_ask, write_ask) +
                takes<Secret<128>>(line, read_answer_line, write_typed) + takes<Key>(line, read_key, write_key) +
                takes<Token>(line, read_token_line, write_token_line) +
                takes<RecordLine>(line, read_record_line, write_record_line) +
                takes<AccountLine>(line, read_account_line, write_account_line) +
                takes<RuleLine>(line, read_rule_line, write_rule_line) +
                takes<i64>(line, read_skew, write_skew) + takes<Secret<17>>(line, read_code, write_grouped_code) +
                takes<Done>(line, read_done, write_done);
    MUST(taken <= 1);
    return 0;
}
