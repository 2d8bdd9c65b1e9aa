// SPDX-License-Identifier: Apache-2.0
// What stands in sshd's files, line by line. What counts of it for somebody sshd says itself: see sshd.h.
#pragma once
#include <string>
#include <vector>

namespace totp::host {

constexpr const char* sshd_config = "/etc/ssh/sshd_config";
constexpr const char* sshd_folder = "/etc/ssh/sshd_config.d";
inline bool is_sshds(const std::string& path) { return path.starts_with("/etc/ssh/"); }

/// A line: its keyword in small letters, by the name it has today, and the rest. Both are empty where it says nothing.
struct Setting {
    std::string name, value;
};
Setting setting_of(const std::string& line);
/// Whether sshd reads the files of its folder by this line.
bool includes_sshd_folder(const Setting& setting);

/// Of whom and of what the files speak in Match: who is to be asked about, and what is true of some connections only.
struct Matched {
    struct At {
        std::string where, line;
    };
    std::vector<std::string> users, groups;
    std::vector<At> by_connection; ///< ways in that ask no question
};
void look_for_matches(const std::string& path, const std::string& text, Matched& found);

} // namespace totp::host
