// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// The outer shell of LUO's ioctls: numbers, sizes and the order in which a bad call is refused. No memory is touched.

#include "profile.hpp"
#include "result.hpp"

#include <cstddef>
#include <cstdint>

namespace luosim::model {

inline constexpr std::size_t sessionNameLength = 64;

enum class IoctlKind { createSession, retrieveSession, preserveFd, retrieveFd, finish, getName };

struct IoctlOp {
    IoctlKind kind;
    std::uint32_t command;
    std::uint32_t size; ///< the struct this kernel knows; longer ones must be zero behind it, else E2BIG
    std::uint32_t minimum;
};

/// By number alone, before the size can be read (a bad pointer is EFAULT only after this succeeded).
/// Numbers out of range: EINVAL. Right number with other bits in the command: ENOTTY.
Result<IoctlOp> findDeviceIoctl(std::uint32_t command);
Result<IoctlOp> findSessionIoctl(const Rules& rules, std::uint32_t command);

/// The kernel reads the size after the range check and before the check of the remaining bits; so:
/// range (EINVAL), read size (EFAULT), bits (ENOTTY), session type (EINVAL), size too small (EINVAL), copy (EFAULT,
/// E2BIG).
bool deviceIoctlInRange(std::uint32_t command);
bool sessionIoctlInRange(const Rules& rules, std::uint32_t command);
Status admitIoctl(const Rules& rules, const IoctlOp& op, bool sessionRetrieved, std::uint32_t userSize);

} // namespace luosim::model
