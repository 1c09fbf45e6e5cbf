// SPDX-License-Identifier: LGPL-2.1-or-later
#pragma once

// What lies in preserved memory between two kernels, and how the second one took it.

#include "handler.hpp"
#include "profile.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace luosim::model {

struct FileSer {
    std::string compatible;
    std::uint64_t token = 0;
    Blob data;
};

struct SessionSer {
    std::string name;
    std::vector<FileSer> files;
};

struct FlbSer {
    std::string compatible;
    Blob data;
    long count = 0;
};

/// How the image was loaded. Only kexec_file_load attaches KHO data; after kexec_load everything freezes, reboot()
/// succeeds, and the next kernel is given nothing.
enum class KexecImage { none, kexecLoad, kexecFileLoad };

/// Default-constructed: a cold boot.
struct Handover {
    bool attached = false; ///< KHO data reached the next kernel at all
    std::string fromRelease;
    Versions versions;   ///< of the kernel that wrote it
    bool hasLuo = false; ///< there is a LUO part: the writer had liveupdate=on
    std::uint64_t liveupdateNumber = 0;
    std::vector<SessionSer> sessions;
    std::vector<FlbSer> flbs;
};

/// What a booting kernel made of it.
enum class Arrival {
    cold, ///< nothing was handed over
    accepted,
    khoRefused, ///< KHO versions differ: all lost, the device works as on a cold boot
    ignored,    ///< the target has KHO off: memory leaks until reboot, all lost
    panicked,   ///< LUO versions differ: "The incoming tree failed to initialize properly"
};

const char* toString(Arrival arrival);

} // namespace luosim::model
