// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include <string>
#include <string_view>

namespace luod::kernel {

// Whether this machine can do live updates now, and if not, why and what to do about it: words for a person.
struct Availability {
    bool available = false;
    std::string reason;      // "" where available
    bool unreadable = false; // what was handed over to this boot cannot be read, and will not be until the next boot
};

// Opens the device for a moment: somebody else may meet EBUSY in it, and the first open of a boot makes the kernel read
// what was handed over. So: only when asked. Busy counts as available.
Availability probe(const std::string& device = "/dev/liveupdate", const std::string& commandLine = "/proc/cmdline");

// What an errno of open (0: it worked) means on a kernel started with this command line.
Availability judge(int err, std::string_view commandLine);

} // namespace luod::kernel
