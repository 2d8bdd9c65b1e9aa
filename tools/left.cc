// SPDX-License-Identifier: Apache-2.0
#include "left.h"
#include "json.h"
#include "text.h"

namespace totp {
namespace {
std::string reason(Why why) {
    switch (why) {
    case Why::no_account: return text("no account has this name any more");
    case Why::renamed: return text("kept, since another account has this uid: was it renamed? See: pam-totp rebind --help");
    case Why::unnamed: return text("kept, since its name is too long to be known; to remove it, give this with -u");
    case Why::stray: return text("left by a change that was ended; nothing needs it");
    case Why::pending: return text("a set-up at a login, not proved yet; it ends within an hour");
    case Why::half_moved: return text("kept, since a rebind of it was ended; run it again. See: pam-totp rebind --help");
    case Why::expired: return text("a set-up at a login, not proved in its hour");
    }
    return "";
}
} // namespace

SecretText json_left(const LeftLine& left) {
    SecretText out = "{\"user\":" + json_string(left.user.view()) + ",\"uid\":";
    out += std::to_string(left.uid);
    return out + ",\"why\":" + json_string(word(left.why)) + ",\"file\":" + json_string(left.file.view()) + "}";
}

std::string describe_left(const LeftLine& left) {
    return shown(left.user.view()) + " (uid " + std::to_string(left.uid) + "): " + reason(left.why);
}

} // namespace totp
