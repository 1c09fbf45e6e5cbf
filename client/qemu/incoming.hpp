// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// A guest that a live update has brought here.

#include "freezer.hpp"

#include <optional>

namespace luod::qemu {

class Incoming {
public:
    // Nothing: there is none, or none that could run on, which is said. All is retrieved by this process, so that the memory
    // is on its account. After a failure everything is where it was.
    static Result<std::optional<Incoming>> find(Luod& luod, const std::string& name);

    Description& description() { return parts_.description; }
    // Once.
    Result<Vm> revive();
    // The guest runs: nothing has to be kept any more. With the times of it all for luod's report.
    Result<> finish(Luod& luod);

private:
    Result<> retrieve(Luod& luod, const std::vector<File>& files);

    std::string session_;
    Parts parts_;
    Fd state_;
    File stateFile_;
};

} // namespace luod::qemu
