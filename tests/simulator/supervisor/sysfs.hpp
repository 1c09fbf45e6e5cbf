// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "handles.hpp"
#include "machine.hpp"

#include <optional>
#include <string>

namespace luosim {

/// What sysfs has of the made-up devices: where their numbers lead.
inline constexpr unsigned madeUpMajor = 4000; // beyond those that kernels give
inline constexpr unsigned iommuMinor = 255;

/// Of "vfio3", without "/sys".
std::string sysfsDirectory(const std::string& device);

/// Where the link leads that lies there below /sys/dev/char, as in "4000:3/device/driver"; nothing where there is none.
std::optional<std::string> sysfsLink(Machine& machine, const std::string& path);

/// The minor number of a device's descriptor; nothing where it has no node in sysfs.
std::optional<unsigned> minorOf(const Handle& handle);

} // namespace luosim
