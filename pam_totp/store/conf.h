// SPDX-License-Identifier: Apache-2.0
// The settings of the host: a file, and beside it a directory `<file>.d` of files named *.conf. These come first, in
// the order of their names; the first rule that matches decides, and the first value of a setting.
#pragma once
#include "core/error.h"
#include "core/settings.h"
#include "file.h"

namespace totp {

constexpr size_t longest_conf_path = 510;

/// What the files come to.
struct Conf {
    Settings settings;
    Decision decision; ///< about the login that was asked for
    Text<longest_conf_path> file; ///< in which the decision, or what is wrong, stands
    Misfit misfit;     ///< with Error::bad_setting
};

/// Reads them all, so that a mistake is found whoever logs in. A `path` that is not there is an error only when it
/// `must_exist`. They must be root's (or `owner`'s) and writable by nobody else. `visit` may be nullptr: then nothing
/// is decided. Error::group_unknown, with the decision's place, when its rule cannot be told.
Error load_conf(const char* path, uid_t owner, bool must_exist, const Visit* visit, Conf& conf);

} // namespace totp
