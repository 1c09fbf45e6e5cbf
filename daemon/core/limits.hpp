// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>

namespace luod::core {

// How much may be held, as luod.conf(5) says it under [Sessions]. A user is a uid; root is bound by the totals only.
struct Limits {
    std::size_t sessions = 4096;
    std::size_t sessionsPerUser = 256;
    std::size_t files = 100000;
    std::size_t filesPerUser = 50000;
    std::size_t filesPerSession = 10000;
    std::size_t metadataBytes = 4096; // of one file: weight(metadata)

    // Files' fds kept so that TakeOut works. Not configured: the daemon derives it from RLIMIT_NOFILE.
    std::size_t heldFds = 4096;

    bool operator==(const Limits&) const = default;
};

} // namespace luod::core
