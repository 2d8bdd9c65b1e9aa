// SPDX-License-Identifier: Apache-2.0
#include "enrollment.h"
#include "field.h"
#include "helper_process.h"
#include <time.h>

namespace totp {
namespace {
constexpr i64 patience = 30;          // seconds for the helper to answer
constexpr size_t longest_page = 1 << 16; // bytes: the largest QR code takes half of it
constexpr unsigned most_proofs = 3;   // in one call

std::span<char> text_room(const Pages& page) {
    Room room = page.room();
    // The last byte stays the NUL that it is: Writer ends nothing.
    return {reinterpret_cast<char*>(room.data()), room.empty() ? 0 : room.size() - 1};
}
} // namespace

Enrollment::Enrollment(pam_handle_t* pam, const Options& options, u64 put_off_until)
    : pam_(pam), options_(options), put_off_until_(put_off_until), started_(start_helper(options, socket_)),
      channel_(socket_.get(), monotonic_seconds() + patience), page_(longest_page), text_(text_room(page_)),
      detail_(string_view(TOTP_HELPER)) {}

Enrollment::~Enrollment() { OPENSSL_cleanse(page_.room().data(), page_.room().size()); }

/// The line `done`, or what is none of the protocol's: then the error that there was no helper stays.
bool Enrollment::end(string_view line) {
    if (!read_done(line, done_)) return false;
    error_ = done_.error;
    if (!done_.detail.empty()) detail_ = done_.detail;
    return true;
}

/// The helper's lines up to its question: the key, then the rows of its picture.
bool Enrollment::begin(string_view user, u64 replaces) {
    Request request;
    request.verb = Verb::enroll;
    request.user = Text<255>(user);
    request.replaces = replaces;
    request.rhost = Text<64>(text_item(pam_, PAM_RHOST));
    string_view line;
    Key key;
    bool has_rows = false, sent = started_ && channel_.send<const Request&>(write_login_request, request);
    while (sent && channel_.receive(line) && !read_ask(line, question_)) {
        Secret<longest_row> row;
        if (line.starts_with("done ")) return end(line), false;
        if (key.secret.empty() && read_key(line, key)) continue;
        if (!read_row(line, row)) return false;
        if (!has_rows) text_.add(caption(true).view());
        has_rows = text_.add(row.reveal_text()).add('\n').ok();
    }
    if (key.secret.empty()) return false;
    if (!has_rows) text_.add(caption(false).view());
    add_key(key.secret.reveal_text(), key.uri.view(), text_);
    return text_.ok();
}

Outcome Enrollment::judge(string_view typed) {
    string_view line;
    channel_.set_deadline(monotonic_seconds() + patience);
    if (!channel_.send<string_view>(write_answer, slice(typed, 0, 128))) return Outcome::unavailable;
    for (i64 skew = 0; channel_.receive(line);) {
        if (read_ask(line, question_)) return Outcome::refused;
        if (read_skew(line, skew)) continue;
        bool counts = end(line) && error_ == Error::none;
        if (!counts) return Outcome::unavailable;
        return done_.verdict == Verdict::accepted ? Outcome::accepted : Outcome::refused;
    }
    return Outcome::unavailable;
}

Outcome Enrollment::ask_for_proof(u64 now) {
    Secret<longest_reply> typed;
    bool may_put_off = now < put_off_until_;
    int result = ask(pam_, text_.view().data(), options_.echo, typed);
    if (result != PAM_SUCCESS) return Outcome::unheard;
    // Some ssh clients answer every prompt with the password.
    if (equal_secrets(typed.reveal(), bytes_of(text_item(pam_, PAM_AUTHTOK)))) typed.wipe();
    if (typed.empty() && may_put_off) return Outcome::not_asked;
    return judge(typed.reveal_text());
}

Outcome Enrollment::run(string_view user, u64 replaces) {
    if (page_.room().empty() || !begin(user, replaces)) return Outcome::unavailable;
    Outcome outcome = Outcome::refused;
    for (unsigned tries = 0; tries < most_proofs && outcome == Outcome::refused; ++tries) {
        u64 now = u64(time(nullptr));
        if (tries > 0) { // the picture is on the screen still
            OPENSSL_cleanse(page_.room().data(), page_.room().size());
            text_ = Writer(text_room(page_));
            text_.add(why_unproven(question_.verdict, question_.skew, now).view());
        }
        text_.add(proof_prompt(now < put_off_until_ ? put_off_until_ : 0).view());
        outcome = ask_for_proof(now);
    }
    return outcome;
}

} // namespace totp
