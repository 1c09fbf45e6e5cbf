// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/ports.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace luod::platform {

// What systemd says of itself, asked over the system bus with a connection of its own each time. Every call waits for the
// answer, `patience` at most: for worker threads. Errors are those of the connection, or of the answer.
class ServiceManager {
public:
    explicit ServiceManager(std::chrono::microseconds patience = std::chrono::seconds(2)) : patience_(patience) {}

    core::Errno<unsigned> version() const; // 262 for "262.1-1"
    // Whether that unit's processes run (maybe on their way out: the gate leads a shutdown then, too); whether they are spared
    // by the last kill of a shutdown (false before 255).
    core::Errno<bool> runs(const std::string& unit) const;
    core::Errno<bool> survivesShutdown(const std::string& unit) const;

    struct FdStore {
        std::string unit;
        unsigned fds = 0;
    };
    core::Errno<std::vector<FdStore>> fdStores() const; // of services that have any fds in theirs

    // Wall clock and CLOCK_MONOTONIC, microseconds, of this boot; 0 where not known.
    struct BootTimes {
        std::uint64_t userspace = 0, userspaceMonotonic = 0; // PID 1 began
    };
    core::Errno<BootTimes> bootTimes() const;

    static bool isBusThere(std::chrono::microseconds patience = std::chrono::seconds(2));

private:
    std::chrono::microseconds patience_;
};

// The number at the head of systemd's Version property; 0 where there is none.
unsigned systemdVersion(const std::string& text);

} // namespace luod::platform
