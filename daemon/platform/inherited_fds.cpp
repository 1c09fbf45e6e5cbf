// SPDX-License-Identifier: LGPL-2.1-or-later
#include "platform/inherited_fds.hpp"

#include <cstdlib>
#include <systemd/sd-daemon.h>

namespace luod::platform {

std::vector<InheritedFd> takeInheritedFds() {
    char** names = nullptr;
    int count = sd_listen_fds_with_names(1, &names); // makes them close-on-exec
    std::vector<InheritedFd> fds;
    for (int i = 0; i < count; ++i) {
        fds.push_back({names[i], core::UniqueFd(SD_LISTEN_FDS_START + i)});
        std::free(names[i]);
    }
    std::free(names);
    return fds;
}

} // namespace luod::platform
