// SPDX-License-Identifier: Apache-2.0
#include "sshd_host.h"
#include "../command.h"
#include "../text.h"
#include "running.h"
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace totp::host {
namespace {
namespace fs = std::filesystem;

void write_copy(const std::string& path, const std::string& content) {
    std::ofstream file(path, std::ios::binary);
    file << content;
    file.close();
    if (!file) throw Stop(exit_store, path + ": " + std::strerror(errno));
}

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

/// Into one folder, since libpam looks for everything of a test in one; the place that counts comes last.
void copy_pam(const Plan& plan, const std::string& folder) {
    Read read = read_as_planned(plan);
    std::error_code none;
    for (const char* place : {"/usr/etc/pam.d", "/usr/lib/pam.d", "/etc/pam.d"}) {
        for (const std::string& path : files_as_planned(plan, place)) {
            if (fs::is_directory(path, none)) continue;
            std::optional<std::string> content = read(path);
            if (content) write_copy(folder + "/" + name_of(path), *content);
        }
    }
}

/// The folder's line leads to the copy of the folder.
std::string with_staged_include(const std::string& config, const std::string& folder) {
    std::vector<std::string> lines = lines_of(config);
    for (std::string& line : lines) {
        if (includes_sshd_folder(line)) line = "Include " + folder + "/*.conf";
    }
    return text_of_lines(lines);
}

bool is_sshd(const std::string& pid) {
    std::ifstream file("/proc/" + pid + "/comm");
    std::string name;
    return std::getline(file, name) && name == "sshd";
}

Told signal_sshd() {
    std::string path = sshd_for(sshd_config, "root")["pidfile"];
    std::string pid = path.empty() || path == "none" ? "" : read_file(path).value_or("");
    pid = pid.substr(0, pid.find('\n'));
    if (pid.empty() || pid.find_first_not_of("0123456789") != std::string::npos || !is_sshd(pid)) return Told::not_running;
    return kill(pid_t(std::strtol(pid.c_str(), nullptr, 10)), SIGHUP) == 0 ? Told::yes : Told::failed;
}
} // namespace

Stage::Stage(const Plan& plan) {
    char name[] = "/run/pam-totp.XXXXXX"; // in memory, and root's alone
    if (!mkdtemp(name)) throw Stop(exit_store, std::string("/run: ") + std::strerror(errno));
    folder_ = name;
    try {
        fill(plan);
    } catch (...) {
        fs::remove_all(folder_);
        throw;
    }
}

Stage::~Stage() {
    std::error_code none;
    fs::remove_all(folder_, none);
}

void Stage::fill(const Plan& plan) {
    fs::create_directory(pam_folder());
    copy_pam(plan, pam_folder());
    std::optional<std::string> config = read_file(host::sshd_config);
    if (!config) return;
    std::string drop_ins = folder_ + "/sshd_config.d";
    fs::create_directory(drop_ins);
    Read read = read_as_planned(plan);
    for (const std::string& path : files_as_planned(plan, sshd_folder)) {
        write_copy(drop_ins + "/" + name_of(path), read(path).value_or(""));
    }
    write_copy(sshd_config(), with_staged_include(*config, drop_ins));
}

std::string test_sshd(const std::string& config) {
    std::string program = find_program("sshd");
    if (program.empty()) return text("there is no sshd on this host");
    Ran ran = run_program({program, "-t", "-f", config});
    return ran.status == 0 ? "" : ran.output.empty() ? text("sshd -t fails") : ran.output;
}

std::map<std::string, std::string> sshd_for(const std::string& config, const std::string& user) {
    Ran ran = run_program({find_program("sshd"), "-T", "-f", config, "-C", "user=" + user + ",host=localhost,addr=127.0.0.1"});
    std::map<std::string, std::string> found;
    if (ran.status != 0) return found;
    for (const std::string& line : lines_of(ran.output)) {
        size_t blank = line.find(' ');
        if (blank != std::string::npos) found.emplace(line.substr(0, blank), line.substr(blank + 1));
    }
    return found;
}

Told reload_sshd() {
    std::string systemctl = has_systemd() ? find_program("systemctl") : "";
    for (const char* unit : {"ssh", "sshd"}) {
        if (systemctl.empty() || run_program({systemctl, "is-active", "--quiet", unit}).status != 0) continue;
        return run_program({systemctl, "reload", unit}).status == 0 ? Told::yes : Told::failed;
    }
    return signal_sshd();
}

void Reloading::operator()(const std::string& path) {
    if (path.starts_with("/etc/ssh/")) has_failed_ = reload_sshd() == Told::failed;
}

} // namespace totp::host
