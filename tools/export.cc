// SPDX-License-Identifier: Apache-2.0
// pam-totp export: the keys themselves, for root, to move somebody to another host or app.
#include "json.h"
#include "talk.h"
#include "terminal.h"

namespace totp {
namespace {

SecretText json_key(const Key& key) {
    return "{\"name\":" + json_string(key.name.view()) + ",\"uri\":" + json_string(key.uri.view()) +
           ",\"secret\":" + json_string(key.secret.reveal_text()) + "}";
}
} // namespace

int run_export(Arguments& a) {
    a.request.verb = Verb::keys;
    SecretText uris, keys;
    Done done;
    int status = converse(a, done, [&](string_view line) {
        Key key;
        if (!read_key(line, key)) return false;
        uris.append(key.uri.view()).append("\n");
        keys.append(keys.empty() ? "" : ",").append(json_key(key));
        return true;
    });
    if (status != exit_done) return status;
    if (a.json) print_line("{\"user\":" + json_string(done.user.view()) + ",\"tokens\":[" + keys + "]}");
    else say(uris);
    return status;
}

} // namespace totp
