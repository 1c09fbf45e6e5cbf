// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "../../model/ioctl.hpp"

#include <array>
#include <cstdint>

/// What the ioctls of /dev/liveupdate and of sessions take, byte for byte. Each starts with its own size.
namespace luosim::abi {

using SessionName = std::array<std::uint8_t, model::sessionNameLength>;

/// CREATE_SESSION and RETRIEVE_SESSION
struct NamedSession {
    std::uint32_t size;
    std::int32_t fd;
    SessionName name;
};

/// PRESERVE_FD and RETRIEVE_FD
struct SessionFd {
    std::uint32_t size;
    std::int32_t fd;
    std::uint64_t token;
};

struct Finish {
    std::uint32_t size;
    std::uint32_t reserved;
};

struct GetName {
    std::uint32_t size;
    std::uint32_t reserved;
    SessionName name;
};

static_assert(sizeof(NamedSession) == 72 && sizeof(SessionFd) == 16 && sizeof(Finish) == 8 && sizeof(GetName) == 72);

} // namespace luosim::abi
