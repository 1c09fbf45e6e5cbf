// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// "No live update" or "one that was refused": after the kernel was replaced by one that took nothing over, everything
// looks like a cold boot. Three witnesses together can tell: a record on disk, the update's uuid on the command line, and
// what luod found in the kernel.

#include "core/session.hpp"

#include <string>

namespace luod::core {

struct Witnesses {
    std::string recorded;    // uuid in the record on disk; "" where there is none
    std::string to;          // the release it was to become
    std::string commandLine; // luod.update= of the running kernel; ""
    bool deviceMissing = false;
    Handover found = Handover::None; // what recovery found: None, Done, Partial, Unreadable
};
struct Verdict {
    Handover handover = Handover::None;
    std::string words; // "" for None and Done
};
Verdict judge(const Witnesses& witnesses, const std::string& release);

} // namespace luod::core
