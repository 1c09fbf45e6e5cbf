// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "core/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace luod::core {

// What is known of an image that the kernel refused.
struct RefusedImage {
    std::uint64_t kernelBytes = 0, initrdBytes = 0; // memory they want
    std::string_view runningCommandLine;            // of this kernel: has the parameters that would have to change
    bool lockdown = false;                          // /sys/kernel/security/lockdown is not [none]
};

// Errors of kexec_file_load and of reboot(KEXEC) for a person.
Error loadRefused(int err, const RefusedImage& image);
Error unloadRefused(int err);
Error leaveRefused(int err);

// The target's command line: luod.update= replaced, and kho=on liveupdate=on where nothing is said about them.
std::string targetCommandLine(std::string_view asked, std::string_view uuid, bool onlyUuid);
// The value of luod.update= in a command line, or "".
std::string updateOnCommandLine(std::string_view commandLine);

} // namespace luod::core
