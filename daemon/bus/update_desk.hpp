// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// What the bus asks of the house for a live update, besides core's conductor. Implemented in app/.

#include "core/custodian.hpp"
#include "core/update.hpp"
#include "proto/image/judge.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace luod::bus {

class UpdateDesk {
public:
    virtual ~UpdateDesk() = default;

    struct Load {
        core::UniqueFd kernel, initrd; // initrd may be empty
        std::string cmdline, kernelPath, initrdPath;
        bool keepCmdline = false; // add nothing but the uuid
    };
    virtual void load(Load what, core::Done<std::string> done) = 0; // the command line as loaded
    virtual void unload(core::Done<> done) = 0;
    virtual std::string newUuid() = 0; // for an update that begins
    virtual void check(core::UpdateMode mode, core::Done<std::vector<image::Finding>> done) = 0;
    // How many updates ended how, ever.
    virtual const std::map<std::string, std::uint64_t>& outcomes() = 0;
};

} // namespace luod::bus
