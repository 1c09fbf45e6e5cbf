// SPDX-License-Identifier: LGPL-2.1-or-later
#include "platform/peer.hpp"

#include <cstdlib>
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

} // namespace luod::platform
