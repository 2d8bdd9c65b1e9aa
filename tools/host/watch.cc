// SPDX-License-Identifier: Apache-2.0
#include "watch.h"
#include "../command.h"
#include "../text.h"
#include "running.h"
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <syslog.h>
#include <unistd.h>

namespace totp::host {
namespace {
const std::string unit = "/etc/systemd/system/pam-totp-undo.service";
const std::string wants = "/etc/systemd/system/multi-user.target.wants";
const std::string wanted = wants + "/pam-totp-undo.service";
const std::string cron_file = "/etc/cron.d/pam-totp-undo";

std::string command() { return own_path() + " undo --at-deadline"; }

/// Before ssh and before people may log in at all; so it does not wait for what most services wait for.
std::string unit_text() {
    return "# Written by pam-totp enable; gone with pam-totp keep and pam-totp undo.\n"
           "[Unit]\n"
           "Description=Undo what pam-totp enable changed and nobody kept\n"
           "Documentation=man:pam-totp(1)\n"
           "ConditionPathExists=" TOTP_UNDO "\n"
           "DefaultDependencies=no\n"
           "After=local-fs.target systemd-remount-fs.service\n"
           "Before=ssh.service sshd.service ssh.socket sshd.socket systemd-user-sessions.service shutdown.target\n"
           "Conflicts=shutdown.target\n"
           "\n"
           "[Service]\n"
           "Type=oneshot\n"
           "ExecStart=" + command() + "\n"
           "\n"
           "[Install]\n"
           "WantedBy=multi-user.target\n";
}

void write_unit() {
    std::filesystem::create_directories(wants);
    write_safely(unit, unit_text());
    if (symlink(unit.c_str(), wanted.c_str()) != 0 && errno != EEXIST) throw Stop(exit_store, wanted + ": " + std::strerror(errno));
    flush_folder(wanted);
}

bool has_cron() {
    bool runs = !find_program("cron").empty() || !find_program("crond").empty();
    return runs && access("/etc/cron.d", W_OK) == 0;
}
} // namespace

bool undo_at_next_start() {
    bool systemd = has_systemd();
    if (systemd) write_unit();
    else if (has_cron()) write_safely(cron_file, "# Written by pam-totp enable.\n@reboot root " + command() + "\n");
    else return false;
    return true;
}

void forget_next_start() {
    for (const std::string& path : {wanted, unit, draft_name(unit), cron_file, draft_name(cron_file)}) (void)unlink(path.c_str());
}

/// As a unit: logind may end what a session has started when the session ends. Where that fails it goes without.
void start_watcher(const Note& note) {
    std::vector<std::string> watcher{own_path(), "undo", "--at-deadline"};
    std::string starter = has_systemd() ? find_program("systemd-run") : "";
    std::vector<std::string> words{starter, "--quiet", "--collect", "--unit=pam-totp-undo-" + note.made};
    words.insert(words.end(), watcher.begin(), watcher.end());
    if (!starter.empty() && run_program(words).status == 0) return;
    if (!leave_running(watcher)) throw Stop(exit_store, text("cannot run %1: %2", {watcher[0], std::strerror(errno)}));
}

void log_change(const std::string& event, const Note& note, const std::string& more) {
    openlog("pam-totp", LOG_PID, LOG_AUTHPRIV);
    syslog(LOG_NOTICE, "event=%s service=%s actor=%u%s", event.c_str(), note.service.c_str(), unsigned(getuid()), more.c_str());
    closelog();
}

} // namespace totp::host
