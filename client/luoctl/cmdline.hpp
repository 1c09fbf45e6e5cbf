// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// Command lines of kernels.

#include <string>
#include <string_view>

namespace luoctl {

// What another kernel can use of a running one's: without what the boot loader put there for itself (BOOT_IMAGE=,
// initrd=) and without luod.update=, which stands for one update only.
std::string reusable(std::string_view cmdline);

// The running kernel's.
std::string runningCmdline();

} // namespace luoctl
