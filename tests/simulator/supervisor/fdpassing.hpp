// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "fd.hpp"

#include <cstddef>

namespace luosim {

/// One message over a socket that keeps their borders, with a descriptor unless it is -1.
bool sendWithFd(int socket, const void* message, std::size_t size, int fd);

/// Takes the next one of exactly this size; `fd` is empty when none came along.
bool receiveWithFd(int socket, void* message, std::size_t size, Fd& fd);

} // namespace luosim
