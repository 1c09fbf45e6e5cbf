// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

namespace luod::core {

inline constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

// How much may be held, as luod.conf(5) says it under [Sessions] and [Update]. A user is a uid; root is bound by the totals
// only. quota.cpp has the table of those that come in pairs.
struct Limits {
    std::uint64_t sessions = 4096;
    std::uint64_t sessionsPerUser = 256;
    std::uint64_t files = 100000;
    std::uint64_t filesPerUser = 50000;
    std::uint64_t filesPerSession = 10000;
    std::uint64_t bytes = unlimited; // a share of the machine's memory, unless the configuration says otherwise
    std::uint64_t bytesPerUser = unlimited;
    std::uint64_t metadataBytes = 4096; // of one file: weight(metadata)
    std::uint64_t metadata = 64 << 20;  // names and metadata of all files
    std::uint64_t metadataPerUser = 16 << 20;
    std::uint64_t calls = 1024; // being answered
    std::uint64_t callsPerUser = 128;
    std::uint64_t inhibitors = 1024;
    std::uint64_t inhibitorsPerUser = 64;

    // Files' fds kept so that TakeOut works. Not configured: the daemon derives it from RLIMIT_NOFILE.
    std::size_t heldFds = 4096;

    bool operator==(const Limits&) const = default;
};

// How much is held, of one owner or of all. Counted up and down by whoever changes it, never summed up.
struct Usage {
    std::uint64_t sessions = 0, files = 0;
    std::uint64_t bytes = 0;    // the files' sizes as a whole: the kernel fills holes
    std::uint64_t metadata = 0; // bytes of the files' names and metadata
    std::uint64_t calls = 0;    // being answered; of this life of luod, all else is in the ledger
    std::uint64_t inhibitors = 0;

    bool operator==(const Usage&) const = default;
};

} // namespace luod::core
