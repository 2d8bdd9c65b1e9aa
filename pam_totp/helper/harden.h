// SPDX-License-Identifier: Apache-2.0
// The first thing the helper does: whoever started it chose its limits, signals, descriptors and environment.
#pragma once
#include "core/error.h"

namespace totp {

/// Takes everything the caller chose back to what is safe. Error::limits when the caller's hard limits would
/// break a write half-way.
Error harden();

/// Whether the process has a privilege that its caller has not: then the caller may not say where things are.
bool is_privileged();

} // namespace totp
