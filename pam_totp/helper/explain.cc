// SPDX-License-Identifier: Apache-2.0
// Which rule decides about a login, and whether there is a record: what the module would find.
#include "service.h"

namespace totp {

RuleLine rule_line(const Conf& conf, string_view service) {
    const Decision& decision = conf.decision;
    if (!decision.is_made) return {};
    return {conf.file,      decision.line,
            decision.demand, decision.until,
            decision.defer, shows_set_up(decision, service),
            decision.reason, decision.remember};
}

Error explain(Service& s) {
    Visit visit{s.person.name, s.request.service.view(), s.request.rhost.view(), clock_now(), is_member, &s.person};
    Conf conf;
    Error error = read_conf(s, &visit, conf);
    if (error != Error::none) return error;
    (void)s.channel.send<const RuleLine&>(write_rule_line, rule_line(conf, visit.service));
    error = open_record(s.host, s.record);
    return error == Error::none && s.record.credential.is_recovery() ? Error::recovering : error;
}

} // namespace totp
