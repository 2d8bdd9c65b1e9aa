// SPDX-License-Identifier: Apache-2.0
// A key on its way out: a new one, which does not count yet, or to root.
#include "core/base32.h"
#include "core/uri.h"
#include "service.h"
#include <unistd.h>

namespace totp {

Error describe_key(const Service& s, const Token& token, u32 counter, Key& key) {
    std::array<char, 65> host{};
    (void)gethostname(host.data(), host.size() - 1);
    string_view issuer = s.settings.issuer.empty() ? string_view(host.data()) : s.settings.issuer.view();
    Secret<longest_uri> uri;
    Room room = uri.fill(longest_uri);
    Writer out({reinterpret_cast<char*>(room.data()), room.size()});
    write_uri(token, issuer, s.done.user.view(), counter, out);
    if (!out.ok()) return Error::uri_too_long;
    key.uri.add(out.view()); // no temporary, which would stay on the stack
    Room digits = key.secret.fill(104);
    Writer secret({reinterpret_cast<char*>(digits.data()), digits.size()});
    write_base32(token.key.reveal(), secret);
    key.secret.shrink(secret.view().size());
    key.name = token.name;
    key.type = token.type;
    key.digits = token.digits;
    key.period = token.period;
    return Error::none;
}

Error send_key(Service& s, const Token& token, u32 counter, bool& sent) {
    Key key;
    Error error = describe_key(s, token, counter, key);
    sent = error == Error::none && s.channel.send<const Key&>(write_key, key);
    return error;
}

} // namespace totp
