// SPDX-License-Identifier: Apache-2.0
// Set-up during a login, for the module where it is root: the key, drawn as text, and its proof. Backup codes are
// not made: what a login shows stays in scroll-back and recorders.
#include "core/address.h"
#include "core/modules.h"
#include "draft.h"
#include "store/pending.h"
#include <qrencode.h>

namespace totp {
namespace {

/// libqrencode's code, wiped at its end.
class QrCode {
  public:
    explicit QrCode(const char* uri) : code_(QRcode_encodeString(uri, 0, QR_ECLEVEL_L, QR_MODE_8, 1)) {}
    ~QrCode() {
        if (code_) OPENSSL_cleanse(code_->data, size_t(code_->width) * size_t(code_->width));
        QRcode_free(code_);
    }
    QrCode(const QrCode&) = delete;
    QrCode& operator=(const QrCode&) = delete;
    Modules modules() const { return code_ ? Modules{code_->data, code_->width} : Modules{}; }

  private:
    QRcode* code_;
};

/// The login asks for a set-up where nothing is set up, or where the recovery is in force whose code was typed.
bool is_asked_for(const Service& s, Error opened) {
    if (opened == Error::no_record) return s.request.replaces == 0;
    return s.record.credential.is_recovery() && s.record.state().credential == s.request.replaces;
}

/// The picture, a line each; none where the settings want none, or there is no room in the largest code.
bool send_rows(Service& s, const char* uri) {
    QrCode code(uri);
    Modules modules = code.modules();
    if (s.settings.qr == Picture::none || modules.width == 0) return true;
    bool half = s.settings.qr == Picture::utf8;
    for (int y = -quiet_zone; y < modules.width + quiet_zone; y += half ? 2 : 1) {
        Secret<longest_row> row;
        auto add = [&row](string_view cell) {
            for (char byte : cell) (void)row.push(u8(byte));
        };
        if (half) add_half_blocks(modules, y, add);
        else add_squares(modules, y, "##", "  ", add);
        if (!s.channel.send<string_view>(write_row, row.reveal_text())) return false;
    }
    return true;
}

/// The key of a login before this one from the same address, for as long as it may still be on a phone; else a new one,
/// since whoever looked from elsewhere may know it.
Error find_token(Service& s, Draft& draft) {
    u64 now = clock_now();
    Address from;
    if (!read_address(s.request.rhost.view(), from)) from = {};
    s.request.token.name = Text<32>(string_view("phone"));
    Error error = open_pending(s.host, s.record, from, now, draft.next);
    if (error != Error::no_record) return error;
    error = make_token(s, draft);
    draft.next.created = now;
    if (error == Error::none) error = keep_pending(s.host, s.record, from, draft.next);
    // Two connections at once show the same key.
    return error == Error::stale ? open_pending(s.host, s.record, from, now, draft.next) : error;
}

Error show(Service& s, const Draft& draft, bool& sent) {
    Key key;
    Error error = describe_key(s, draft.token(), 0, key);
    if (error != Error::none) return error;
    sent = s.channel.send<const Key&>(write_key, key) && send_rows(s, key.uri.c_str());
    return error;
}
} // namespace

Error enroll(Service& s) {
    Error error = open_record(s.host, s.record);
    if (error != Error::none && error != Error::no_record) return error;
    if (!is_asked_for(s, error)) return Error::stale; // set up meanwhile, or another recovery
    Draft draft;
    draft.change = change_by(s);
    draft.change.actor = s.record.account.uid; // who proves it, and not the login that runs this
    draft.change.caller = Caller::helper;      // so it is the owner's own beginning, and no news to the owner
    error = find_token(s, draft);
    bool shown = false;
    if (error == Error::none) error = show(s, draft, shown);
    if (error != Error::none) return error;
    start_counter(s, draft);
    prove(s, draft, shown);
    if (s.done.verdict != Verdict::accepted) return Error::none;
    error = finish(s, draft);
    if (s.done.changed) drop_pending(s.host, s.record.account);
    return error;
}

} // namespace totp
