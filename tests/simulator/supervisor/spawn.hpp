// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "fd.hpp"

#include <signal.h>
#include <sys/resource.h>
#include <sys/types.h>

#include <string>
#include <vector>

namespace luosim {

/// A command under supervision.
struct Spawned {
    pid_t process = -1;
    Fd listener;   ///< where its calls arrive, and those of all its descendants
    int error = 0; ///< of the filter, when there is no listener
};

/// What the command is to find as if nobody had started it.
struct Surroundings {
    sigset_t signalMask;
    rlimit openFiles;
};

/// Whether the kernel lets us look into another process of ours, as every answer needs: 0 or an errno.
int tryMemoryAccess(pid_t process);
/// What a person can do about it.
const char* explainMemoryError(int error);

/// Sets up this process as supervisor: more descriptors, orphans come here. Returns what was before.
Surroundings prepareSupervisor();

/// Starts a command under the filter. When the command itself cannot be run it ends with status 127 or 126.
Spawned spawn(const std::vector<std::string>& command, const Surroundings& surroundings,
              const std::vector<std::string>& environment);

} // namespace luosim
