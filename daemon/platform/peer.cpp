// SPDX-License-Identifier: LGPL-2.1-or-later
#include "platform/peer.hpp"

#include <cstdlib>
#include <poll.h>
#include <systemd/sd-login.h>

namespace luod::platform {

std::string unitOf(pid_t pid) {
    if (pid <= 0)
        return {}; // 0 would be luod itself
    char* unit = nullptr;
    if (sd_pid_get_user_unit(pid, &unit) < 0 && sd_pid_get_unit(pid, &unit) < 0)
        return {};
    std::string name = unit;
    std::free(unit);
    return name;
}

std::string serviceOf(pid_t pid, int pidfd) {
    char *unit = nullptr, *users = nullptr;
    if (pid <= 0)
        return {};
    if (sd_pid_get_user_unit(pid, &users) >= 0) {
        std::free(users);
        return {};
    }
    if (sd_pid_get_unit(pid, &unit) < 0)
        return {};
    std::string name = unit;
    std::free(unit);
    pollfd ended{pidfd, POLLIN, 0}; // then the pid may have been another's
    if (!name.ends_with(".service") || name.starts_with("user@") || (pidfd >= 0 && ::poll(&ended, 1, 0) != 0))
        return {};
    return name;
}

} // namespace luod::platform
