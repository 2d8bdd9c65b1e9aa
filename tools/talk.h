// SPDX-License-Identifier: Apache-2.0
// A request from its beginning to its end: the helper's questions put to the person, and what came of it.
#pragma once
#include "command.h"
#include <functional>

namespace totp {

/// Any line of the helper's that is neither a question nor the end; false when it is not what is expected.
using Take = std::function<bool(string_view line)>;

/// Sends arguments.request. The exit status; on a refusal the reason was told, and with --json written as
/// JSON. Throws Stop when the person gives up or the helper is not there.
int converse(Arguments& arguments, Done& done, const Take& take);

/// What an error means and what to do, in the person's language.
std::string advise(Error error);

/// "2 min 30 s", whatever the sign.
std::string span(i64 seconds);

} // namespace totp
