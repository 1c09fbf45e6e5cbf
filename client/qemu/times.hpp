// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// When the guest was stopped, and what was done until it ran again. They travel in the metadata of the saved state, under
// "times", a text each: "stopped 8412345 1795253693217310", the monotonic and the wall clock in microseconds. luod puts them
// into the report of the live update when the session is finished.

#include "clock.hpp"

#include <string>

namespace luod::qemu {

namespace moment {
inline constexpr const char* stopped = "stopped";     // the guest stands still
inline constexpr const char* saved = "saved";         // its devices' state is in memory
inline constexpr const char* preserved = "preserved"; // and in the session: luod is told "ready"
inline constexpr const char* starting = "starting";   // in the next kernel: QEMU is started
inline constexpr const char* started = "started";     // it answers
inline constexpr const char* loaded = "loaded";       // it has the devices' state
inline constexpr const char* running = "running";     // the guest runs
} // namespace moment

inline constexpr const char* timesNote = "times";

inline std::string timeOf(const char* moment, const Instant& at = now()) {
    return std::string(moment) + " " + std::to_string(at.monotonic) + " " + std::to_string(at.wall);
}

} // namespace luod::qemu
