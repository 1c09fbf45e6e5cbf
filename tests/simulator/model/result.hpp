// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// How the model answers: a value or an errno, the way a system call does.

#include <expected>

namespace luosim::model {

/// The error is a *positive* errno number, or callBlocks.
template <class T> using Result = std::expected<T, int>;
using Status = Result<void>;

/// Not an errno: the kernel puts the caller to sleep and never wakes it. After a successful freeze that is what every
/// LUO ioctl and every close of a session does (7.2 and later), until the machine has jumped into the next kernel.
inline constexpr int callBlocks = -1;

inline std::unexpected<int> fail(int errnoNumber) {
    return std::unexpected<int>(errnoNumber);
}

} // namespace luosim::model
