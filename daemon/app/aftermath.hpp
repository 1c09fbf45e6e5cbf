// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// What a start in a new boot makes of the update that led to it: the verdict, and the moments that only this side saw.

#include "core/recovery.hpp"
#include "core/verdict.hpp"
#include "platform/cycles.hpp"
#include "platform/state_file.hpp"

#include <vector>

namespace luod::app {

struct Aftermath {
    core::Verdict verdict;
    std::string update;             // which was to lead to this boot, as the record on disk says; ""
    platform::CycleAnchor cycles;   // which it left
    std::vector<core::Update> past; // that the disk remembers, for a ledger that begins anew
};

// Judges by the record on disk, the command line and what recovery found. Reads the disk: before the loop runs.
Aftermath lookBack(const core::Recovered& recovered, const platform::StateDirectory& state);

// Luod's being ready: now. The wall clock as it would be, had it run on through the kexec.
core::Instant readyNow(const platform::CycleAnchor& cycles);
// The kernel's first instant, PID 1's, and luod's being ready. Asks systemd: for worker threads.
std::vector<core::Moment> arrivalMoments(core::Instant ready);

} // namespace luod::app
