// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

#include "../model/fault.hpp"
#include "../model/profile.hpp"

#include <optional>
#include <string>
#include <vector>

namespace luosim {

/// What the person asked for.
struct Options {
    std::vector<std::string> command;
    std::optional<std::string> next;            ///< a shell line for the second boot and all later ones
    model::Profile profile;                     ///< of the first boot
    model::Profile nextProfile;                 ///< of all later ones
    std::string commandLine;                    ///< the first boot's /proc/cmdline
    std::optional<std::string> nextCommandLine; ///< instead of what the image was loaded with
    std::vector<model::Fault> faults;
    std::vector<std::string> devices; ///< "vfio0", ...
    std::string control;              ///< path of the control socket; "@NAME" is an abstract one
    std::optional<std::string> trace; ///< a file, or "-" for stderr
    unsigned maxBoots = 1000;
};

} // namespace luosim
