// SPDX-License-Identifier: Apache-2.0
// Which rule decides about a login, and whether there is a record: what the module would find.
#include "service.h"

namespace totp {

RuleLine rule_line(const Conf& conf, string_view service) {
    const Decision& d = conf.decision;
    if (!d.is_made) return {};
    return {conf.file, d.line, d.demand, d.until, d.defer, shows_set_up(d, service), d.reason, d.remember};
}

Error explain(Service& s) {
    Visit visit{s.person.name, s.request.service.view(), s.request.rhost.view(), clock_now(), is_member, &s.person};
    Conf conf;
    Error error = read_conf(s, &visit, conf);
    if (error != Error::none) return error;
    (void)s.channel.send<const RuleLine&>(write_rule_line, rule_line(conf, visit.service));
    return look_at_record(s.host, s.record);
}

} // namespace totp
