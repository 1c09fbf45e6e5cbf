// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <atomic>
#include <cstdint>

namespace luod::tests {

// Shared between a test and its luod.
struct Adversity {
    std::atomic<int> openError;         // errno of whatever makes a new open file; 0: none
    std::atomic<std::int64_t> clockOff; // seconds that the wall clock is ahead
};

} // namespace luod::tests
