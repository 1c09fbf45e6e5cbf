// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/unique_fd.hpp"

#include <random>

namespace luod::fuzz {

using Random = std::mt19937_64;

inline std::size_t below(Random& random, std::size_t n) {
    return std::size_t(random() % n);
}
inline bool oneIn(Random& random, std::size_t n) {
    return below(random, n) == 0;
}

// A new file descriptor of one kind or another; memfds that can be preserved more often than others.
core::UniqueFd anyFile(Random& random);

} // namespace luod::fuzz
