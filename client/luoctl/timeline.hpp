// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// A live update on one axis of time, from the request on, over the kexec: what the moments of its report mean together.

#include "rows.hpp"

namespace luoctl {

struct Bar {
    std::string name;
    uint64_t begin = 0, end = 0; // microseconds from the request
    std::string note;

    bool operator==(const Bar&) const = default;
};

struct Timeline {
    uint64_t begun = 0;          // wall clock of the request, microseconds since 1970
    uint64_t end = 0;            // the last moment
    std::vector<Bar> phases;     // one after the other; "gap" is the one in which no kernel runs
    std::vector<Bar> clients;    // from when they were asked until they were ready
    std::vector<Bar> sessions;   // from when they were sealed until they were claimed: without their owner
    std::vector<Bar> pauses;     // as owners noted them: of each such session the whole, and then step by step
    std::vector<uint64_t> times; // of the report's moments, in their order
};

// Before "left" the old kernel's monotonic clock counts, after it the new one's, whose beginning the wall clock tells.
// A wall clock that was set meanwhile moves nothing within one kernel.
Timeline timelineOf(const Report& report);

const Bar* find(const std::vector<Bar>& bars, std::string_view name);

} // namespace luoctl
