// SPDX-License-Identifier: Apache-2.0
#include "sshd_host.h"
#include "../command.h"
#include "../text.h"
#include "running.h"
#include "sshd.h"
#include "sshd_text.h"
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>
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
        if (includes_sshd_folder(setting_of(line))) line = "Include " + folder + "/*.conf";
    }
    return text_of_lines(lines);
}

bool is_sshd(const std::string& pid) {
    std::ifstream file("/proc/" + pid + "/comm");
    std::string name;
    return std::getline(file, name) && name == "sshd";
}

std::string pid_file_of_sshd() {
    Sshd sshd;
    std::string complaint;
    (void)ask_sshd({"root", "", ""}, sshd, complaint);
    return sshd.is("pidfile", "none") ? "" : sshd.value("pidfile");
}

/// sshd takes its pid file away and writes it anew when it has read its settings: before that, they are not in force.
class Restart {
  public:
    explicit Restart(const std::string& pid_file) : pid_file_(pid_file), before_(written()) {}
    /// Waits for it, 5 seconds at most.
    bool is_seen() const {
        for (int i = 0; i < 100; ++i) {
            fs::file_time_type now = written();
            if (now != missing && now != before_) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
        return false;
    }
    bool will_be_seen() const { return before_ != missing; }

  private:
    static constexpr fs::file_time_type missing = fs::file_time_type::min();
    fs::file_time_type written() const {
        std::error_code none;
        return fs::last_write_time(pid_file_, none); // the least there is when it is not there
    }
    std::string pid_file_;
    fs::file_time_type before_;
};

Told signal_sshd(const std::string& pid_file) {
    std::string pid = pid_file.empty() ? "" : read_file(pid_file).value_or("");
    pid = pid.substr(0, pid.find('\n'));
    if (pid.empty() || pid.find_first_not_of("0123456789") != std::string::npos || !is_sshd(pid)) return Told::not_running;
    return kill(pid_t(std::strtol(pid.c_str(), nullptr, 10)), SIGHUP) == 0 ? Told::yes : Told::failed;
}

Told tell_sshd(const std::string& pid_file) {
    std::string systemctl = has_systemd() ? find_program("systemctl") : "";
    for (const char* unit : {"ssh", "sshd"}) {
        if (systemctl.empty() || run_program({systemctl, "is-active", "--quiet", unit}).status != 0) continue;
        return run_program({systemctl, "reload", unit}).status == 0 ? Told::yes : Told::failed;
    }
    return signal_sshd(pid_file);
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

Told reload_sshd() {
    std::string pid_file = pid_file_of_sshd();
    Restart restart(pid_file);
    Told told = tell_sshd(pid_file);
    if (told == Told::yes && restart.will_be_seen() && !restart.is_seen()) return Told::failed;
    return told;
}

void Reloading::operator()(const std::string& path) {
    if (is_sshds(path)) has_failed_ = reload_sshd() == Told::failed;
}

} // namespace totp::host
