// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <sys/types.h>

namespace luod::platform {

// The systemd unit a process runs in: the user's own where it has one, else the system's; "" where there is none or the
// process is gone. A pid can be another process by now: good for showing, not for deciding.
std::string unitOf(pid_t pid);

} // namespace luod::platform
