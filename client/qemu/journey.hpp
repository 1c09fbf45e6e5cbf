// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// How a guest comes to run here: from nothing, or out of the session that a live update has brought.

#include "cover.hpp"
#include "incoming.hpp"
#include "settings.hpp"

namespace luod::qemu {

struct Arrival {
    Vm vm;
    bool covered = false; // the cover has begun; else that is to be tried again
    // The guest runs, but its session could not be finished. Until that is done, its memory cannot go into another one.
    std::optional<Incoming> unfinished;
};

// A failure leaves an incoming session as it is, and says what can be done with it.
Result<Arrival> arrive(const Settings& settings, Luod& luod, Cover& cover);

} // namespace luod::qemu
