// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/unique_fd.hpp"

#include <string>
#include <vector>

namespace luod::platform {

struct InheritedFd {
    std::string name; // FDNAME; "unknown" or "stored" where the service manager knew none
    core::UniqueFd fd;
};

// What the service manager passed on (LISTEN_FDS, LISTEN_FDNAMES): the content of the fd store. Each becomes
// close-on-exec and the variables are unset, so that a second call gives nothing. Names are not unique.
std::vector<InheritedFd> takeInheritedFds();

} // namespace luod::platform
