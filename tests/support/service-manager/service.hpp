// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "fd_store.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <sys/resource.h>
#include <vector>

namespace luod::tests {

// One running instance of the service.
struct Instance {
    pid_t pid = 0;
    core::UniqueFd pidfd; // readable when it is dead
};

struct ServiceSetup {
    std::vector<std::string> command;
    std::string notifyAddress;
    std::optional<std::chrono::microseconds> watchdog;
    rlimit files; // the limit the service is to run with
};

// Starts the command as systemd would: its own process group, clean signals, no fds but those of the store, from 3 on.
// The child dies with its parent.
Instance startService(const ServiceSetup& setup, const FdStore& store);

// The living processes of a process group.
std::vector<pid_t> membersOf(pid_t group);

} // namespace luod::tests
