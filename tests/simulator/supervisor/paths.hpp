// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "memory.hpp"

#include <optional>
#include <string>

namespace luosim {

/// What a path may name that the simulator answers for.
enum class Node { liveupdate, commandLine, bootId, kexecLoaded, vfio, iommu, descriptor, sysfs };

struct Place {
    Node node;
    std::string name;    ///< vfio: "vfio0"; sysfs: "4000:0/device", below /sys/dev/char
    pid_t process = 0;   ///< descriptor: whose table
    int descriptor = -1; ///< and which number
};

/// Names a place of ours, or nothing. Most paths are told apart by their last part alone, for this is asked at every
/// open; a symbolic link to one of our nodes is not seen through.
std::optional<Place> findPlace(pid_t thread, int directory, Address path);

/// The same for a path that is absolute and clean already.
std::optional<Place> findPlace(pid_t thread, const std::string& path);

} // namespace luosim
