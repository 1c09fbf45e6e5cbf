// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <cstddef>
#include <filesystem>
#include <iterator>

namespace luod::test {

// How many fds this process has open: before and after something that must not leak any.
inline std::size_t openFds() {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

} // namespace luod::test
