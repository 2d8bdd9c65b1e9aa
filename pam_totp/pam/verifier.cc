// SPDX-License-Identifier: Apache-2.0
#include "verifier.h"
#include "helper_process.h"
#include <poll.h>

namespace totp {
namespace {
constexpr i64 patience = 30; // seconds for the helper to answer
} // namespace

Verifier::Verifier()
    : detail_(string_view(TOTP_HELPER)), started_(start_helper({}, socket_)),
      channel_(socket_.get(), monotonic_seconds() + patience) {}

Error Verifier::begin(RecordLine& record, Token& token, Ask& question) {
    Request request;
    request.verb = Verb::verify;
    if (!started_ || !channel_.send<const Request&>(write_login_request, request)) return Error::helper_missing;
    string_view line;
    bool has_token = false;
    while (channel_.receive(line)) {
        Token other;
        Verdict none;
        if (read_ask(line, question)) return Error::none;
        if (line.starts_with("done ")) return end(line, none);
        bool is_token = read_token_line(line, other);
        if (!is_token && !read_record_line(line, record)) break;
        if (is_token && !has_token) token.copy_from(other);
        has_token = has_token || is_token;
    }
    return Error::helper_missing;
}

Error Verifier::check(string_view code, Verdict& verdict) {
    Error error = send(code, verdict);
    if (error != Error::helper_missing || !is_gone()) return error;
    // One that ended without an answer has accepted nothing that another one could accept again.
    Verifier anew;
    RecordLine record;
    Token token;
    Ask question;
    error = anew.begin(record, token, question);
    return error == Error::none ? anew.send(code, verdict) : error;
}

Error Verifier::send(string_view code, Verdict& verdict) {
    string_view line;
    channel_.set_deadline(monotonic_seconds() + patience);
    code = slice(code, 0, 128); // more than any code has: cut, and not right in any case
    bool answered = channel_.send<string_view>(write_answer, code) && channel_.receive(line);
    return answered ? end(line, verdict) : Error::helper_missing;
}

bool Verifier::is_gone() const {
    pollfd one = {socket_.get(), 0, 0};
    return poll(&one, 1, 0) > 0;
}

Error Verifier::end(string_view line, Verdict& verdict) {
    Done done;
    if (!read_done(line, done)) return Error::helper_missing;
    verdict = done.verdict;
    if (!done.detail.empty()) detail_ = done.detail;
    return done.error;
}

} // namespace totp
