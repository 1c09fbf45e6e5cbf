// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "process.hpp"
#include "temp_dir.hpp"

#include <optional>
#include <string>

namespace luod::tests {

// A system bus of the test's own: a dbus-daemon that lets everybody do everything. Everybody whom the user database
// knows, that is: dbus-daemon hangs up on other uids. Take nobody and daemon for strangers.
class PrivateBus {
public:
    struct Options {
        std::string policyFile;  // a product's policy, e.g. sourceFile("proto/org.luod1.conf"): overrides "everything"
        std::string extraConfig; // more XML, e.g. a <limit name="max_message_unix_fds">
    };
    PrivateBus() : PrivateBus(Options()) {}
    explicit PrivateBus(const Options& options); // ready when it returns

    const std::string& address() const { return address_; }
    // For children: DBUS_SYSTEM_BUS_ADDRESS.
    std::map<std::string, std::string> environment() const { return {{"DBUS_SYSTEM_BUS_ADDRESS", address_}}; }
    // For this process, e.g. before sdbus::createSystemBusConnection().
    void exportAddress() const;

    void stop();  // every client loses its connection
    void start(); // again, at the same address

private:
    TempDir dir_;
    std::string config_, address_;
    std::optional<Process> daemon_;
};

} // namespace luod::tests
