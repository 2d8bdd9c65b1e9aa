// SPDX-License-Identifier: Apache-2.0
// The settings file, read as a whole and looked at first.
#pragma once
#include "core/error.h"
#include "core/settings.h"
#include "file.h"

namespace totp {

/// Reads `path` over `settings`. A file that is not there is an error only when it `must_exist`. It must be
/// root's (or `owner`'s) and writable by nobody else. With Error::bad_setting `misfit` says where and why.
Error load_settings(const char* path, uid_t owner, bool must_exist, Settings& settings, Misfit& misfit);

} // namespace totp
