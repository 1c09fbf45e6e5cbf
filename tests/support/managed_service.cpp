// SPDX-License-Identifier: LGPL-2.1-or-later
#include "managed_service.hpp"

#include "binaries.hpp"

#include <cerrno>
#include <gtest/gtest.h>
#include <iostream>
#include <limits.h>
#include <sstream>
#include <stdexcept>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>

namespace luod::tests {

ManagedService::ManagedService(Options options)
    : control_(dir_ / "control"), logFile_(dir_ / "log"), arrivals_(inotify_init1(IN_CLOEXEC)) {
    if (inotify_add_watch(arrivals_.get(), dir_.path().c_str(), IN_MOVED_TO) < 0)
        throw std::system_error(errno, std::generic_category(), "inotify");
    std::vector<std::string> command;
    const auto add = [&](const std::vector<std::string>& words) {
        command.insert(command.end(), words.begin(), words.end());
    };
    if (options.simulator) {
        add({binary("luo-sim")});
        add(options.simulatorArguments);
        add({"--"});
    }
    add({binary("service-manager"), "--control", control_});
    if (options.simulator) // which takes any file for a kernel
        add({"--allow-kexec", "--image", dir_.write("image", "kernel\n")});
    add(options.managerArguments);
    add({"--"});
    add(options.command);
    process_.emplace(ProcessOptions{.command = command,
                                    .environment = std::move(options.environment),
                                    .captureOutput = false,
                                    .logFile = logFile_});
    if (options.waitReady)
        waitNextBoot(); // its first
}

ManagedService::~ManagedService() {
    process_->end();
    if (testing::Test::HasFailure())
        std::cerr << "--- what the service and those around it said:\n" << log() << "---\n";
}

std::string ManagedService::log() const {
    std::ostringstream text;
    text << std::ifstream(logFile_).rdbuf();
    return text.str();
}

void ManagedService::connect(const Deadline& deadline) {
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    control_.copy(address.sun_path, sizeof address.sun_path - 1);
    for (;;) {
        connection_.reset(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (::connect(connection_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0)
            return;
        connection_.reset();
        if (!waitEither(arrivals_.get(), process_->pidfd(), deadline) ||
            waitReadable(process_->pidfd(), Deadline(std::chrono::milliseconds(0))))
            throw std::runtime_error("no service manager is there: " + log());
        char events[sizeof(inotify_event) + NAME_MAX + 1];
        if (read(arrivals_.get(), events, sizeof events) < 0)
            throw std::system_error(errno, std::generic_category(), "inotify");
    }
}

bool ManagedService::send(const std::string& command) {
    const std::string line = command + "\n";
    return ::send(connection_.get(), line.data(), line.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(line.size());
}

static std::string judge(const std::string& command, const std::string& answer) {
    if (answer == "ok" || answer.starts_with("ok "))
        return answer.substr(std::min<std::size_t>(answer.size(), 3));
    if (answer.empty())
        throw std::runtime_error(command + ": the service manager is gone");
    throw std::runtime_error(command + ": " + answer);
}

std::string ManagedService::ask(const std::string& command, const Deadline& deadline) {
    if (!connection_)
        connect(deadline);
    return judge(command, send(command) ? readLine(connection_.get(), deadline) : "");
}

void ManagedService::cross(const std::string& command) {
    const Deadline deadline;
    if (!connection_)
        connect(deadline);
    send(command);
    // The end of the connection is the end of the boot; only a refusal is answered.
    if (const std::string answer = readLine(connection_.get(), deadline); !answer.empty())
        judge(command, answer);
    waitNextBoot(deadline);
}

// Asks until somebody answers: a service manager of the boot that is just ending takes connections but says nothing,
// and the socket of the next one is announced.
void ManagedService::waitNextBoot(const Deadline& deadline) {
    if (connection_)
        waitHangup(connection_.get(), deadline);
    for (std::string answer;;) {
        connect(deadline);
        if (send("wait-ready") && !(answer = readLine(connection_.get(), deadline)).empty()) {
            judge("wait-ready", answer);
            return;
        }
    }
}

std::vector<std::string> ManagedService::stored() {
    std::istringstream all(ask("list"));
    std::vector<std::string> names;
    for (std::string name; std::getline(all, name, ':');)
        names.push_back(name);
    return names;
}

ManagedService::Options managedLuod(std::map<std::string, std::string> environment,
                                    std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), binary("luod"));
    // NotifyAccess= as in its unit.
    return {.command = std::move(arguments),
            .managerArguments = {"--notify-access", "all"},
            .environment = std::move(environment)};
}

} // namespace luod::tests
