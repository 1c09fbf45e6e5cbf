// SPDX-License-Identifier: LGPL-2.1-or-later
#include "result.hpp"

#include <cerrno>
#include <cstring>

namespace luod::qemu {

std::unexpected<std::string> systemFailure(std::string words) {
    const int error = errno;
    return failure(std::move(words) + ": " + std::strerror(error));
}

} // namespace luod::qemu
