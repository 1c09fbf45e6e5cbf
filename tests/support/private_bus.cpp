// SPDX-License-Identifier: LGPL-2.1-or-later
#include "private_bus.hpp"

#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <fmt/format.h>
#include <stdexcept>

namespace luod::tests {

constexpr const char* configuration = R"(<?xml version="1.0"?>
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>{}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_destination="*" eavesdrop="true"/>
    <allow receive_sender="*" eavesdrop="true"/>
  </policy>
  {}
  {}
</busconfig>
)";

PrivateBus::PrivateBus(const Options& options) : address_("unix:path=" + (dir_ / "bus")) {
    const std::string include = options.policyFile.empty() ? "" : "<include>" + options.policyFile + "</include>";
    config_ = dir_.write("bus.conf", fmt::format(configuration, address_, include, options.extraConfig));
    start();
}

void PrivateBus::start() {
    std::array<int, 2> ends;
    if (pipe2(ends.data(), O_CLOEXEC) < 0)
        throw std::runtime_error("pipe2");
    const core::UniqueFd ours(ends[0]);
    core::UniqueFd theirs(ends[1]);
    daemon_.emplace(ProcessOptions{
        .command = {"dbus-daemon", "--config-file=" + config_, "--nofork", "--nopidfile", "--print-address=3"},
        .fds = {{3, theirs.get()}},
        .captureOutput = false,
        .logFile = dir_ / "bus.log",
    });
    theirs.reset();
    if (readLine(ours.get()).empty()) // it prints its address when it listens
        throw std::runtime_error("dbus-daemon does not start: " + readAll(open((dir_ / "bus.log").c_str(), O_RDONLY)));
}

void PrivateBus::stop() {
    daemon_.reset();
    std::filesystem::remove(dir_ / "bus");
}

void PrivateBus::exportAddress() const {
    setenv("DBUS_SYSTEM_BUS_ADDRESS", address_.c_str(), 1);
}

} // namespace luod::tests
