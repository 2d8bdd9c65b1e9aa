// SPDX-License-Identifier: Apache-2.0
// pam_totp_helper: the only program with a privilege, and that is a group which may enter the store. It keeps
// the caller's uid, serves the caller's own account (root: any), one request on one socket, and ends.
#include "harden.h"
#include "service.h"
#include <grp.h>
#include <string.h>
#include <unistd.h>

namespace {
using namespace totp;
constexpr i64 request_wait = 30, conversation_wait = 15 * i64(60); // seconds

/// `--store DIR --key FILE --conf FILE`, for who has no privilege of ours or all of them already.
bool read_arguments(int argc, char** argv, Service& s) {
    s.place = {TOTP_STORE, TOTP_KEY, 0};
    s.conf = TOTP_CONF;
    if (argc > 1 && is_privileged()) return false;
    for (int i = 1; i + 1 < argc; i += 2) {
        string_view name(argv[i]);
        if (argv[i + 1][0] != '/') return false;
        if (name == "--store") s.place.store = argv[i + 1];
        else if (name == "--key") s.place.key = argv[i + 1], s.key_given = true;
        else if (name == "--conf") s.conf = argv[i + 1], s.conf_given = true;
        else return false;
    }
    return argc % 2 == 1;
}

void fill_in_caller(Service& s) {
    s.caller = getuid();
    s.is_root = s.caller == 0;
    // Without a privilege, everything is the caller's own: a store for a trial, with no hold on this host's.
    if (!is_privileged()) s.place.owner = s.caller;
    const group* found = s.is_root ? getgrnam(TOTP_GROUP) : nullptr;
    if (found) s.group = found->gr_gid;
}
} // namespace

int main(int argc, char** argv) {
    Error hardened = harden();
    Channel channel(0, monotonic_seconds() + request_wait);
    Service service(channel);
    string_view line;
    if (hardened == Error::none && !read_arguments(argc, argv, service)) {
        hardened = is_privileged() ? Error::only_root : Error::bad_request;
    }
    fill_in_caller(service);
    if (!channel.receive(line)) return 2;
    if (hardened == Error::none && !read_request(line, service.request)) hardened = Error::bad_request;
    service.done.error = hardened;
    channel.set_deadline(monotonic_seconds() + conversation_wait);
    if (hardened == Error::none) serve(service);
    return channel.send<const Done&>(write_done, service.done) ? 0 : 1;
}
