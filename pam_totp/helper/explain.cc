// SPDX-License-Identifier: Apache-2.0
// Which rule decides about a login, and whether there is a record: what the module would find.
#include "service.h"

namespace totp {

Error explain(Service& s) {
    Visit visit{s.person.name, s.request.service.view(), s.request.rhost.view(), clock_now(), is_member, &s.person};
    Conf conf;
    Error error = read_conf(s, &visit, conf);
    if (error != Error::none) return error;
    RuleLine line;
    const Decision& decision = conf.decision;
    bool shows = shows_set_up(decision, visit.service);
    if (decision.is_made) {
        line = {conf.file,      decision.line, decision.demand, decision.until,
                decision.defer, shows,         decision.reason, decision.remember};
    }
    (void)s.channel.send<const RuleLine&>(write_rule_line, line);
    return open_record(s.host, s.record);
}

} // namespace totp
