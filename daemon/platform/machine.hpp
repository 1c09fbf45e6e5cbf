// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstdint>
#include <string>

// What the running kernel says of itself. Files of /proc and /sys: nothing here waits.
namespace luod::platform {

std::string bootId();            // as the kernel writes it, with dashes; "" where it does not
std::string kernelRelease();     // uname -r
std::string kernelCommandLine(); // "" where it cannot be read
bool isLockedDown();             // Secure Boot's lockdown: integrity or confidentiality
std::uint64_t memoryAvailable(); // bytes; 0 where not known
std::uint64_t memoryTotal();     // likewise

std::uint64_t monotonicNow(); // CLOCK_MONOTONIC, microseconds
std::uint64_t wallNow();      // microseconds since 1970

std::string newUuid(); // random, as RFC 9562 writes it

} // namespace luod::platform
