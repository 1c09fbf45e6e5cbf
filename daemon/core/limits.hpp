// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <cstdint>

namespace luod::core {

// What luod accepts, before the kernel's own limits are met. Set from luod.conf(5).
struct Limits {
    std::uint32_t maxSessions = 4096;
    std::uint32_t maxSessionsPerUser = 256;
    std::uint64_t maxFiles = 200'000;
    std::uint64_t maxFilesPerUser = 50'000;
    std::uint32_t maxFilesPerSession = 20'000;
    std::size_t maxMetadataBytes = 4096; // of one file: keys and contents
    // Files' fds that luod keeps so that TakeOut works; not configured but derived from RLIMIT_NOFILE.
    std::size_t maxHeldFds = 4096;
};

} // namespace luod::core
