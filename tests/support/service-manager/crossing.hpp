// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "fd_store.hpp"

#include <string>

namespace luod::tests {

// What systemd 261 and later do with a fd store at a kexec (PID 1 before, systemd-shutdown after): session `systemd`
// holds a map at token 0 and the plain files; the service's own sessions need only be named in the map.
// Whatever cannot be carried is named on standard error and left behind; nothing here stops a reboot.

// The session to keep open until the reboot. Empty where there was nothing to carry, or no device.
core::UniqueFd carryOver(const FdStore& store, const std::string& unit);

// The store as the last boot left it, if it left one.
void bringBack(FdStore& store, const std::string& unit);

// Loads `image` by kexec_file_load unless some image is loaded, as `systemctl kexec` does. Nothing where it is "".
// Without a command line it gets the present one.
void loadImage(const std::string& image, std::string commandLine);

// reboot(LINUX_REBOOT_CMD_KEXEC). Returns only when it failed: the errno.
int jump();

} // namespace luod::tests
