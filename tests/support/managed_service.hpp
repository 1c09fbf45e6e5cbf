// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "process.hpp"
#include "temp_dir.hpp"

#include <optional>
#include <string>
#include <vector>

namespace luod::tests {

// A service under the service manager of the tests, and that under luo-sim where there is to be a /dev/liveupdate.
class ManagedService {
public:
    struct Options {
        std::vector<std::string> command;
        bool simulator = true; // without: as on a machine without live update
        std::vector<std::string> simulatorArguments;
        std::vector<std::string> managerArguments; // e.g. --fdstore-max, --watchdog, --carry=no
        std::map<std::string, std::string> environment;
        bool waitReady = true; // before the constructor returns
    };
    explicit ManagedService(Options options);
    // With the test failed, prints what everybody wrote to standard error.
    ~ManagedService();

    // One command of the service manager's; what follows "ok ", or throws what follows "error ".
    std::string ask(const std::string& command, const Deadline& deadline = Deadline());
    pid_t waitReady() { return std::stoi(ask("wait-ready")); }
    pid_t pid() { return std::stoi(ask("pid")); }         // 0: not running
    pid_t kill() { return std::stoi(ask("kill")); }       // -9; back when the next one is ready: its pid
    pid_t restart() { return std::stoi(ask("restart")); } // -15; the same
    pid_t start() { return std::stoi(ask("start")); }
    void stop() { ask("stop"); }
    std::vector<std::string> stored(); // names in the fd store

    // A live update; back when the service is ready in the next boot. Throws when the reboot is refused.
    void kexec() { cross("kexec"); }              // systemctl kexec
    void kexecDirect() { cross("kexec-direct"); } // reboot(2), with everything running
    // For reboots that others cause: waits until this boot is over and the service is ready in the next.
    void waitNextBoot(const Deadline& deadline = Deadline());

    std::string log() const; // standard error of all of them, up to now
    const std::string& controlSocket() const { return control_; }
    const TempDir& dir() const { return dir_; }
    Process& process() { return *process_; } // the outermost one

private:
    void cross(const std::string& command);
    // Now, or as soon as a service manager listens.
    void connect(const Deadline& deadline);
    bool send(const std::string& command);

    TempDir dir_;
    std::string control_, logFile_;
    core::UniqueFd arrivals_; // inotify: a control socket appears
    core::UniqueFd connection_;
    std::optional<Process> process_;
};

// luod from this build, connected to the bus of `environment`.
ManagedService::Options managedLuod(std::map<std::string, std::string> environment,
                                    std::vector<std::string> arguments = {});

} // namespace luod::tests
