// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <sys/types.h>

namespace luod::platform {

// The systemd unit a process runs in: the user's own where it has one, else the system's; "" where there is none or the
// process is gone. A pid can be another process by now: good for showing, not for deciding.
std::string unitOf(pid_t pid);

// The system service a process runs in, "vmm.service", or "": what does not run in one (a login, a user's own service
// manager, whose names its user chooses) has none. Where `pidfd` is one of it, certainly that process; else see above.
std::string serviceOf(pid_t pid, int pidfd = -1);

} // namespace luod::platform
