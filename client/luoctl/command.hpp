// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "luod.hpp"

namespace luoctl {

// Replaces luoctl by the command, which finds the files as a socket-activated service finds its sockets: descriptors
// from 3 on, LISTEN_FDS, LISTEN_FDNAMES, LISTEN_PID. Returns only by throwing.
[[noreturn]] void become(const std::vector<std::string>& command, std::vector<Retrieved> files);

// The names, with ':' between them; a file without one is "token-N". A ':' or a control character in a name becomes
// '_'.
std::string listenNames(const std::vector<Retrieved>& files);

} // namespace luoctl
